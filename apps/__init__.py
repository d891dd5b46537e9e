"""The rooms of the house. Imports run downward only; `portal/decisions/0001-the-house.md` draws the floors."""
