"""Users, business units, central and embedded teams, roles, tokens and sign-in."""
