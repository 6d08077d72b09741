"""Columns whose names say that they hold somebody's data."""

from __future__ import annotations

import re

_WORDS = (
    r"e_?mail(?:_?address)?|iban|passport(?:_?(?:number|no|id))?|bank_?account(?:_?(?:number|no))?|"
    r"driver_?s?_?licen[cs]e(?:_?(?:number|no))?"
)
# so few values are possible that all of them can be tried
_FEW = (
    r"ssn|social_?security(?:_?(?:number|no))?|(?:tele)?phone(?:_?(?:number|no))?|mobile(?:_?(?:phone|number|no))?|"
    r"birth_?(?:date|day)|date_?of_?birth|dob|credit_?card(?:_?(?:number|no))?|card_?(?:number|no)|"
    r"national_?id|tax_?id|pesel|nino"
)
_BEFORE = r"(?!(?:has|is|no|valid|verified|mask(?:ed)?|hash(?:ed)?|enc(?:rypted)?|count|num|n)_)(?:\w+_)?"
_PERSONAL = re.compile(rf"{_BEFORE}(?:{_WORDS}|{_FEW})\Z", re.IGNORECASE)
_GUESSED = re.compile(rf"{_BEFORE}(?:{_FEW})\Z", re.IGNORECASE)


def is_personal(column: str) -> bool:
    """Does the name say that the column holds somebody's data?"""
    return _PERSONAL.match(column) is not None


def can_be_guessed(column: str) -> bool:
    """Are its values so few that a hash of them hides nothing?"""
    return _GUESSED.match(column) is not None
