"""The ground floor: policies, events, plugs, errors and the thin adapters. Knows no other app."""
