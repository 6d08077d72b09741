"""YAML as plain values: mappings, lists and words, each word with its line, and nothing that a bomb could blow up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ldp_magic.errors import SourceError

if TYPE_CHECKING:
    from yaml.nodes import Node

__all__ = ["Value", "Word", "line_of", "read_yaml"]

MAX_BYTES = 2_000_000
MAX_DEPTH = 60
MAX_VALUES = 200_000
MAX_REPEATED = 10_000
_NOT_TEXT = frozenset({"int", "float", "bool", "timestamp", "null"})


class Word(str):
    """A scalar as it was written. `is_text` is False for what YAML takes for a number, a boolean or a date.

    *start* and *end* are where it stands in the text, quotes included, a byte order mark not counted.
    """

    __slots__ = ("end", "is_text", "line", "start")
    line: int
    is_text: bool
    start: int
    end: int


# a null is None, everything else is as it was written
Value: TypeAlias = "dict[str, Value] | list[Value] | Word | None"


def read_yaml(text: str, name: str) -> dict[str, Value]:
    """The mapping that a YAML document holds; an empty document is an empty mapping."""
    import yaml

    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        raise SourceError(
            f"{name} is larger than {MAX_BYTES // 1_000_000} MB",
            why="a configuration of that size is a mistake",
            fix="split it, or name the right file",
        )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_depth(yaml.parse(text, loader), name)
        node = yaml.compose(text, loader)
    except (yaml.YAMLError, ValueError) as error:
        raise _broken(name, text, error) from None
    value = _Builder(name).whole(node)
    if not isinstance(value or {}, dict):
        raise SourceError(f"{name} is not a mapping", why="settings are keys and values", fix="write key: value lines")
    return value if isinstance(value, dict) else {}


def line_of(value: Value, key: str | None = None) -> int:
    """The line on which *key* of a mapping stands, or the value itself; 0 if it has none."""
    if isinstance(value, Word):
        return value.line
    if isinstance(value, Mapping):
        keys = [each for each in value if key is None or each == key]
        return next((each.line for each in keys if isinstance(each, Word)), 0)
    return next((line_of(each) for each in value), 0) if isinstance(value, list) else 0


def _broken(name: str, text: str, error: Exception) -> SourceError:
    mark = getattr(error, "problem_mark", None)
    # a text without a last line end ends on its last line, not on the one after
    line = f":{min(mark.line, text.count(chr(10))) + 1}" if mark is not None else ""
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    what = f"{name}{line} is not YAML: {reason}"
    return SourceError(what, why="nothing in a broken file can be trusted", fix="mend it there")


def _check_depth(events: Iterator[Any], name: str) -> None:
    """Depth is looked at before anything is built, since building is recursive down to the C of the YAML library."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > MAX_DEPTH:
            raise _bomb(name, f"it is nested more than {MAX_DEPTH} levels deep", event.start_mark.line + 1)


def _bomb(name: str, why: str, line: int) -> SourceError:
    return SourceError(f"{name}:{line} is not read", why=why, fix="write the document out plainly")


class _Builder:
    """Turns the nodes of one document into values. Aliases share a value, and what they repeat is counted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.built: dict[int, tuple[Value, int]] = {}
        self.open: set[int] = set()
        self.repeated = 0

    def whole(self, node: Node | None) -> Value:
        return None if node is None else self.value(node)[0]

    def value(self, node: Node) -> tuple[Value, int]:
        """The value of a node, and how many values it is when written out."""
        line = node.start_mark.line + 1
        if id(node) in self.open:
            raise _bomb(self.name, "a value holds itself", line)
        if (known := self.built.get(id(node))) is not None:
            self.repeated += known[1]
        else:
            self.open.add(id(node))
            known = self.built[id(node)] = self.fresh(node)
            self.open.discard(id(node))
        if self.repeated > MAX_REPEATED or known[1] > MAX_VALUES:
            raise _bomb(self.name, "its aliases repeat too much", line)
        return known

    def fresh(self, node: Node) -> tuple[Value, int]:
        if _kind(node) == "scalar":
            return _word(node), 1
        if _kind(node) == "sequence":
            parts = [self.value(each) for each in node.value]
            return [value for value, _ in parts], 1 + sum(size for _, size in parts)
        return self.mapping(node)

    def mapping(self, node: Node) -> tuple[Value, int]:
        """A mapping with its `<<` merged in: its own keys win."""
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        size = 1
        for key_node, value_node in node.value:
            value, inside = self.value(value_node)
            size += 1 + inside
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged = {**self.merged(value, value_node), **merged}
                continue
            key = self.key(key_node)
            if key in own:
                raise self.twice(key, own)
            own[key] = value
        return {**merged, **own}, size

    def key(self, node: Node) -> Word:
        if _kind(node) != "scalar":
            raise _bomb(self.name, "a key is a list or a mapping", node.start_mark.line + 1)
        return _made(node)

    def twice(self, key: Word, own: dict[str, Value]) -> SourceError:
        what = f"{self.name}:{key.line} says {key[:60]} a second time"
        return SourceError(what, why=f"the first is on line {line_of(own, key)}", fix="take one of them away")

    def merged(self, value: Value, node: Node) -> dict[str, Value]:
        parts = value if isinstance(value, list) else [value]
        together: dict[str, Value] = {}
        for part in parts:
            if not isinstance(part, dict):
                raise _bomb(self.name, "only a mapping can be merged with <<", node.start_mark.line + 1)
            together = {**part, **together}
        return together


def _kind(node: Node) -> str:
    """scalar, sequence or mapping; the library's stubs do not know the attribute."""
    return str(getattr(node, "id", ""))


def _word(node: Node) -> Word | None:
    return None if node.tag == "tag:yaml.org,2002:null" else _made(node)


def _made(node: Node) -> Word:
    word = Word(node.value)
    word.line = node.start_mark.line + 1
    word.start, word.end = node.start_mark.index, node.end_mark.index
    word.is_text = node.tag.removeprefix("tag:yaml.org,2002:") not in _NOT_TEXT
    return word
