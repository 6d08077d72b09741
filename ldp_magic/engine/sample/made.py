"""Rows that are made up: plausible by the names and types of the columns, and the same for the same seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from ldp_magic.engine.files.types import arrow_type
from ldp_magic.pipeline.model import ColumnType
from ldp_magic.sql.results import parts_of
from ldp_magic.sql.types import fields_of

_LAST = datetime(2026, 1, 31, tzinfo=timezone.utc)
_SPAN = timedelta(days=30)
_MISSING = 0.05  # of the values of a column that may be NULL
_FIRST_NAMES = ("Ada", "Bo", "Chen", "Dana", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kaja", "Luz")
_LAST_NAMES = ("Costa", "Larsen", "Miller", "Novak", "Okoro", "Rossi", "Sato", "Silva", "Wei", "Weber")
_WORDS = ("amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "harbor", "inlet", "juniper")
# the words of a name that tell what its texts are, the first that fits
_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("country", ("DE", "US", "FR", "JP", "BR", "IN", "NG", "SE")),
    ("currency", ("EUR", "USD", "JPY", "GBP")),
    ("city", ("Berlin", "Lagos", "Lima", "Lyon", "Osaka", "Porto")),
    ("language|locale", ("de", "en", "fr", "ja", "pt")),
    ("status|state", ("new", "paid", "shipped", "cancelled")),
    ("event_?type|event|action", ("view", "click", "search", "purchase")),
    ("device|platform", ("web", "ios", "android")),
    ("plan|tier|segment", ("free", "basic", "premium")),
    ("gender|sex", ("f", "m", "x")),
    ("category|type|kind|group", ("a", "b", "c", "d")),
)
_KINDS = (
    (r"(^|_)(id|key|no|number)$", "bigint"),
    (r"(^|_)(is|has|was)_|^(active|deleted|enabled)$", "boolean"),
    (r"(_at|_ts|_time|timestamp)$|^(ts|time)$", "timestamp"),
    (r"(^|_)(date|day)$|_on$", "date"),
    (r"amount|price|cost|total|revenue|score|rate|lat$|lon$|latitude|longitude", "double"),
    (r"count|quantity|qty|age|year|points|size|length", "bigint"),
)


def made(source: str, columns: Sequence[ColumnType], rows: int, seed: int = 0) -> Any:
    """An Arrow table of so many rows for a source with these columns."""
    import pyarrow as pa  # type: ignore[import-untyped]

    arrays, fields = [], []
    for column in columns:
        type_ = column.type or guessed(column.name)
        maker = _Maker(Random(f"{seed} {source} {column.name}"), source, column, rows)
        arrow = arrow_type(type_)
        arrays.append(pa.array([maker.value(n, type_) for n in range(rows)], arrow))
        fields.append(pa.field(column.name, arrow, nullable=column.nullable is not False))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def guessed(name: str) -> str:
    """The type that a column of that name most probably has."""
    return next((type_ for pattern, type_ in _KINDS if re.search(pattern, name.lower())), "string")


class _Maker:
    """Makes the values of one column."""

    def __init__(self, random: Random, source: str, column: ColumnType, rows: int) -> None:
        self.random, self.rows, self.column = random, max(rows, 1), column
        self.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.name).lower()
        table = re.split(r"[./]", source.rstrip("/"))[-1].lower()
        own = {f"{table}_id", f"{table.removesuffix('s')}_id", "id", "uuid"}
        self.is_key = self.name in own
        self.is_time = guessed(self.name) in ("timestamp", "date")

    def value(self, n: int, type_: str) -> Any:
        """The value in row *n*."""
        certain = (self.is_key or self.is_time) and self.column.nullable is None
        if self.column.nullable is not False and not certain and self.random.random() < _MISSING:
            return None
        return self._value(self.name, n, type_)

    def _value(self, name: str, n: int, type_: str) -> Any:
        if "<" in type_:
            return self._nested(name, n, type_)
        if type_.startswith("decimal("):
            return self._decimal(name, type_)
        plain = type_.partition("(")[0]
        make = _MAKERS.get(plain)
        return make(self, name, n) if make else None

    def _nested(self, name: str, n: int, type_: str) -> Any:
        inner = type_.partition("<")[2][:-1]
        if type_.startswith("struct<"):
            return {field: self._value(field.lower(), n, each) for field, each in fields_of(type_)}
        if type_.startswith("array<"):
            return [self._value(name.removesuffix("s"), n, inner) for _ in range(self.random.randrange(4))]
        key, value = parts_of(inner)
        entries = {word: self._value(name, n, value) for word in self.random.sample(_WORDS, 2)}
        return [
            (word if key == "string" else self._value("key", i, key), v) for i, (word, v) in enumerate(entries.items())
        ]

    def text(self, name: str, n: int) -> str:
        person = self.random.choice(_FIRST_NAMES), self.random.choice(_LAST_NAMES)
        if "email" in name or "mail" in name.split("_"):
            return f"{person[0]}.{person[1]}{self.random.randrange(100)}@example.com".lower()
        if "uuid" in name or "guid" in name:
            return self._uuid()
        if re.search(r"(^|_)(id|key|code|number)$", name):
            number = n + 1 if self.is_key else 1 + self.random.randrange(max(self.rows // 10, 1))
            return f"{name.split('_')[0]}-{number:06}" if name != "id" else f"{number:06}"
        for pattern, words in _TEXTS:
            if re.search(rf"(^|_)({pattern})(_|$)", name):
                return self.random.choice(words)
        return self._words(name, n, person)

    def _words(self, name: str, n: int, person: tuple[str, str]) -> str:
        if "first" in name:
            return person[0]
        if "last" in name or "surname" in name:
            return person[1]
        if "name" in name:
            return " ".join(person)
        if "phone" in name:
            return f"+49 30 {self.random.randrange(10**6, 10**7)}"
        if "url" in name or "link" in name:
            return f"https://example.com/{self.random.choice(_WORDS)}/{n + 1}"
        if re.search(r"(^|_)ip(_|$)", name):
            return f"192.0.2.{self.random.randrange(1, 255)}"
        if self.is_time or guessed(name) in ("timestamp", "date"):
            moment = self.moment(n)
            return f"{moment:%Y-%m-%d}" if guessed(name) == "date" else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        return " ".join(self.random.choices(_WORDS, k=self.random.randint(1, 3)))

    def _uuid(self) -> str:
        said = f"{self.random.getrandbits(128):032x}"
        return f"{said[:8]}-{said[8:12]}-4{said[13:16]}-a{said[17:20]}-{said[20:]}"

    def whole(self, name: str, n: int, most: int = 2**31 - 1) -> int:
        if self.is_key:
            return (n + 1) % (most + 1)
        if re.search(r"(^|_)(id|key|no|number)$", name):
            return min(1 + self.random.randrange(max(self.rows // 10, 1)), most)
        if "year" in name:
            return min(2026, most)
        if re.search(r"(^|_)age(_|$)", name):
            return self.random.randint(18, 90)
        if re.search(r"(^|_)(ts|epoch|millis|time)(_|$)", name) and most > 2**32:
            return int(self.moment(n).timestamp() * 1000)
        return min(int(self.random.expovariate(1 / 8)) + 1, most)

    def real(self, name: str, n: int) -> float:
        if "lat" in name.split("_") or "latitude" in name:
            return round(self.random.uniform(-60, 70), 5)
        if name.split("_")[-1] in ("lon", "lng", "longitude"):
            return round(self.random.uniform(-180, 180), 5)
        if re.search(r"rate|ratio|share|probability", name):
            return round(self.random.random(), 4)
        return round(self.random.lognormvariate(3.4, 0.8), 2)

    def _decimal(self, name: str, type_: str) -> Decimal:
        precision, scale = (int(each) for each in re.findall(r"\d+", type_))
        largest = Decimal(10 ** (precision - scale)) - Decimal(1).scaleb(-scale)
        number = Decimal(str(self.real(name, 0))).quantize(Decimal(1).scaleb(-scale))
        return min(number, largest)

    def moment(self, n: int) -> datetime:
        """A time that grows from row to row."""
        part = (n + self.random.random()) / self.rows
        return (_LAST - _SPAN + _SPAN * part).replace(microsecond=0)

    def day(self, name: str, n: int) -> date:
        if "birth" in name:
            return date(1950, 1, 1) + timedelta(days=self.random.randrange(20_000))
        return self.moment(n).date()


_MAKERS: dict[str, Callable[[_Maker, str, int], Any]] = {
    "string": _Maker.text,
    "varchar": _Maker.text,
    "char": _Maker.text,
    "bigint": lambda maker, name, n: maker.whole(name, n, 2**63 - 1),
    "int": lambda maker, name, n: maker.whole(name, n),
    "smallint": lambda maker, name, n: maker.whole(name, n, 2**15 - 1),
    "tinyint": lambda maker, name, n: maker.whole(name, n, 2**7 - 1),
    "double": _Maker.real,
    "float": _Maker.real,
    "boolean": lambda maker, name, n: maker.random.random() < 0.7,
    "date": _Maker.day,
    "timestamp": lambda maker, name, n: maker.moment(n),
    "timestamp_ntz": lambda maker, name, n: maker.moment(n).replace(tzinfo=None),
    "binary": lambda maker, name, n: maker.random.randbytes(8),
}
