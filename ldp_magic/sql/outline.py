"""The shape of a query, read from its tokens: which SELECT and which clause each token belongs to, and what is read
as a stream. sqlglot's tree has no positions for clauses and does not know STREAM options or WATERMARK; this has both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ldp_magic.sql.lexer import Tokens

STARTS = {"SELECT", "WITH", "FROM", "VALUES", "TABLE"}
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
JOIN_WORDS = {"LEFT", "RIGHT", "FULL", "OUTER", "INNER", "CROSS", "SEMI", "ANTI", "NATURAL", "LATERAL", "ASOF"}
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
    *JOIN_WORDS,
    "WITH",
    "TABLESAMPLE",
}
_INTERVAL_UNITS = {
    unit + plural
    for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
    for plural in ("", "S")
}


_TRAILING = frozenset({"LIMIT", "OFFSET", "|>", *_BY_CLAUSES})
_OPENING = frozenset("([{")
_BEFORE_OPERAND = frozenset({"FROM", "JOIN", ",", "STREAM", "("})
_COUNTED = frozenset({"LIMIT", "OFFSET"})  # columns are called so too: those of Kafka have an offset
_BEFORE_NAME = frozenset(
    {"SELECT", "DISTINCT", "AS", "BY", "ON", "AND", "OR", "NOT", "CASE", "WHEN", "THEN", "ELSE", "WHERE"}
)
_AFTER_NAME = frozenset({")", "FROM", "AS", "ASC", "DESC", "IS", "IN", "NOT", "BETWEEN", "AND", "OR", "END", "THEN"})
_WHOLE = frozenset({")", "]", "}", "|>"})
KEYWORDS = frozenset(
    {"SELECT", "FROM", "WINDOW", "WITH", "JOIN", ",", "ON", "USING", "LATERAL", "PIVOT", "UNPIVOT", "|>"}
    | _CLAUSES.keys()
    | _BY_CLAUSES.keys()
    | _SETS
)


@dataclass(slots=True)
class JoinTokens:
    """The words of a join, or its comma, and what follows its ON."""

    first: int
    last: int
    on: int = -1
    on_last: int = -1


@dataclass(slots=True)
class Block:
    """One SELECT as a range of tokens. `clauses` maps a clause to its tokens, keyword included."""

    first: int
    last: int = -1
    select: int = -1
    clauses: dict[str, tuple[int, int]] = field(default_factory=dict)
    joins: list[JoinTokens] = field(default_factory=list)
    open_clause: str = ""
    bracket: int = -1  # the bracket that it stands in


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
    # WITH (...), CHANGES ..., IDENTIFIED BY ... by their first token: what it is, the token after it
    extras: dict[int, tuple[str, int]] = field(default_factory=dict)
    operands: set[int] = field(default_factory=set)  # first tokens of what stands behind FROM, JOIN or a comma there
    tables: list[int] = field(default_factory=list)  # names in TABLE(name), which table functions are given
    around: dict[int, int] = field(default_factory=dict)  # a bracket -> the bracket that it stands in
    set_words: list[tuple[int, int]] = field(default_factory=list)  # UNION ALL and the like, in text order
    pipes: bool = False


@dataclass(slots=True)
class _Frame:
    block: int
    clause: str
    query: bool  # keywords of a query count here
    close: int
    own: bool = False  # it holds a query of its own
    bracket: int = -1
    joins: list[JoinTokens] = field(default_factory=list)  # that may still get an ON
    condition: JoinTokens | None = None  # whose ON is being read


def outline_of(tokens: Tokens) -> Outline:
    """One pass over the tokens."""
    out = Outline(tokens)
    frames = [_Frame(_new_block(out, 0), "", True, len(tokens), own=True)]
    words, pairs = tokens.words, tokens.pairs
    block_of, clause_of = out.block_of, out.clause_of
    for index, word in enumerate(words):
        frame = frames[-1]
        if index == frame.close and len(frames) > 1:
            _leave(out, frames, index)
        elif word in _OPENING and pairs.get(index, -1) > index:
            _enter(out, frames, index)
        elif frame.query:
            if frame.clause == "from" and words[index - 1] in _BEFORE_OPERAND:
                out.operands.add(index)
            if word in KEYWORDS:
                _keyword(out, frame, index, word)
        frame = frames[-1] if index not in pairs or pairs[index] < index else frame
        block_of.append(frame.block)
        clause_of.append(frame.clause)
    while frames:
        _leave(out, frames, len(tokens))
    _find_streams(out)
    _find_watermarks(out)
    return out


def _new_block(out: Outline, first: int) -> int:
    out.blocks.append(Block(first))
    return len(out.blocks) - 1


def _enter(out: Outline, frames: list[_Frame], index: int) -> None:
    """Open a bracket: a query of its own, or more of the clause around it."""
    frame, words = frames[-1], out.tokens.words
    close = out.tokens.pairs[index]
    if frame.bracket >= 0:
        out.around[index] = frame.bracket
    inner = index + 1
    while inner < close and words[inner] == "(":
        inner += 1
    starts = words[inner] in STARTS and words[index] == "("
    if starts and (inner == index + 1 or _goes_on(out.tokens, index + 1)):
        block = _new_block(out, index + 1)
        out.blocks[block].bracket = index
        frames.append(_Frame(block, "", True, close, own=True, bracket=index))
    else:
        before = words[index - 1] if index else ""
        joined = frame.clause == "from" and frame.query and before in ("FROM", "JOIN", ",", "(", "STREAM", "LATERAL")
        query = joined or (starts and frame.clause == "")
        frames.append(_Frame(frame.block, frame.clause, query, close, bracket=index))
        if before == "TABLE" and not starts and out.tokens.types[index + 1] in ("word", "name"):
            out.tables.append(index + 1)


def _goes_on(tokens: Tokens, index: int) -> bool:
    """`(SELECT ...) UNION ...`: the query in the brackets at *index* is the first part of a longer one."""
    after = tokens.pairs.get(index, len(tokens)) + 1
    return after < len(tokens) and (tokens.words[after] in _SETS or tokens.words[after] in _TRAILING)


def _leave(out: Outline, frames: list[_Frame], index: int) -> None:
    frame = frames.pop()
    _end_condition(frame, index)
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


def _end_condition(frame: _Frame, index: int) -> None:
    if frame.condition is not None:
        frame.condition.on_last = index
        frame.condition = None


def _begin_clause(out: Outline, frame: _Frame, index: int, name: str) -> None:
    block = out.blocks[frame.block]
    _end_clause(block, index)
    _end_condition(frame, index)
    frame.clause = name
    if name not in block.clauses:
        block.clauses[name] = (index, index + 1)
        block.open_clause = name


def _keyword(out: Outline, frame: _Frame, index: int, word: str) -> None:
    words = out.tokens.words
    block = out.blocks[frame.block]
    before = words[index - 1] if index else ""
    after = words[index + 1] if index + 1 < len(words) else ""
    if before == "." or (word in _COUNTED and not _counts(out.tokens, index, before, after)):
        return
    if word == "SELECT":
        if block.select < 0:
            block.select = index
        _begin_clause(out, frame, index, "select")
    elif word == "FROM" and before != "DISTINCT":
        _begin_clause(out, frame, index, "from")
    elif word in _CLAUSES and before != "AS":
        _begin_clause(out, frame, index, _CLAUSES[word])
    elif word in _BY_CLAUSES and after == "BY":
        _begin_clause(out, frame, index, _BY_CLAUSES[word])
    elif word == "WINDOW" and after not in ("(", "", ".", ",") and words[index + 2 : index + 3] == ["AS"]:
        _begin_clause(out, frame, index, "window")
    elif word == "WITH" and block.select < 0 and "from" not in block.clauses:
        frame.clause = "with"
    elif word in _SETS and _is_set_operation(out, index):
        _set_operation(out, frame, index)
    elif frame.clause == "from":
        _from_word(out, frame, index, word)
    if word == "|>":
        _pipe(out, frame, index, after)


def _counts(tokens: Tokens, index: int, before: str, after: str) -> bool:
    """Is LIMIT or OFFSET a clause here? A clause stands behind something whole and in front of a number."""
    if before == "*":  # FROM t SELECT * LIMIT 5, or a * offset
        return tokens.types[index + 1 : index + 2] == ["number"]
    if before in _BEFORE_NAME or (index and tokens.types[index - 1] in ("mark", "(") and before not in _WHOLE):
        return False
    if index + 1 >= len(tokens) or after in _AFTER_NAME:
        return False
    return tokens.types[index + 1] != "mark" or after in (":", "?", "$")


def _from_word(out: Outline, frame: _Frame, index: int, word: str) -> None:
    """A word of the FROM clause: joins, their conditions, PIVOT."""
    words, block = out.tokens.words, out.blocks[frame.block]
    if word in ("JOIN", ","):
        first = _join_start(words, index) if word == "JOIN" else index
        _end_condition(frame, first)
        frame.joins.append(JoinTokens(first, index + 1))
        block.joins.append(frame.joins[-1])
    elif word in ("ON", "USING"):
        _end_condition(frame, index)
        join = frame.joins.pop() if frame.joins else None
        if join is not None and word == "ON":
            join.on, join.on_last = index + 1, index + 1
            frame.condition = join
    elif word == "LATERAL" and words[index + 1 : index + 2] == ["VIEW"]:
        _end_condition(frame, index)
    elif word in ("PIVOT", "UNPIVOT"):
        opening = next((i for i in range(index + 1, min(index + 4, len(words))) if words[i] == "("), -1)
        if opening in out.tokens.pairs:
            _end_condition(frame, index)
            block.clauses.setdefault("pivot", (index, out.tokens.pairs[opening] + 1))


def _pipe(out: Outline, frame: _Frame, index: int, after: str) -> None:
    """`|>` ends whatever clause stands before it."""
    out.pipes = True
    _end_clause(out.blocks[frame.block], index)
    _end_condition(frame, index)
    frame.clause = "from" if after == "JOIN" or after in JOIN_WORDS or after in ("PIVOT", "UNPIVOT") else "select"


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
    _end_condition(frame, index)
    _end_block(out, frame.block, index)
    out.set_words.append((index, last))
    before = out.blocks[frame.block]
    frame.block, frame.clause, frame.joins = _new_block(out, last), "", []
    out.blocks[frame.block].bracket = before.bracket


def _join_start(words: list[str], index: int) -> int:
    while index and words[index - 1] in JOIN_WORDS:
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
            if words[index + 2] in STARTS or words[index + 2] == "(":
                out.over_queries.append((index, close))
            else:
                out.streams[index + 2] = Stream(index, index + 2, close)
                out.operands.add(index + 2)


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
    while at + 1 < len(tokens) and words[at] not in (")", ";", "FROM", "WHERE", "JOIN", "WATERMARK"):
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
    """`WITH (...)`, `CHANGES [FROM VERSION n]`, `IDENTIFIED BY name` after a STREAM operand, around a watermark."""
    tokens, words = out.tokens, out.tokens.words
    while at < len(tokens):
        watermark = out.watermarks.get(at - 1)
        if words[at] == "WITH" and at + 1 < len(tokens) and words[at + 1] == "(" and at + 1 in tokens.pairs:
            last = tokens.pairs[at + 1] + 1
            out.extras[at] = ("options", last)
        elif words[at] == "CHANGES":
            last = at + 1
            if words[last : last + 1] == ["FROM"] and words[last + 1 : last + 2] in (["VERSION"], ["TIMESTAMP"]):
                last += 3
            while words[last : last + 1] in (["INCLUSIVE"], ["EXCLUSIVE"]):
                last += 1
            last = min(last, len(tokens))
            out.extras[at] = ("changes", last)
        elif words[at] == "IDENTIFIED" and words[at + 1 : at + 2] == ["BY"]:
            last = min(at + 3, len(tokens))
            out.extras[at] = ("identified by", last)
        elif watermark is not None and watermark.word == at:
            last = watermark.last
        else:
            return
        at = last
