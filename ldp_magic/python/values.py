"""What an expression of a pipeline file can stand for, as far as it is known without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from ldp_magic.sql.facts import Relation
from ldp_magic.text import Location

if TYPE_CHECKING:
    from ldp_magic.python.scope import Scope

Simple: TypeAlias = str | int | float | bool | bytes | None
MOST_ALTERNATIVES = 8
HOLE = "__not_known__"  # an identifier, so that the text around it can still be read


@dataclass(frozen=True, slots=True)
class Const:
    """A constant. `exact` is where a string's characters stand one to one in the source."""

    value: Simple
    at: Location
    exact: Location | None = None

    @property
    def place(self) -> Location:
        """The characters themselves, or else the expression that makes them."""
        return self.exact or self.at

    @property
    def parametric(self) -> bool:
        return isinstance(self.value, str) and "${" in self.value


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that only a run could tell, and why. `partial` is a text with a HOLE for each unknown part."""

    what: str
    at: Location
    partial: str = ""


@dataclass(slots=True, eq=False)
class Seq:
    """A list, tuple or set; `more` means that there may be items that are not known."""

    items: list[Value]
    at: Location
    more: bool = False


@dataclass(slots=True, eq=False)
class Dict:
    """A dictionary, by plain keys; each entry remembers where its key stands."""

    entries: dict[Simple, tuple[Const, Value]]
    at: Location
    more: bool = False


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something by its full dotted name: a module, a function of a library, `spark`."""

    path: str
    at: Location


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of this file, with what was bound when it was defined."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    defaults: dict[str, Value]
    at: Location
    captured: dict[str, Value] = field(default_factory=dict)
    expectations: tuple[Marked, ...] = ()
    bound: tuple[Value, ...] = ()  # self, or what `partial` put in front
    first: Location | None = None  # the first decorator

    @property
    def name(self) -> str:
        return "" if isinstance(self.node, ast.Lambda) else self.node.name


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of this file."""

    name: str
    scope: Scope
    at: Location
    bases: tuple[Value, ...] = ()
    fields: tuple[str, ...] = ()  # names with an annotation, in order, as a dataclass takes them


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of a class of this file."""

    made_by: Class
    fields: dict[str, Value]
    at: Location


@dataclass(frozen=True, slots=True)
class Read:
    """One evaluation of one reading expression."""

    number: int
    relation: Relation


@dataclass(frozen=True, slots=True)
class Frame:
    """A DataFrame, or what hangs on one: grouped data, a writer."""

    reads: tuple[Read, ...]
    at: Location
    kind: Literal["frame", "grouped", "writer"] = "frame"


@dataclass(frozen=True, slots=True)
class Reader:
    """`spark.read` or `spark.readStream` with what was set on it so far."""

    streaming: bool
    at: Location
    word: Location
    format: str | None = ""  # None: not known
    options: tuple[tuple[str, str], ...] = ()
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column expression, as SQL where it can be written so."""

    sql: str
    at: Location
    name: bool = False  # a plain column name


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a StructType."""

    name: str
    type: str
    at: Location
    name_at: Location
    type_at: Location | None = None
    not_null: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Struct:
    """A StructType; `more` means that there may be fields that are not known."""

    fields: tuple[Field, ...]
    at: Location
    more: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """A Spark type, as DDL."""

    ddl: str
    at: Location


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute of a value, before it is called."""

    receiver: Value
    name: str
    at: Location
    word: Location


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """A decorator of the pipeline API with its arguments, not yet put on a function."""

    api: str  # the full dotted name
    arguments: Arguments
    at: Location
    called: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A function that a dataset decorator has already taken; *number* is that definition's."""

    function: Function
    number: int
    at: Location


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several values: which one depends on a condition that only a run could tell."""

    values: tuple[Value, ...]
    at: Location


Value: TypeAlias = (
    Const
    | Opaque
    | Seq
    | Dict
    | Symbol
    | Function
    | Class
    | Instance
    | Frame
    | Reader
    | Column
    | Struct
    | Type
    | Method
    | Applied
    | Registered
    | OneOf
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: `at` is the whole `name=value`. A `*` or `**` that is not known is `rest`."""

    name: str
    value: Value
    at: Location
    value_at: Location
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call, in text order."""

    items: tuple[Argument, ...]
    at: Location

    @property
    def positional(self) -> list[Argument]:
        return [a for a in self.items if not a.name and not a.rest]

    @property
    def keywords(self) -> list[Argument]:
        return [a for a in self.items if a.name]

    def find(self, name: str, position: int | None = None) -> Argument | None:
        """The argument of that name, or at that position."""
        named = next((a for a in self.items if a.name == name), None)
        if named or position is None:
            return named
        positional = self.positional
        return positional[position] if position < len(positional) else None

    def value(self, name: str, position: int | None = None) -> Value | None:
        found = self.find(name, position)
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class Marked:
    """An expectation decorator that a function carries, and where it stands."""

    applied: Applied
    at: Location


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values that this one may be."""
    return value.values if isinstance(value, OneOf) else (value,)


def either(values: list[Value], at: Location) -> Value:
    """One of *values*, without repeats; frames become one frame that reads what each of them reads."""
    flat = list(dict.fromkeys(v for value in values for v in alternatives(value)))
    frames = [v for v in flat if isinstance(v, Frame)]
    if len(frames) > 1:
        joined = Frame(union(frames), frames[0].at, frames[0].kind)
        flat = [joined, *(v for v in flat if not isinstance(v, Frame))]
    if len(flat) == 1:
        return flat[0]
    if not flat or len(flat) > MOST_ALTERNATIVES:
        return Opaque("a value with too many possibilities", at)
    return OneOf(tuple(flat), at)


def union(frames: list[Frame]) -> tuple[Read, ...]:
    return tuple({read.number: read for frame in frames for read in frame.reads}.values())


def frames_in(value: Value, depth: int = 3) -> Iterator[Frame]:
    """The frames that a value is or holds."""
    if isinstance(value, Frame):
        yield value
    elif depth and isinstance(value, OneOf | Seq):
        for item in value.values if isinstance(value, OneOf) else value.items:
            yield from frames_in(item, depth - 1)
    elif depth and isinstance(value, Dict):
        for _, item in value.entries.values():
            yield from frames_in(item, depth - 1)


def items_of(value: Value) -> Seq | None:
    """What a loop over the value gives."""
    if isinstance(value, Dict):
        return Seq([key for key, _ in value.entries.values()], value.at, value.more)
    return value if isinstance(value, Seq) else None


def plain(value: Value | None, depth: int = 10) -> object:
    """The value as a clause holds it: simple values, tuples, tuples of pairs; None if it is not known."""
    if value is None or not depth:
        return None
    if isinstance(value, Const):
        return value.value
    if isinstance(value, Seq):
        return tuple(plain(item, depth - 1) for item in value.items)
    if isinstance(value, Dict):
        return tuple((key, plain(item, depth - 1)) for key, (_, item) in value.entries.items())
    return _named(value)


def _named(value: Value) -> str | None:
    if isinstance(value, Column):
        return value.sql or None
    if isinstance(value, Type):
        return value.ddl
    if isinstance(value, Struct):
        return None if value.more else ", ".join(field_ddl(f) for f in value.fields)
    if isinstance(value, Function):
        return value.name or None
    return None


def field_ddl(field: Field) -> str:
    """A field the way a table definition writes it."""
    return f"{field.name} {field.type}{' NOT NULL' if field.not_null else ''}"


def truth(value: Value) -> bool | None:
    """Whether a condition holds; None if only a run could tell."""
    if isinstance(value, Const):
        return None if value.parametric else bool(value.value)
    if isinstance(value, Seq):
        return True if value.items else None if value.more else False
    if isinstance(value, Dict):
        return True if value.entries else None if value.more else False
    if isinstance(value, Function | Class | Instance | Frame | Struct | Reader):
        return True
    return None


def text(value: Value | None) -> str | None:
    """The value if it is a string that is known."""
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None
