"""XML to rows: one for each element of the row tag; attributes, children and text by Spark's rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias
from xml.etree.ElementTree import ParseError, iterparse

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.format import Format
from ldp_magic.engine.files.json_types import _both
from ldp_magic.engine.files.lines import whole
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.shape import Parsed, Rows, Said, Shape
from ldp_magic.engine.files.types import Columns
from ldp_magic.engine.files.values import BAD, Clock, converter
from ldp_magic.sql.types import fields_of

Value: TypeAlias = Any  # text, None, a dict of members, or a list where a name comes again


class Elements:
    """The elements of the row tag as plain values."""

    def __init__(self, format: Format) -> None:
        self.tag = format.option("rowTag")
        if not self.tag:
            raise FilesError(
                "rowTag is missing", why="it says which element is a row", fix="give rowTag => 'name of the element'"
            )
        self.format = format
        self.prefix, self.value = format.option("attributePrefix", "_"), format.option("valueTag", "_VALUE")
        self.attributes = not format.on("excludeAttribute")
        self.null = format.option("nullValue")

    def of(self, file: File) -> Iterator[Value]:
        """Each row element; the file is not held as a whole tree."""
        import io

        text = whole(file, self.format)
        start = text.find("<")
        inside = 0
        try:
            for event, element in iterparse(io.BytesIO(_undeclared(text[max(start, 0) :]).encode()), ("start", "end")):
                if _local(element.tag) != self.tag:
                    continue
                inside += 1 if event == "start" else -1
                if event == "end" and not inside:
                    value = self.value_of(element)
                    yield value if isinstance(value, dict) else {} if value is None else {self.value: value}
                    element.clear()
        except ParseError as error:
            yield error

    def value_of(self, element: Any) -> Value:
        found: dict[str, Value] = {}
        if self.attributes:
            found.update((self.prefix + _local(name), value) for name, value in element.attrib.items())
        for child in element:
            name, value = _local(child.tag), self.value_of(child)
            if name not in found:
                found[name] = value
            elif isinstance(found[name], _Many):
                found[name].append(value)
            else:
                found[name] = _Many([found[name], value])
        text = (element.text or "").strip() if not len(element) else ""
        if not found:
            return None if text in ("", self.null) else text
        if text:
            found[self.value] = text
        return found


class _Many(list):  # type: ignore[type-arg]
    """The values of a name that comes more than once in an element."""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _undeclared(text: str) -> str:
    """Without the line that names an encoding: the text is decoded already."""
    return text[text.find("?>") + 2 :].lstrip() if text.startswith("<?xml") else text


class XmlTypes:
    """Collects the types of row elements."""

    def __init__(self, format: Format, clock: Clock) -> None:
        self.format, self.clock = format, clock
        self.kind: Any = {}

    def add(self, value: Value) -> None:
        self.kind = _merged(self.kind, self._of(value))

    def _of(self, value: Value) -> Any:
        if isinstance(value, dict):
            return {name: self._of(each) for name, each in value.items()}
        if isinstance(value, _Many):
            inner: Any = ""
            for each in value:
                inner = _merged(inner, self._of(each))
            return [inner]
        return "" if value is None else self._text(value) if self.format.typed else "string"

    def _text(self, text: str) -> str:
        for type_ in ("bigint", "double", "date", "timestamp"):
            plain = text[:1].isdigit() or text[:1] in "+-."
            if plain and (type_ != "date" or len(text) == 10) and converter(type_, self.clock)(text) is not BAD:
                return type_
        return "boolean" if text.lower() in ("true", "false") else "string"

    def columns(self) -> Columns:
        return tuple((name, _name(self.kind[name])) for name in sorted(self.kind))


def _name(kind: Any) -> str:
    if isinstance(kind, dict):
        return f"struct<{','.join(f'{name}:{_name(kind[name])}' for name in sorted(kind))}>"
    return f"array<{_name(kind[0])}>" if isinstance(kind, list) else kind or "string"


def _merged(one: Any, other: Any) -> Any:
    if one == other or other == "":
        return one
    if one == "":
        return other
    if isinstance(one, list) or isinstance(other, list):
        return [_merged(*(each[0] if isinstance(each, list) else each for each in (one, other)))]
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _merged(one.get(name, ""), other.get(name, "")) for name in (*one, *other)}
    if isinstance(one, dict) or isinstance(other, dict):
        whole_, text = (one, other) if isinstance(one, dict) else (other, one)
        return {**whole_, "_VALUE": _merged(whole_.get("_VALUE", ""), text)}
    if {one, other} == {"date", "timestamp"}:
        return "timestamp"
    return _both(one, other)


class XmlRows:
    """Reads the row elements of files into tables of one shape."""

    def __init__(self, shape: Shape, format: Format, said: Said) -> None:
        self.shape, self.said, self.elements = shape, said, Elements(format)

    def document(self, number: int) -> Parsed:
        import json

        from ldp_magic.engine.files.shape import rescue_text

        rows, file = Rows(self.shape), self.said.files[number]
        known = {name for name, _ in self.shape.columns}
        for value in self.elements.of(file):
            if isinstance(value, ParseError):
                self.said.broken(self.shape, f"{file.shown}:{value.position[0]}", f"it is not XML: {value.msg}")
                continue
            unfit: list[str] = []
            values = [self._fit(type_, value.get(name), unfit, name) for name, type_ in self.shape.columns]
            extra = [name for name in value if name not in known]
            for name in extra:
                self.said.extra(name)
            if unfit:
                self.said.broken(self.shape, file.shown, f"{unfit[0]} does not fit its type", record=False)
                if self.shape.mode == "DROPMALFORMED" and not self.shape.rescued:
                    continue
            lost = {name: json.dumps(value[name], ensure_ascii=False) for name in dict.fromkeys([*unfit, *extra])}
            rescued = rescue_text(lost, file) if lost and self.shape.rescued else None
            rows.add(values, json.dumps(value, ensure_ascii=False) if unfit else None, rescued)
        return Parsed(rows.table(), [(number, len(rows.values))])

    def _fit(self, type_: str, value: Value, unfit: list[str], name: str) -> Any:
        if value is None:
            return None
        if type_.startswith("struct<"):
            members = value if isinstance(value, dict) else {self.elements.value: value}
            return {field: self._fit(inner, members.get(field), unfit, name) for field, inner in fields_of(type_)}
        if type_.startswith("array<"):
            return [
                self._fit(type_[6:-1], each, unfit, name) for each in (value if isinstance(value, _Many) else [value])
            ]
        if isinstance(value, _Many):
            value = value[-1]
        if isinstance(value, dict):
            value = value.get(self.elements.value)
        found = converter(type_, self.shape.clock)(value) if isinstance(value, str) else None
        if found is BAD:
            unfit.append(name)
        return None if found is BAD else found
