"""What a conversion is asked for and what it comes to, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ldp_magic.sql.model import Kind
from ldp_magic.text import Location, Source

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user decided. Names are datasets or what lies outside, as they are written, in any case."""

    stream: frozenset[str] = frozenset()
    batch: frozenset[str] = frozenset()
    delay: str = "1 HOUR"
    expectations: bool = True
    catalog: str = ""
    schema: str = ""
    target: str = "databricks"
    parameters: Mapping[str, str] = field(default_factory=dict)

    def streams(self, *names: str) -> bool:
        return any(name.lower() in self.stream for name in names)

    def batches(self, *names: str) -> bool:
        return any(name.lower() in self.batch for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One dataset of the result. `text` is its statement with the comments around it."""

    name: str
    kind: Kind
    reason: str
    location: Location  # in the text that was given
    text: str
    notes: tuple[str, ...] = ()
    changed: bool = True  # False: it was pipeline SQL before
    settings: tuple[str, ...] = ()  # the USE and SET that hold where it stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A statement that stays as it was: `text` is it, with its comments."""

    words: str
    location: Location
    why: str
    fix: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The new text of each source, the datasets in text order, and what was left out of the texts."""

    texts: Mapping[Source, str]
    datasets: tuple[Dataset, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def changed(self) -> bool:
        return any(source.text != text for source, text in self.texts.items())
