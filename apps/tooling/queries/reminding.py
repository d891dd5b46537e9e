"""When an exception's end is told, and from when on it may be renewed."""

RENEWAL_DAYS = 30
REMINDER_DAYS = (30, 14, 7, 1)
UNUSED_DAYS = 60
