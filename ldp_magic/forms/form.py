"""What a form is, and the few ways in which forms are made of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Reader: TypeAlias = Callable[[object], object]


class Mismatch(ValueError):
    """A value is not of its form; *inside* leads to the part that is wrong."""

    def __init__(self, *inside: str) -> None:
        super().__init__(*inside)
        self.inside = inside


@dataclass(frozen=True, slots=True)
class Form:
    """What a value may look like: in words, as an example, and the function that reads it."""

    expected: str
    example: str
    read: Callable[[object], object]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its name in the file, its form, its default, what it is for, the variable that also sets it."""

    name: str
    form: Form
    default: object
    help: str
    variable: str = ""

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")


def one_of(*choices: str) -> Form:
    """One of these words."""

    def read(value: object) -> str:
        if value not in choices:
            raise Mismatch
        return str(value)

    return Form(f"one of {', '.join(choices)}", f'"{choices[0]}"', read, choices)


def inside(name: str, read: Reader, value: object) -> object:
    """Read the part called *name*, which is then named where it is wrong."""
    try:
        return read(value)
    except Mismatch as mismatch:
        raise Mismatch(name, *mismatch.inside) from None


def table(readers: Mapping[str, Reader], *needed: str) -> Reader:
    """A table with no keys but these; those that are *needed* have to be there."""

    def read(value: object) -> dict[str, object]:
        if not isinstance(value, Mapping) or not value or any(name not in value for name in needed):
            raise Mismatch
        unknown = [str(name) for name in value if name not in readers]
        if unknown:
            raise Mismatch(unknown[0])
        return {name: inside(name, readers[name], one) for name, one in value.items()}

    return read


def named(reader: Reader) -> Reader:
    """A table of any names, each of whose values is read alike."""

    def read(value: object) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise Mismatch
        return {str(name): inside(str(name), reader, one) for name, one in value.items()}

    return read


def each(reader: Reader) -> Reader:
    """A list, each of whose values is read alike."""

    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, (list, tuple)):
            raise Mismatch
        return tuple(reader(one) for one in value)

    return read
