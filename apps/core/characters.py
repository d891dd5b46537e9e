"""Characters that nobody sees: they make two texts look like one, so no form, API or import takes them.

One table for every surface. Joiners are real letters' glue in prose (Persian, Hindi, emoji) and stay allowed
there; in a line such as a title or a name they are refused too.
"""

from __future__ import annotations

import re

# Inside of a character class, for Python and for the patterns of JSON Schema (ECMA-262 with the flag u), which
# has no escape in common with Python beyond U+FFFF: the tag characters stand there themselves.
INVISIBLE = (
    r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad"
    r"\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e007f"
)
JOINERS = r"\u200c\u200d"
TRICKS = INVISIBLE + JOINERS
_IN_PROSE = re.compile(f"[{INVISIBLE}]")
_IN_A_LINE = re.compile(f"[{TRICKS}]")


def has_tricks(text: str, *, prose: bool = False) -> bool:
    return bool((_IN_PROSE if prose else _IN_A_LINE).search(text))


def without_tricks(text: str, *, prose: bool = False) -> str:
    return (_IN_PROSE if prose else _IN_A_LINE).sub("", text)
