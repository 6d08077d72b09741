"""The forms of single values and of tables of texts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from ldp_magic.forms.form import Form, Mismatch, named


def text(value: object) -> str:
    """A text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise Mismatch
    return value


def texts(value: object) -> tuple[str, ...]:
    """A list of such texts."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) and one.strip() for one in value):
        raise Mismatch
    return tuple(value)


def parameters(value: object) -> dict[str, str]:
    """Values by name, all as texts."""
    if not isinstance(value, Mapping):
        raise Mismatch
    return {str(name): _parameter(str(name), one) for name, one in value.items()}


def _parameter(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if not isinstance(value, (str, int, float)):
        raise Mismatch(name)
    return str(value)


_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?) ?(B|kB|MB|GB)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def _size(value: object) -> int:
    match = _SIZE.fullmatch(str(value).strip()) if isinstance(value, (str, int)) else None
    size = int(float(match[1]) * _UNITS[(match[2] or "").lower()]) if match and not isinstance(value, bool) else 0
    if size <= 0:
        raise Mismatch
    return size


_PLACE = re.compile(r"embedded|databricks|sc://[^\s/:;]+(:\d{1,5})?(/\S*)?")


def _place(value: object) -> str:
    if not isinstance(value, str) or not _PLACE.fullmatch(value):
        raise Mismatch
    return value


def texts_by_text(value: object) -> dict[str, str]:
    """Texts by name."""
    if not isinstance(value, Mapping):
        raise Mismatch
    for name, one in value.items():
        if not isinstance(one, str) or not one.strip() or not str(name).strip():
            raise Mismatch(str(name))
    return {str(name): str(one) for name, one in value.items()}


_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}|[+-]\d{2}:\d{2}")


def _zone(value: object) -> str:
    if not isinstance(value, str) or not _ZONE.fullmatch(value):
        raise Mismatch
    return value


def _zone_by_name(value: object) -> str:
    if not isinstance(value, str) or not _ZONE.fullmatch(value) or value[0] in "+-":
        raise Mismatch
    return value


NAME = Form("a text that is not empty", '"analytics"', text)
GLOBS = Form("a list of globs", '["transformations/**"]', texts)
CODES = Form("a list of codes", '["LDP1", "LDP503"]', texts)
TABLE_OF_CODES = Form("a table of glob = list of codes", '{ "legacy/**" = ["LDP5"] }', named(texts))
PARAMETERS = Form("a table of texts, numbers, dates or booleans", '{ start_date = "2026-01-01" }', parameters)
SIZE = Form("a size above zero, in B, kB, MB or GB", '"4 MB"', _size)
STAND_INS = Form("a table of texts", '{ "/Volumes/main/raw/landing" = "data/landing" }', texts_by_text)
SECRETS = Form("a table of texts", '{ "scope/key" = "NAME_OF_A_VARIABLE" }', texts_by_text)
TIME_ZONE = Form("the name of a time zone", '"Europe/Berlin"', _zone)
NAMED_ZONE = Form("the name of a time zone, not an offset", '"Europe/Berlin"', _zone_by_name)
QUARTZ = Form("a Quartz expression of six or seven fields", '"0 0 2 * * ?"', text)
ENGINE = Form("embedded, databricks or sc://host:port", '"embedded"', _place, ("embedded", "databricks"))
