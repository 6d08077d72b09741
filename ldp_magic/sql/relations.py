"""What a query reads, from its tokens: names, table functions and paths, with STREAM, options and watermark."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.facts import Relation, Watermark
from ldp_magic.sql.functions import FILE_READERS, PATH_FORMATS, STREAMING_READERS, TABLE_READERS
from ldp_magic.sql.outline import Outline, WatermarkTokens, operand_end
from ldp_magic.sql.places import Places

Pairs = tuple[tuple[str, str], ...]


class Relations:
    """Reads one relation after the other out of one query."""

    def __init__(self, places: Places, outline: Outline) -> None:
        self.places, self.outline = places, outline
        self.tokens, self.words = places.tokens, places.words

    def at(self, index: int, alias: str) -> Relation:
        """The relation that begins at the token *index*."""
        end = operand_end(self.tokens, index)
        stream = self.outline.streams.get(index)
        options, last, watermark = self._extras(stream.close + 1 if stream and stream.close >= 0 else end)
        called = self.words[end - 1] == ")"
        parts = self._name_parts(index, end)
        if called and parts[0].upper() == "IDENTIFIER":
            called, parts = False, (self.places.text(index, end),)
        function = parts[-1].lower() if called else ""
        arguments = self._arguments(index, end) if function else ()
        path, format_ = _path_and_format(function, arguments)
        name = () if function else parts
        if len(name) == 2 and name[0].lower() in PATH_FORMATS and any(mark in name[1] for mark in ("/", ":", "${")):
            path, format_, name = name[1], name[0].lower(), ()
        return Relation(
            name=name,
            function=function,
            path=path,
            format=format_,
            span=self.places.span(index, end),
            whole=self.places.span(stream.word if stream else index, last),
            streaming=stream is not None or function in STREAMING_READERS,
            stream_span=self.places.span(stream.word, stream.word + 1) if stream else None,
            parenthesised=stream is not None and stream.close >= 0,
            alias=alias,
            arguments=arguments,
            options=options,
            watermark=watermark,
        )

    def handed_over(self) -> Iterator[Relation]:
        """The relations that table functions are given: `f(TABLE(t))`."""
        for index in self.outline.tables:
            yield self.at(index, "")

    def watermark_after(self, index: int) -> Watermark | None:
        """The watermark that directly follows the token *index*."""
        found = self.outline.watermarks.get(index)
        return self.watermark(found) if found is not None else None

    def watermark(self, found: WatermarkTokens) -> Watermark:
        """`WATERMARK expression [AS name] DELAY OF interval` as a value."""
        first, last = found.word + 1, found.of - 1
        aliased = last - first > 2 and self.words[last - 2] == "AS"
        return Watermark(
            expression=self.places.text(first, last - 2 if aliased else last),
            column=self._watermark_column(first, last, aliased),
            delay=self.places.text(found.of + 1, found.last),
            span=self.places.span(found.word, found.last),
            aliased=aliased,
        )

    def _watermark_column(self, first: int, last: int, aliased: bool) -> str:
        """The name behind AS; without one that of the column: a cast (`at::TIMESTAMP`, `CAST(at AS ..)`) keeps it."""
        if last <= first:
            return ""
        if aliased:
            return self.places.name(last - 1)
        called = [n for n in range(first, last) if self.words[n + 1 : n + 2] == ["("]]
        inside = called[-1] + 2 if called else first
        end = next((n for n in range(inside, last) if self.words[n] in ("::", "AS", ",", ")")), last)
        return self.places.name(end - 1) if end > inside else ""

    def _name_parts(self, index: int, end: int) -> tuple[str, ...]:
        parts = []
        while index < end and self.words[index] != "(":
            if self.words[index] != ".":
                parts.append(self.places.name(index))
            index += 1
        return tuple(parts)

    # -- arguments and options ---------------------------------------------------------------------------

    def _arguments(self, index: int, end: int) -> Pairs:
        opening = next(i for i in range(index, end) if self.words[i] == "(")
        arguments = tuple(self._argument(*part) for part in self.places.between_commas(opening + 1, end - 1))
        return arguments + tuple(self._map_options(index, end)) if self.words[index] == "CLOUD_FILES" else arguments

    def _argument(self, first: int, last: int) -> tuple[str, str]:
        name = ""
        arrow = next((i for i in range(first, last) if self.words[i] == "=>"), -1)
        if arrow > first:
            name = ".".join(self._name_parts(first, arrow))
            first = arrow + 1
        text = self.places.text(first, last)
        literal = last - first == 1 and self.tokens.types[first] == "string"
        return name, unquoted(text) if literal else text

    def _map_options(self, index: int, end: int) -> Iterator[tuple[str, str]]:
        """`map('cloudFiles.x', 'y', ...)` as options."""
        opening = next(
            (i for i in range(index + 1, end) if self.words[i] == "MAP" and self.places.closing(i + 1) > 0), -1
        )
        if opening >= 0:
            inside = self.places.between_commas(opening + 2, self.places.closing(opening + 1))
            values = [unquoted(self.places.text(*part)) for part in inside]
            yield from zip(values[::2], values[1::2], strict=False)

    def _extras(self, after: int) -> tuple[Pairs, int, Watermark | None]:
        """Options and watermark behind an operand: (options, the token after it all, watermark)."""
        options: Pairs = ()
        watermark = None
        while True:
            mark = self.outline.watermarks.get(after - 1)
            if mark is not None and mark.word == after:
                watermark, after = self.watermark(mark), mark.last
            elif after in self.outline.extras:
                kind, last = self.outline.extras[after]
                options, after = options + self._options(kind, after, last), last
            else:
                return options, after, watermark

    def _options(self, kind: str, first: int, last: int) -> Pairs:
        if kind != "options":
            return ((kind, self.places.text(first, last)),)
        return tuple(self._option(*part) for part in self.places.between_commas(first + 2, last - 1))

    def _option(self, first: int, last: int) -> tuple[str, str]:
        equals = next((i for i in range(first, last) if self.words[i] in ("=", "=>", "==")), last)
        key = self.places.text(first, equals).strip("`'\"")
        return key, unquoted(self.places.text(equals + 1, last)) if equals + 1 < last else "true"


def _path_and_format(function: str, arguments: Pairs) -> tuple[str, str]:
    """What a file reader reads, or the table that `table_changes` and its like name."""
    if function not in FILE_READERS and function not in TABLE_READERS:
        return "", ""
    plain = [value for name, value in arguments if not name]
    named = {name.lower(): value for name, value in arguments if name}
    path = named.get("path") or (plain[0] if plain else "")
    return path, named.get("format", plain[1] if function == "cloud_files" and len(plain) > 1 else "").lower()
