"""Expressions with exact spans: what is called, compared, cast, and on which tokens it stands.

The grammar is Spark's, from the loosest to the tightest: OR, AND, NOT, predicates (IN, LIKE, IS, BETWEEN), comparisons,
`|`, `^`, `&`, shifts, `+ - ||`, `* / % DIV`, signs, then `[...]`, `.field`, `::type` and `:path`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ldp_magic.sql.functions import CALLS_DESPITE_WORD, names
from ldp_magic.sql.lexer import Tokens

Kind: TypeAlias = Literal[
    "literal", "interval", "column", "star", "call", "sign", "operator", "not", "predicate", "cast", "case", "lambda",
    "index", "field", "path", "tuple", "query", "named"
]  # fmt: skip

RESERVED = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "MINUS",
        "QUALIFY",
        "WINDOW",
        "ON",
        "USING",
        "JOIN",
        "INNER",
        "CROSS",
        "FULL",
        "NATURAL",
        "LATERAL",
        "PIVOT",
        "UNPIVOT",
        "TABLESAMPLE",
        "CLUSTER",
        "DISTRIBUTE",
        "SORT",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "AS",
        "BY",
        "AND",
        "OR",
        "IN",
        "LIKE",
        "ILIKE",
        "RLIKE",
        "REGEXP",
        "BETWEEN",
        "IS",
        "ASC",
        "DESC",
        "NULLS",
        "ROWS",
        "RANGE",
        "WITHIN",
        "OVER",
        "WITH",
        "VALUES",
        "INTO",
        "SET",
        "ESCAPE",
        "WATERMARK",
    ]
)
_TYPED_LITERALS = frozenset(["DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME", "X"])
_CONSTANTS = frozenset(["NULL", "TRUE", "FALSE"])
_CALLABLE = CALLS_DESPITE_WORD | {"LIKE", "ILIKE", "RLIKE", "REGEXP", "WINDOW"}
_NO_BRACKETS = frozenset(
    [
        "CURRENT_DATE",
        "CURRENT_TIMESTAMP",
        "CURRENT_USER",
        "SESSION_USER",
        "USER",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "CURRENT_TIME",
    ]
)
_PREDICATES = frozenset(["IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN", "IS", "NOT"])
_BINARY = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("=", "==", "<=>", "<>", "!=", "<", "<=", ">", ">=", "!<", "!>"), 5),
    "|": 6,
    "^": 7,
    "&": 8,
    **dict.fromkeys(("<<", ">>", ">>>"), 9),
    **dict.fromkeys(("+", "-", "||"), 10),
    **dict.fromkeys(("*", "/", "%", "DIV"), 11),
}
_NOT, _PREDICATE, _COMPARISON, _SIGN = 3, 4, 5, 12
UNITS = names(
    """YEAR YEARS MONTH MONTHS WEEK WEEKS DAY DAYS HOUR HOURS MINUTE MINUTES SECOND SECONDS MILLISECOND MILLISECONDS
    MICROSECOND MICROSECONDS QUARTER QUARTERS DAYOFYEAR"""
)
_WITH_UNIT = names(
    """dateadd date_add datediff date_diff timestampadd timestampdiff"""
)  # their first argument may be a bare unit


@dataclass(frozen=True, slots=True)
class Sort:
    """One item of an ORDER BY: `nulls` is FIRST, LAST or empty."""

    value: Node
    descending: bool
    nulls: str


@dataclass(frozen=True, slots=True)
class Over:
    """`OVER (PARTITION BY ... ORDER BY ... frame)`, or `OVER name`."""

    name: str = ""
    partition: tuple[Node, ...] = ()
    order: tuple[Sort, ...] = ()
    frame: tuple[int, int] = (0, 0)  # tokens


@dataclass(slots=True, eq=False)
class Node:
    """A part of an expression, from the token *first* up to, not including, *last*.

    `word` is the operator, the function's name or the predicate in lower case, of a cast the type as written, of a
    lambda's parameters `names`.
    """

    kind: Kind
    first: int
    last: int
    word: str = ""
    parts: tuple[Node, ...] = ()  # operands and arguments, in text order
    names: tuple[str, ...] = ()
    negated: bool = False
    distinct: bool = False
    nulls: str = ""  # ignore, respect
    filter: Node | None = None
    within: tuple[Sort, ...] = ()
    over: Over | None = None
    head: int = 0  # of a call: the token behind its closing bracket

    @property
    def children(self) -> Iterator[Node]:
        """Everything below, in text order."""
        yield from self.parts
        yield from (sort.value for sort in self.within)
        if self.filter is not None:
            yield self.filter
        if self.over is not None:
            yield from self.over.partition
            yield from (sort.value for sort in self.over.order)


class Unreadable(Exception):
    """Here stands no expression that we know; what is around it may still be one."""


class Reader:
    """Reads expressions from tokens; *query* is asked for what stands in brackets that begin as a query does."""

    def __init__(self, tokens: Tokens, query: Callable[[int, int], Node]) -> None:
        self.tokens, self.words, self.types = tokens, tokens.words, tokens.types
        self.query = query
        self.end = len(tokens)

    # -- what stands where -------------------------------------------------------------------------------

    def word(self, index: int) -> str:
        return self.words[index] if index < self.end else ""

    def type(self, index: int) -> str:
        return self.types[index] if index < self.end else ""

    def close(self, index: int) -> int:
        """The partner of the bracket at *index*."""
        there = self.tokens.pairs.get(index, -1)
        if there < index:
            raise Unreadable
        return there

    def touches(self, index: int) -> bool:
        """Nothing stands between this token and the next."""
        return index + 1 < self.end and self.tokens.ends[index] == self.tokens.starts[index + 1]

    def is_name(self, index: int) -> bool:
        return self.type(index) in ("word", "name")

    def operator(self, index: int) -> tuple[str, int]:
        """The binary operator at a token and how many tokens it takes, or nothing."""
        word = self.word(index)
        if word in ("<", ">") and self.touches(index) and self.word(index + 1) == word:
            if word == ">" and self.touches(index + 1) and self.word(index + 2) == ">":
                return ">>>", 3
            return word * 2, 2
        if word == "!" and self.touches(index) and self.word(index + 1) in ("<", ">"):
            return word + self.word(index + 1), 2
        return (word, 1) if word in _BINARY else ("", 0)

    # -- operators ---------------------------------------------------------------------------------------

    def expression(self, at: int, loosest: int = 0) -> Node:
        """The longest expression that begins at a token, of operators that bind tighter than *loosest*."""
        left = self.prefixed(at)
        while left.last < self.end:
            word = self.word(left.last)
            if word in _PREDICATES and loosest < _PREDICATE:
                left = self.predicate(left)
                continue
            operator, length = self.operator(left.last)
            strength = _BINARY.get(operator, 0)
            if strength <= loosest:
                break
            right = self.expression(left.last + length, strength)
            left = Node("operator", left.first, right.last, operator.lower(), (left, right))
        return left

    def prefixed(self, at: int) -> Node:
        word = self.word(at)
        if word in ("NOT", "!"):
            inside = self.expression(at + 1, _NOT)
            return Node("not", at, inside.last, "not", (inside,))
        if word in ("-", "+", "~"):
            if word == "-" and self.type(at + 1) == "number":
                literal = Node("literal", at, at + 2, "number")
                return self.postfixed(literal)
            inside = self.expression(at + 1, _SIGN)
            return Node("sign", at, inside.last, word, (inside,))
        return self.postfixed(self.primary(at))

    def predicate(self, left: Node) -> Node:
        at = left.last
        negated = self.word(at) == "NOT"
        at += negated
        word = self.word(at)
        if word == "IS" and not negated:
            return self.is_what(left, at)
        if word == "BETWEEN":
            low = self.expression(at + 1, _COMPARISON - 1)
            if self.word(low.last) != "AND":
                raise Unreadable
            high = self.expression(low.last + 1, _COMPARISON - 1)
            return Node("predicate", left.first, high.last, "between", (left, low, high), negated=negated)
        if word == "IN" and self.word(at + 1) == "(":
            inside = self.brackets(at + 1)
            return Node("predicate", left.first, inside.last, "in", (left, inside), negated=negated)
        if word in ("LIKE", "ILIKE", "RLIKE", "REGEXP"):
            return self.like(left, at, negated)
        raise Unreadable

    def is_what(self, left: Node, at: int) -> Node:
        """IS [NOT] NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM"""
        negated = self.word(at + 1) == "NOT"
        at += 1 + negated
        word = self.word(at)
        if word == "DISTINCT" and self.word(at + 1) == "FROM":
            right = self.expression(at + 2, _COMPARISON - 1)
            return Node("predicate", left.first, right.last, "is distinct from", (left, right), negated=negated)
        if word in ("NULL", "TRUE", "FALSE", "UNKNOWN"):
            return Node("predicate", left.first, at + 1, f"is {word.lower()}", (left,), negated=negated)
        raise Unreadable

    def like(self, left: Node, at: int, negated: bool) -> Node:
        word = self.word(at).lower()
        if self.word(at + 1) in ("ANY", "SOME", "ALL") and self.word(at + 2) == "(":
            inside = self.brackets(at + 2)
            how = "all" if self.word(at + 1) == "ALL" else "any"
            return Node("predicate", left.first, inside.last, f"{word} {how}", (left, inside), negated=negated)
        right = self.expression(at + 1, _COMPARISON - 1)
        if self.word(right.last) == "ESCAPE":
            escape = self.expression(right.last + 1, _SIGN)
            return Node("predicate", left.first, escape.last, word, (left, right, escape), negated=negated)
        return Node("predicate", left.first, right.last, word, (left, right), negated=negated)

    def postfixed(self, node: Node) -> Node:
        while node.last < self.end:
            at, word = node.last, self.word(node.last)
            if word == "[":
                inside = self.expression(at + 1)
                if inside.last != self.close(at):
                    raise Unreadable
                node = Node("index", node.first, inside.last + 1, "[]", (node, inside))
            elif word == "." and self.is_name(at + 1):
                node = Node("field", node.first, at + 2, self.name(at + 1), (node,))
            elif word == "::":
                last = self.past_type(at + 1)
                node = Node("cast", node.first, last, self.text(at + 1, last), (node,), names=("::",))
            elif word == ":" and self.is_name(at + 1):
                node = Node("path", node.first, self.past_path(at + 1), "", (node,))
            else:
                break
        return node

    def past_path(self, at: int) -> int:
        """Behind `a.b[0].c`, as it follows a colon."""
        at += 1
        while at < self.end:
            if self.word(at) == "." and self.is_name(at + 1):
                at += 2
            elif self.word(at) == "[":
                at = self.close(at) + 1
            else:
                break
        return at

    def past_type(self, at: int) -> int:
        """Behind a type."""
        if self.type(at) != "word":
            raise Unreadable
        if self.word(at) == "INTERVAL":
            at += 1
            while self.word(at) in UNITS or self.word(at) == "TO":
                at += 1
            return at
        at += 1
        if self.word(at) == "(":
            return self.close(at) + 1
        if self.word(at) == "<" and self.touches(at - 1):
            depth = 0
            while at < self.end:
                depth += (self.word(at) == "<") - (self.word(at) == ">")
                at += 1
                if depth == 0:
                    break
        return at

    # -- operands ----------------------------------------------------------------------------------------

    def primary(self, at: int) -> Node:
        type_, word = self.type(at), self.word(at)
        if type_ == "string":
            last = at + 1
            while self.type(last) == "string":
                last += 1
            return Node("literal", at, last, "string")
        if type_ == "number":
            return Node("literal", at, at + 1, "number")
        if type_ == "name":
            return self.column(at)
        if word == "(":
            return self.brackets(at)
        if word == "*":
            return Node("star", at, at + 1)
        if type_ == "word":
            return self.worded(at, word)
        raise Unreadable

    def worded(self, at: int, word: str) -> Node:
        following, type_ = self.word(at + 1), self.type(at + 1)
        if word in _TYPED_LITERALS and type_ == "string":
            return Node("literal", at, at + 2, word.lower())
        if word in _CONSTANTS:
            return Node("literal", at, at + 1, word.lower())
        if word == "CASE":
            return self.case(at)
        if word == "INTERVAL" and following not in (",", ")", ".", "(", "="):
            return self.interval(at)
        if following == "(" and word in ("CAST", "TRY_CAST"):
            return self.cast(at)
        if following == "(" and (word not in RESERVED or word in _CALLABLE):
            return self.call(at)
        if following == "->":
            body = self.expression(at + 2)
            return Node("lambda", at, body.last, "", (body,), names=(self.tokens.get(at).lower(),))
        if word in RESERVED and word not in ("WINDOW", "RANGE", "SET", "WATERMARK"):
            raise Unreadable
        if word in _NO_BRACKETS:
            return Node("call", at, at + 1, word.lower(), head=at + 1)
        return self.column(at)

    def column(self, at: int) -> Node:
        """`a`, `t.a`, `t.s.f`, `t.*`: one node, the parts of its name in `names`."""
        parts, last = [self.name(at)], at + 1
        while self.word(last) == "." and self.touches(last - 1) and self.touches(last):
            if self.word(last + 1) == "*":
                return Node("star", at, last + 2, "", (), tuple(parts))
            if not self.is_name(last + 1):
                break
            parts.append(self.name(last + 1))
            last += 2
        if self.word(last) == "(" and len(parts) > 1 and self.touches(last - 1):
            return self.call(last - 1, at)
        return Node("column", at, last, "", (), tuple(parts))

    def name(self, at: int) -> str:
        text = self.tokens.get(at)
        return text[1:-1].replace("``", "`") if self.types[at] == "name" else text

    def text(self, first: int, last: int) -> str:
        tokens = self.tokens
        return tokens.text[tokens.starts[first] : tokens.ends[last - 1]] if last > first else ""

    def brackets(self, at: int) -> Node:
        """A query, a lambda's parameters, a tuple, or one expression, which is a tuple of one."""
        close = self.close(at)
        if self.word(at + 1) in ("SELECT", "WITH", "FROM", "VALUES", "TABLE"):
            return self.query(at, close)
        if self.word(close + 1) == "->":
            body = self.expression(close + 2)
            held = tuple(self.tokens.get(i).lower() for i in range(at + 1, close) if self.is_name(i))
            return Node("lambda", at, body.last, "", (body,), names=held)
        return Node("tuple", at, close + 1, "", self.listed(at + 1, close))

    def listed(self, at: int, close: int) -> tuple[Node, ...]:
        """Expressions between commas, up to the closing bracket."""
        parts = []
        while at < close:
            node = self.named(at)
            parts.append(node)
            if node.last == close:
                break
            if self.word(node.last) != ",":
                raise Unreadable
            at = node.last + 1
        return tuple(parts)

    def named(self, at: int) -> Node:
        """An argument: `x`, `x AS name` as in struct(), `name => x`."""
        if self.is_name(at) and self.word(at + 1) == "=>":
            inside = self.expression(at + 2)
            return Node("named", at, inside.last, "=>", (inside,), (self.name(at),))
        inside = self.expression(at)
        if self.word(inside.last) == "AS" and self.is_name(inside.last + 1):
            return Node("named", at, inside.last + 2, "as", (inside,), (self.name(inside.last + 1),))
        return inside

    def case(self, at: int) -> Node:
        """The parts are [operand], condition, result, ..., [else]; `names` says which is which."""
        parts, roles, here = [], [], at + 1
        if self.word(here) != "WHEN":
            parts.append(self.expression(here))
            roles.append("operand")
            here = parts[-1].last
        while (word := self.word(here)) in ("WHEN", "THEN", "ELSE"):
            parts.append(self.expression(here + 1))
            roles.append(word.lower())
            here = parts[-1].last
        if self.word(here) != "END":
            raise Unreadable
        return Node("case", at, here + 1, "", tuple(parts), tuple(roles))

    def interval(self, at: int) -> Node:
        """INTERVAL '1' DAY, INTERVAL 1 DAY 2 HOURS, INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 day'"""
        here, parts = at + 1, list[Node]()
        while here < self.end:
            signed = here + (self.word(here) in ("-", "+"))
            if self.type(signed) not in ("string", "number") and not (self.word(here) == "(" or not parts):
                break
            value = (
                Node("literal", here, signed + 1, self.type(signed))
                if self.type(signed)
                in (
                    "string",
                    "number",
                )
                else self.primary(here)
            )
            here = value.last
            parts.append(value)
            if self.word(here) not in UNITS:
                break
            here += 1
            if self.word(here) == "TO" and self.word(here + 1) in UNITS:
                here += 2
                break
        if not parts:
            raise Unreadable
        return Node("interval", at, here, "", tuple(p for p in parts if p.kind != "literal"))

    def cast(self, at: int) -> Node:
        """CAST(x AS type): the word is the type as written."""
        close, inside = self.close(at + 1), self.expression(at + 2)
        if self.word(inside.last) != "AS":
            raise Unreadable
        written = self.text(inside.last + 1, close)
        return Node("cast", at, close + 1, written, (inside,), names=(self.words[at].lower(),), head=close + 1)

    def call(self, at: int, first: int = -1) -> Node:
        """`name(...)` and what may follow it: IGNORE NULLS, WITHIN GROUP, FILTER, OVER."""
        close, here = self.close(at + 1), at + 2
        node = Node("call", first if first >= 0 else at, close + 1, self.name(at).lower(), head=close + 1)
        if self.word(here) in ("DISTINCT", "ALL") and here < close:
            node.distinct = self.word(here) == "DISTINCT"
            here += 1
        if self.word(here) in ("SELECT", "WITH"):
            node.parts = (self.query(at + 1, close),)
        else:
            node.parts, node.names = self.arguments(node.word, here, close)
        if self.word(close - 2) in ("IGNORE", "RESPECT") and self.word(close - 1) == "NULLS":
            node.nulls = self.word(close - 2).lower()
        return self.tailed(node)

    def arguments(self, name: str, at: int, close: int) -> tuple[tuple[Node, ...], tuple[str, ...]]:
        """The arguments between commas; of the forms with words between (`extract(day FROM d)`) also these words."""
        if name in _WITH_UNIT and self.word(at) in UNITS and self.word(at + 1) == ",":
            behind = self.listed(at + 2, close)
            if len(behind) == 2:
                return behind, ("unit", self.tokens.get(at))
        if name == "extract" and self.type(at) in ("word", "string") and self.word(at + 1) == "FROM":
            return self.listed(at + 2, close), ("from", self.tokens.get(at))
        if name == "trim" and self.word(at) in ("BOTH", "LEADING", "TRAILING"):
            side = self.words[at].lower()
            if self.word(at + 1) == "FROM":
                return self.listed(at + 2, close), ("side", side)
            return self.separated(at + 1, close, ("FROM",)), ("side", side)
        if name == "position":
            needle = self.expression(at, _COMPARISON)
            if self.word(needle.last) == "IN":
                return (needle, *self.listed(needle.last + 1, close)), ("in",)
        words = {"trim": ("FROM",), "substring": ("FROM", "FOR"), "substr": ("FROM", "FOR"),
                 "overlay": ("PLACING", "FROM", "FOR")}.get(name)  # fmt: skip
        if words:
            parts = self.separated(at, close, words)
            said = [self.words[part.first - 1] for part in parts[1:]]
            return parts, ("words",) if any(word != "," for word in said) else ()
        last = close - 2 if self.word(close - 1) == "NULLS" and self.word(close - 2) in ("IGNORE", "RESPECT") else close
        return self.listed(at, last), ()

    def separated(self, at: int, close: int, words: tuple[str, ...]) -> tuple[Node, ...]:
        parts: list[Node] = []
        while at < close:
            parts.append(self.expression(at))
            at = parts[-1].last
            if at < close and self.word(at) not in (",", *words):
                raise Unreadable
            at += 1
        return tuple(parts)

    def tailed(self, node: Node) -> Node:
        while (word := self.word(node.last)) in ("IGNORE", "RESPECT", "WITHIN", "FILTER", "OVER"):
            at = node.last
            if word in ("IGNORE", "RESPECT") and self.word(at + 1) == "NULLS":
                node.nulls, node.last = word.lower(), at + 2
            elif word == "WITHIN" and self.word(at + 1) == "GROUP" and self.word(at + 2) == "(":
                close = self.close(at + 2)
                node.within, node.last = self.sorted(at + 5, close), close + 1
            elif word == "FILTER" and self.word(at + 1) == "(" and self.word(at + 2) == "WHERE":
                node.filter = self.expression(at + 3)
                node.last = self.close(at + 1) + 1
            elif word == "OVER":
                node.over = self.window(at + 1)
                node.last = at + 2 if self.word(at + 1) != "(" else self.close(at + 1) + 1
            else:
                break
        return node

    def window(self, at: int) -> Over:
        if self.word(at) != "(":
            return Over(name=self.tokens.get(at))
        close, here = self.close(at), at + 1
        partition: tuple[Node, ...] = ()
        order: tuple[Sort, ...] = ()
        if self.word(here) in ("PARTITION", "DISTRIBUTE") and self.word(here + 1) == "BY":
            partition, here = self.until(here + 2, close)
        if self.word(here) in ("ORDER", "SORT") and self.word(here + 1) == "BY":
            order = self.sorted(here + 2, close)
            here = self.past(order[-1], here, close) if order else here
        return Over(partition=partition, order=order, frame=(here, close))

    def past(self, sort: Sort, at: int, close: int) -> int:
        here = sort.value.last
        while here < close and self.word(here) in ("ASC", "DESC", "NULLS", "FIRST", "LAST"):
            here += 1
        return here

    def until(self, at: int, close: int) -> tuple[tuple[Node, ...], int]:
        parts: list[Node] = []
        while at < close:
            parts.append(self.expression(at))
            at = parts[-1].last
            if self.word(at) != ",":
                break
            at += 1
        return tuple(parts), at

    def sorted(self, at: int, close: int) -> tuple[Sort, ...]:
        """The items of an ORDER BY."""
        found = []
        while at < close:
            value = self.expression(at)
            at = value.last
            descending = self.word(at) == "DESC"
            at += self.word(at) in ("ASC", "DESC")
            nulls = ""
            if self.word(at) == "NULLS":
                nulls, at = self.word(at + 1), at + 2
            found.append(Sort(value, descending, nulls))
            if self.word(at) != ",":
                break
            at += 1
        return tuple(found)
