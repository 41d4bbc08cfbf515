"""What the figures of a case that is not universal depend on, by the words it says it in."""

from __future__ import annotations

import re
from typing import Final

from tests.peer_cases.reading import Case

__all__ = ["peculiarity"]

_WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("partial budget", r"budget"),
    ("gift card sold with tax", r"gift card"),
    ("tax per unit", r"tax[^.]*per unit|per unit[^.]*tax|unit[^.]*tax[^.]*multipl"),
    ("rounding mode", r"half[- ](to[- ])?(up|even|down)|banker|round(s|ed)? (up|down)|truncat|tie"),
    (
        "left-over unit of a split",
        r"left-?over|(last|first) (line|item|one)|remainder",
    ),
    ("rounding level", r"round"),
    ("compounding", r"compound|already reduced|original (amount|price)|one on (top of )?the other"),
    ("choice among promotions", r"best|most valuable|only one|combin|exclusiv|compet"),
    ("units used up", r"used up|consum|same unit|not count(ed)? again|uses up"),
    ("unit choice", r"cheapest|dearest|most expensive|which unit|order of the (units|lines)"),
    ("repeats", r"repeat|times|once|applications?"),
    ("spread", r"split|spread|share|proportion|distribut|allocat|equal parts"),
    ("tax basis", r"tax|net|gross"),
    ("threshold base", r"threshold|subtotal|minimum|condition|counts? for"),
    ("currency", r"currenc|decimals"),
)


def peculiarity(case: Case) -> str:
    """Return the kind of a case that is not universal."""
    text = str(case.data.get("semantics") or case.data.get("rule") or "")
    if case.is_split:
        return "split: " + ("largest remainder" if _is_ours(case) else "another algorithm")
    found = (name for name, words in _WORDS if re.search(words, text, re.IGNORECASE))
    return next(found, f"stacking {case.stacking}" if case.data.get("stacking") else "other")


def _is_ours(case: Case) -> bool:
    return "largest_remainder" in case.data.get("agrees_with", ())
