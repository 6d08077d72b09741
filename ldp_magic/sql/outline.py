"""The shape of a query, read from its tokens: which SELECT and which clause each token belongs to, and what is read
as a stream. sqlglot's tree has no positions for clauses and does not know STREAM options or WATERMARK; this has both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens
from ldp_magic.text import Span

_STARTS = {"SELECT", "WITH", "FROM", "VALUES", "TABLE"}
_CLAUSES = {
    "WHERE": "where",
    "HAVING": "having",
    "QUALIFY": "qualify",
    "LIMIT": "limit",
    "OFFSET": "offset",
}
_BY_CLAUSES = {
    "GROUP": "group by",
    "ORDER": "order by",
    "SORT": "sort by",
    "DISTRIBUTE": "distribute by",
    "CLUSTER": "cluster by",
}
_SETS = {"UNION", "INTERSECT", "EXCEPT", "MINUS"}
_JOIN_WORDS = {"LEFT", "RIGHT", "FULL", "OUTER", "INNER", "CROSS", "SEMI", "ANTI", "NATURAL", "LATERAL", "ASOF"}
_ENDS_OPERAND = {
    "WHERE",
    "GROUP",
    "ORDER",
    "JOIN",
    "ON",
    "USING",
    "AS",
    "UNION",
    "LIMIT",
    *_JOIN_WORDS,
    "WITH",
    "TABLESAMPLE",
}
TYPE_NAMES = names(
    """STRUCT ARRAY MAP DATE TIMESTAMP DECIMAL STRING INT JSON CHAR BINARY VARIANT OBJECT ENUM VECTOR UNION BIGINT
    SMALLINT TINYINT DOUBLE FLOAT REAL BOOLEAN VARCHAR TEXT TIME DATETIME NUMERIC DEC INTEGER LONG SHORT BYTE UUID XML
    INET NULLABLE TUPLE NESTED GEOGRAPHY GEOMETRY POINT RING POLYGON SUPER BIT BLOB MONEY NAME SERIAL"""
)
_INTERVAL_UNITS = {
    unit + plural
    for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
    for plural in ("", "S")
}


@dataclass(slots=True)
class Block:
    """One SELECT as a range of tokens. `clauses` maps a clause to its tokens, keyword included."""

    first: int
    last: int = -1
    select: int = -1
    clauses: dict[str, tuple[int, int]] = field(default_factory=dict)
    joins: list[tuple[int, int]] = field(default_factory=list)  # the words of each join, or its comma
    open_clause: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Stream:
    """`STREAM operand ...`, in tokens; `close` is the bracket of STREAM( ), or -1."""

    word: int
    operand: int
    close: int


@dataclass(frozen=True, slots=True)
class WatermarkTokens:
    word: int
    of: int  # the word OF
    last: int  # the token after the delay


@dataclass(slots=True)
class Outline:
    tokens: Tokens
    blocks: list[Block] = field(default_factory=list)
    block_of: list[int] = field(default_factory=list)  # per token; -1 for none
    clause_of: list[str] = field(default_factory=list)
    streams: dict[int, Stream] = field(default_factory=dict)  # by operand token
    over_queries: list[tuple[int, int]] = field(default_factory=list)  # STREAM(SELECT ...): word, closing bracket
    watermarks: dict[int, WatermarkTokens] = field(default_factory=dict)  # by the token before them
    misplaced: list[WatermarkTokens] = field(default_factory=list)  # after the alias
    extras: list[tuple[str, int, int]] = field(default_factory=list)  # WITH (...), CHANGES ..., IDENTIFIED BY ...
    set_words: list[tuple[int, int]] = field(default_factory=list)  # UNION ALL and the like, in text order
    pipes: bool = False


@dataclass(slots=True)
class _Frame:
    block: int
    clause: str
    query: bool  # keywords of a query count here
    close: int
    own: bool = False  # it holds a query of its own


def outline_of(tokens: Tokens) -> Outline:
    """One pass over the tokens."""
    out = Outline(tokens)
    frames = [_Frame(_new_block(out, 0, 0), "", True, len(tokens), own=True)]
    index, words = 0, tokens.words
    while index < len(tokens):
        frame = frames[-1]
        word = words[index]
        if index == frame.close and len(frames) > 1:
            _leave(out, frames, index)
        elif tokens.types[index] == "(" and index in tokens.pairs and tokens.pairs[index] > index:
            _enter(out, frames, index)
            index += 1
            continue
        elif frame.query and word:
            _keyword(out, frame, index, word)
        _note(out, frames[-1], index)
        index += 1
    while frames:
        _leave(out, frames, len(tokens))
    _find_streams(out)
    _find_watermarks(out)
    return out


def _new_block(out: Outline, first: int, level: int) -> int:
    out.blocks.append(Block(first, level=level))
    return len(out.blocks) - 1


def _note(out: Outline, frame: _Frame, index: int) -> None:
    out.block_of.append(frame.block)
    out.clause_of.append(frame.clause)


def _enter(out: Outline, frames: list[_Frame], index: int) -> None:
    """Open a bracket: a query of its own, or more of the clause around it."""
    frame, words = frames[-1], out.tokens.words
    _note(out, frame, index)
    close = out.tokens.pairs[index]
    inner = index + 1
    while inner < close and words[inner] == "(":
        inner += 1
    starts = words[inner] in _STARTS and words[index] == "("
    if starts and inner == index + 1:
        frames.append(_Frame(_new_block(out, inner, len(frames)), "", True, close, own=True))
    else:
        joined = frame.clause == "from" and index > 0 and words[index - 1] in ("FROM", "JOIN", ",", "(")
        frames.append(_Frame(frame.block, frame.clause, joined or (starts and frame.clause == ""), close))


def _leave(out: Outline, frames: list[_Frame], index: int) -> None:
    frame = frames.pop()
    if frame.own:
        _end_block(out, frame.block, index)


def _end_block(out: Outline, number: int, index: int) -> None:
    block = out.blocks[number]
    if block.last < 0:
        block.last = index
        _end_clause(block, index)


def _end_clause(block: Block, index: int) -> None:
    if block.open_clause:
        first, _ = block.clauses[block.open_clause]
        block.clauses[block.open_clause] = (first, index)
        block.open_clause = ""


def _begin_clause(out: Outline, frame: _Frame, index: int, name: str) -> None:
    block = out.blocks[frame.block]
    _end_clause(block, index)
    frame.clause = name
    if name not in block.clauses:
        block.clauses[name] = (index, index + 1)
        block.open_clause = name


def _keyword(out: Outline, frame: _Frame, index: int, word: str) -> None:
    words = out.tokens.words
    block = out.blocks[frame.block]
    before = words[index - 1] if index else ""
    after = words[index + 1] if index + 1 < len(words) else ""
    if word == "SELECT":
        if block.select < 0:
            block.select = index
        _begin_clause(out, frame, index, "select")
    elif word == "FROM" and before != "DISTINCT":
        _begin_clause(out, frame, index, "from")
    elif word in _CLAUSES and before != ".":
        _begin_clause(out, frame, index, _CLAUSES[word])
    elif word in _BY_CLAUSES and after == "BY":
        _begin_clause(out, frame, index, _BY_CLAUSES[word])
    elif word == "WINDOW" and after not in ("(", "", ".", ",") and words[index + 2 : index + 3] == ["AS"]:
        _begin_clause(out, frame, index, "window")
    elif word == "WITH" and block.select < 0 and "from" not in block.clauses:
        frame.clause = "with"
    elif word in _SETS and _is_set_operation(out, index):
        _set_operation(out, frame, index)
    elif word == "JOIN" and frame.clause == "from":
        block.joins.append((_join_start(words, index), index + 1))
    elif word == "," and frame.clause == "from":
        block.joins.append((index, index + 1))
    elif word == "|>":
        out.pipes = True


def _is_set_operation(out: Outline, index: int) -> bool:
    words = out.tokens.words
    after = words[index + 1] if index + 1 < len(words) else ""
    if words[index] != "EXCEPT":
        return after in ("ALL", "DISTINCT", "SELECT", "(", "FROM", "VALUES", "TABLE", "WITH", "BY")
    inside = words[index + 2] if index + 2 < len(words) else ""
    return after in ("ALL", "DISTINCT", "SELECT", "FROM") or (
        after == "(" and inside in ("SELECT", "(", "FROM", "WITH")
    )


def _set_operation(out: Outline, frame: _Frame, index: int) -> None:
    last = index + 1
    while last < len(out.tokens) and out.tokens.words[last] in ("ALL", "DISTINCT", "BY", "NAME"):
        last += 1
    _end_block(out, frame.block, index)
    out.set_words.append((index, last))
    frame.block = _new_block(out, last, out.blocks[frame.block].level)
    frame.clause = ""


def _join_start(words: list[str], index: int) -> int:
    while index and words[index - 1] in _JOIN_WORDS:
        index -= 1
    return index


# -- STREAM and WATERMARK -------------------------------------------------------------------------------


def _find_streams(out: Outline) -> None:
    tokens, words = out.tokens, out.tokens.words
    for index, word in enumerate(words):
        if word != "STREAM" or index + 1 >= len(tokens) or not _may_be_operand(out, index):
            continue
        if words[index + 1] != "(":
            if tokens.types[index + 1] in ("word", "name") and words[index + 1] not in _ENDS_OPERAND:
                out.streams[index + 1] = Stream(index, index + 1, -1)
        elif (close := tokens.pairs.get(index + 1, -1)) > index + 2:
            if words[index + 2] in _STARTS or words[index + 2] == "(":
                out.over_queries.append((index, close))
            else:
                out.streams[index + 2] = Stream(index, index + 2, close)


def _may_be_operand(out: Outline, index: int) -> bool:
    before = out.tokens.words[index - 1] if index else "FROM"
    if out.clause_of[index] != "from" and before not in ("FROM", "JOIN"):
        return False
    return before in ("FROM", "JOIN", ",", "(", "LATERAL")


def operand_end(tokens: Tokens, index: int) -> int:
    """The token after a relation that begins at *index*: `a.b.c`, `f(...)`, `IDENTIFIER(...)`, `a.b@v3`."""
    index += 1
    while (
        index + 1 < len(tokens) and tokens.words[index] == "." and tokens.types[index + 1] in ("word", "name", "number")
    ):
        index += 2
    if index < len(tokens) and tokens.words[index] == "(" and index in tokens.pairs:
        index = tokens.pairs[index] + 1
    return index


def _find_watermarks(out: Outline) -> None:
    tokens, words = out.tokens, out.tokens.words
    for index, word in enumerate(words):
        if word == "WATERMARK" and index and (found := _watermark(tokens, index)) is not None:
            out.watermarks[index - 1] = found
    for stream in out.streams.values():
        _find_extras(out, stream.close + 1 if stream.close >= 0 else operand_end(tokens, stream.operand))


def _watermark(tokens: Tokens, index: int) -> WatermarkTokens | None:
    """`WATERMARK expression [AS name] DELAY OF interval`"""
    at, words = index + 1, tokens.words
    while at + 1 < len(tokens) and words[at] not in (")", ";", "FROM", "WHERE", "JOIN"):
        if words[at] == "DELAY" and words[at + 1] == "OF":
            return WatermarkTokens(index, at + 1, _interval_end(tokens, at + 2))
        at = tokens.pairs.get(at, at) + 1 if words[at] == "(" else at + 1
    return None


def _interval_end(tokens: Tokens, at: int) -> int:
    """After `INTERVAL 1 DAY 2 HOURS`, `INTERVAL '10' MINUTE`, `'5 minutes'`, `10`, `INTERVAL '1:2' HOUR TO MINUTE`."""
    words, size = tokens.words, len(tokens)
    if at < size and words[at] == "INTERVAL":
        at += 1
    while at < size:
        if (
            tokens.types[at] in ("number", "string")
            or words[at] in ("-", "+")
            or words[at] in _INTERVAL_UNITS
            or (words[at] == "TO" and at + 1 < size and words[at + 1] in _INTERVAL_UNITS)
            or words[at].startswith("${")
        ):
            at += 1
        else:
            break
    return at


def _find_extras(out: Outline, at: int) -> None:
    """`WITH (...)`, `CHANGES [FROM VERSION n]`, `IDENTIFIED BY name` after a STREAM operand (before or after a watermark)."""
    tokens, words = out.tokens, out.tokens.words
    while at < len(tokens):
        watermark = out.watermarks.get(at - 1)
        if words[at] == "WITH" and at + 1 < len(tokens) and words[at + 1] == "(" and at + 1 in tokens.pairs:
            last = tokens.pairs[at + 1] + 1
            out.extras.append(("options", at, last))
        elif words[at] == "CHANGES":
            last = at + 1
            if words[last : last + 1] == ["FROM"] and words[last + 1 : last + 2] in (["VERSION"], ["TIMESTAMP"]):
                last += 3
            while words[last : last + 1] in (["INCLUSIVE"], ["EXCLUSIVE"]):
                last += 1
            out.extras.append(("changes", at, last))
        elif words[at] == "IDENTIFIED" and words[at + 1 : at + 2] == ["BY"]:
            last = at + 3
            out.extras.append(("identified by", at, last))
        elif watermark is not None and watermark.word == at:
            last = watermark.last
        else:
            return
        at = last


# -- what sqlglot is given ------------------------------------------------------------------------------


def masked(out: Outline) -> str:
    """The text with what sqlglot cannot read replaced by something as long: its positions are ours."""
    text, tokens = out.tokens.text, out.tokens
    edits = sorted(_masks(out))
    if "\ufeff" in text:
        text = text.replace("\ufeff", " ")
    pieces, done = [], 0
    for start, end, replacement in edits:
        if start < done:
            continue
        pieces += [text[done:start], replacement]
        done = end
    return "".join([*pieces, text[done:]])


def _masks(out: Outline) -> Iterator[tuple[int, int, str]]:
    tokens = out.tokens
    for stream in out.streams.values():
        yield _blank(tokens, stream.word, stream.word + 1)
        if stream.close >= 0:
            yield _blank(tokens, stream.word + 1, stream.word + 2)
            yield _blank(tokens, stream.close, stream.close + 1)
    for word, _ in out.over_queries:
        yield _blank(tokens, word, word + 1)
    for mark in out.watermarks.values():
        yield _blank(tokens, mark.word, mark.last)
    for _, first, last in out.extras:
        yield _blank(tokens, first, last)
    deep = _deep_type_calls(tokens)
    for index, word in enumerate(tokens.words):
        if "${" in word and tokens.types[index] == "word":
            start, end = tokens.starts[index], tokens.ends[index]
            yield start, end, _identifier(tokens.text[start:end])
        elif (
            word == "TABLE"
            and index == out.blocks[out.block_of[index]].first
            and tokens.types[index + 1 : index + 2] in (["word"], ["name"])
        ):
            yield tokens.starts[index], tokens.ends[index], "FROM "
        elif word == "WINDOW" and tokens.words[index + 1 : index + 2] == ["("]:
            yield tokens.starts[index], tokens.ends[index], "windov"
        elif word in TYPE_NAMES and tokens.words[index + 1 : index + 2] == ["("] and index in deep:
            start, end = tokens.starts[index], tokens.ends[index]
            yield start, end, tokens.text[start : end - 1] + "_"
        elif word == "@" and tokens.words[index + 1 : index + 2] and tokens.words[index + 1][1:].isdigit():
            yield _blank(tokens, index, index + 2)


def _deep_type_calls(tokens: Tokens) -> set[int]:
    """Calls such as struct(date(string(...))) beyond five levels: sqlglot's time doubles with each, names spare it."""
    found: set[int] = set()
    ends: list[int] = []
    for index, word in enumerate(tokens.words):
        while ends and index > ends[-1]:
            ends.pop()
        if word in TYPE_NAMES and (close := tokens.pairs.get(index + 1, -1)) > index:
            ends.append(close)
            if len(ends) > 5:
                found.add(index)
    return found


def _blank(tokens: Tokens, first: int, last: int) -> tuple[int, int, str]:
    start, end = tokens.starts[first], tokens.ends[min(last, len(tokens)) - 1]
    return start, end, "".join(c if c in "\r\n" else " " for c in tokens.text[start:end])


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in text)


def span(tokens: Tokens, first: int, last: int) -> Span:
    """The characters of the tokens *first* up to, not including, *last*."""
    if last <= first:
        return Span(tokens.starts[first], tokens.starts[first]) if first < len(tokens) else Span(0, 0)
    return Span(tokens.starts[first], tokens.ends[last - 1])
