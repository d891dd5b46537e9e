"""The planner: from a frozen instance of a cycle to three plans, receipts and reasons. It knows no Django.

Read in this order: `instance` (what is frozen, and what is wrong with it), `off_the_top` (what is decided before any
vote), `market` (what is left to buy), `equal_shares` (the method), `why_not`, `value_maximum`, `plans`. Beside them
stands the outside check: `pabulib` reads elections of cities, `recompute` finds their winners.

The stop rule, as published: a round buys one bundle. The planner stops at the first round in which no bundle fits
the roles that are left and can be paid in full by those who gave it points. What the units have left then is not
paid back and not carried over; the capacity behind it goes to the fill.

Sources: D. Peters, G. Pierczynski, P. Skowron, "Proportional Participatory Budgeting with Additive Utilities"
(NeurIPS 2021); for the completions of cities, D. Peters, P. Skowron, "Completion of the Method of Equal Shares"
(equalshares.net, 2023).
"""
