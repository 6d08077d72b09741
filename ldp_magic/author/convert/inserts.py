"""CREATE TABLE and the INSERTs that fill it become one CREATE TABLE ... AS, by text.

INSERT matches columns by position and converts to their types; so does what is written here. Several INSERT INTO are
the branches of one UNION ALL.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ldp_magic.author.convert.model import Left
from ldp_magic.author.convert.parts import Part
from ldp_magic.author.convert.statements import Insert, Made, Said, is_setting, refused, same_text
from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Column, Query
from ldp_magic.text import Edit, Location, Source, Span, apply_edits

_PLAIN = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_OWN_VALUES = {"generated", "default", "identity"}


@dataclass(frozen=True, slots=True)
class Merged:
    """The edits that put tables and their INSERTs together, and what had to be left."""

    edits: tuple[Edit, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(slots=True)
class _Group:
    """One table: the statement that creates it, if there is one, and those that fill it."""

    create: Made | None
    inserts: list[Insert]

    @property
    def name(self) -> str:
        return str(self.create.definition.name if self.create else self.inserts[0].name)

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.create.definition.columns if self.create else ()


@dataclass(frozen=True, slots=True)
class _Order:
    """Where the statements stand, counted over all texts, and where the USE and SET among them do."""

    numbers: dict[int, int]  # by id of the part
    settings: list[int]
    sources: frozenset[Source]  # those that hold settings

    @classmethod
    def of(cls, said: Sequence[Said]) -> _Order:
        settings = [number for number, one in enumerate(said) if is_setting(one)]
        sources = frozenset(said[number].part.source for number in settings)
        return cls({id(one.part): number for number, one in enumerate(said)}, settings, sources)

    def settings_between(self, parts: list[Part]) -> bool:
        """May a name mean one thing in the first of these parts and another in the last?"""
        numbers = [self.numbers[id(part)] for part in parts]
        if len({id(part.source) for part in parts}) > 1 and any(part.source in self.sources for part in parts):
            return True
        return bisect_left(self.settings, min(numbers)) < bisect_left(self.settings, max(numbers))


def quoted(name: str) -> str:
    """A column's name as it may stand in a query."""
    return name if _PLAIN.match(name) else "`" + name.replace("`", "``") + "`"


def newline(source: Source) -> str:
    """How the lines of a text end."""
    first = source.text.find("\n")
    return "\r\n" if first > 0 and source.text[first - 1] == "\r" else "\n"


def merged(said: Sequence[Said]) -> Merged:
    """What to do with the INSERTs, and with the tables that hold nothing by themselves."""
    found: list[Merged] = []
    order = _Order.of(said)
    for group in _groups(said):
        why, fix = _obstacle(group, order)
        found.append(_refused(group, why, fix) if why else _together(group))
    return Merged(tuple(e for one in found for e in one.edits), tuple(left for one in found for left in one.left))


def _groups(said: Iterable[Said]) -> list[_Group]:
    found: dict[str, _Group] = {}
    for one in said:
        if isinstance(one, Made) and one.form == "table":
            key = str(one.definition.name).lower()
            found.setdefault(key, _Group(one, []))
        elif isinstance(one, Insert):
            found.setdefault(str(one.name).lower(), _Group(None, [])).inserts.append(one)
    return [g for g in found.values() if g.inserts or (g.create is not None and g.create.query is None)]


def _obstacle(group: _Group, order: _Order) -> tuple[str, str]:
    if not group.inserts:
        return "no statement here fills it", "convert it together with the statement that does"
    if any(one.overwrite for one in _after_the_first(group)):
        return "it replaces rows that another statement here wrote", "keep the one that counts"
    if any(clause.name in _OWN_VALUES for column in group.columns for clause in column.clauses):
        return "the table fills columns by itself", "compute them in the query"
    places = [one.part for one in group.inserts] + ([group.create.part] if group.create else [])
    if order.settings_between(places):
        return "a USE or SET stands between it and the rest of its table", "write the names in full"
    return "", ""


def _after_the_first(group: _Group) -> list[Insert]:
    filled = group.create is not None and group.create.query is not None
    return group.inserts if filled else group.inserts[1:]


def _refused(group: _Group, why: str, fix: str) -> Merged:
    parts = [one.part for one in group.inserts]
    if group.create is not None and group.create.query is None:
        parts.append(group.create.part)
    left = tuple(refused(part, why, fix).left for part in parts)
    return Merged(tuple(removed(part) for part in parts), left)


def removed(part: Part) -> Edit:
    """The edit that takes a statement out of its text, with the comments that go with it; a byte order mark stays."""
    start = part.own_start
    start += start == 0 and part.source.text.startswith("\ufeff")
    return Edit(Location(part.source, start, part.end), "")


def _together(group: _Group) -> Merged:
    create, inserts = group.create, list(group.inserts)
    host = create.part if create is not None else inserts[0].part
    end = newline(host.source)
    body = _body(group, end)
    edits = [removed(one.part) for one in inserts if one.part is not host]
    if create is not None:
        edits.append(Edit(host.location, _head(create, end) + end + body))
    else:
        edits.append(Edit(host.location, f"CREATE TABLE {inserts[0].name.location.text}{end}{body}"))
    return Merged(tuple(edits))


def _body(group: _Group, end: str) -> str:
    """`AS query`, the branches joined, the columns named and converted."""
    create, branches = group.create, list[str]()
    if create is not None and create.query is not None:
        branches.append(_branch(create.query, len(group.inserts) > 0))
    several = len(group.inserts) + len(branches) > 1
    columns = [(c.name_location.text, c.type) for c in group.columns]
    for one in group.inserts:
        before = one.part.comments(one.part.own_start, one.query.location.start)
        after = one.part.comments(one.query.location.end, one.part.end)
        if create is None and one is group.inserts[0]:
            before = one.part.comments(one.part.location.start, one.query.location.start)
            after = []
        text = _branch(one.query, several) if several else one.query.text
        named = positional(text, _wanted(one, columns), end) if _needs_names(one, columns) else text
        branches.append(end.join([*before, *after, named]))
    return f"AS{end}" + f"{end}UNION ALL{end}".join(branches)


def _needs_names(one: Insert, columns: list[tuple[str, str]]) -> bool:
    return not one.by_name and bool(columns or one.columns)


def _wanted(one: Insert, columns: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(column, its type, what the query calls it; empty for a column that gets no value), in the table's order."""
    if not one.columns:
        return [(name, type_, name) for name, type_ in columns]
    if not columns:
        return [(quoted(name), "", quoted(name)) for name in one.columns]
    given = {name.lower(): quoted(name) for name in one.columns}
    return [(name, type_, given.get(name.strip("`").lower(), "")) for name, type_ in columns]


def positional(text: str, wanted: list[tuple[str, str, str]], end: str) -> str:
    """The query with its columns called and converted as the table has them."""
    query = Query(text, Source("", None, text).whole())
    root = query.facts.root
    if isinstance(root, Select) and _in_place(root, text) and len(root.outputs) == len(wanted):
        return _items_edited(query, root, wanted)
    items = ", ".join(_item(name, type_, said) for name, type_, said in wanted)
    names = ", ".join(said for _, _, said in wanted if said)
    return f"SELECT {items}{end}FROM ({end}{text}{end}) AS inserted({names})"


def _in_place(root: Select, text: str) -> bool:
    """May the items of this SELECT be converted where they stand? Not if others refer to them."""
    if root.distinct is not None or any(o.star for o in root.outputs) or not root.outputs:
        return False
    names = {o.name.lower() for o in root.outputs if o.aliased}
    later = [root.clauses[c] for c in ("group by", "having", "qualify", "order by") if c in root.clauses]
    if any(text[k.start : k.end].strip().isdigit() or text[k.start : k.end].upper() == "ALL" for k in root.group_keys):
        return False
    return not any(c.name.lower() in names for c in root.columns if any(s.start <= c.span.start < s.end for s in later))


def _items_edited(query: Query, root: Select, wanted: list[tuple[str, str, str]]) -> str:
    source = query.location.source
    edits: list[Edit] = []
    for output, (name, type_, _) in zip(root.outputs, wanted, strict=True):
        expression = query.text[output.expression.start : output.expression.end]
        converted = _converted(expression, type_)
        edits.append(Edit(source.at(*output.expression), converted))
        if converted != expression and not output.aliased:
            edits.append(Edit(source.at(output.span.end), f" AS {name}"))
        elif output.name.lower() != name.strip("`").lower():
            edits.append(Edit(source.at(output.expression.end, output.span.end), f" AS {name}"))
    return apply_edits(edits).get(source, query.text)


def _converted(expression: str, type_: str) -> str:
    if not type_:
        return expression
    cast = f"CAST({expression} AS {type_})"
    tokens = tokens_of(expression)
    whole = len(tokens) > 3 and tokens.words[0] == "CAST" and tokens.pairs.get(1) == len(tokens) - 1
    as_ = [i for i, word in enumerate(tokens.words) if word == "AS"]
    if whole and as_ and same_text(expression[tokens.ends[as_[-1]] : tokens.starts[-1]], type_):
        return expression
    return cast


def _item(name: str, type_: str, said: str) -> str:
    value = said or "NULL"
    converted = f"CAST({value} AS {type_})" if type_ else value
    return converted if converted == name else f"{converted} AS {name}"


def _branch(query: Query, several: bool) -> str:
    """A query as one branch of a UNION ALL."""
    root, first = query.facts.root, tokens_of(query.text).words[:1]
    if not several:
        return query.text
    if first == ["VALUES"]:
        return f"SELECT * FROM {query.text}"
    ordered = root is not None and bool({"order by", "limit", "offset"} & set(root.clauses))
    return f"({query.text})" if ordered or first in (["WITH"], ["FROM"]) else query.text


def _head(create: Made, end: str) -> str:
    """`CREATE TABLE t ... ` without its query; the column list stays where it says more than names and types."""
    definition, part = create.definition, create.part
    where = definition.columns_location
    stop = part.location.end
    query = create.query
    if query is not None:
        words = [i for i in range(part.first, part.last) if _is_as(part, i, query)]
        stop = part.tokens.starts[words[-1]] if words else query.location.start
    text = Source("", None, part.source.text[:stop])
    edits = _list_edits(create, text) if where is not None and query is None else []
    new = apply_edits(edits).get(text, text.text)
    head = new[part.location.start :].rstrip()
    return f"{head}{end}" if query is not None else head


def _is_as(part: Part, index: int, query: Query) -> bool:
    return part.tokens.words[index] == "AS" and part.tokens.starts[index] < query.location.start


def _list_edits(create: Made, text: Source) -> list[Edit]:
    definition, where = create.definition, create.definition.columns_location
    if where is None:
        return []
    told = [c for c in definition.columns if c.comment is not None or c.clauses or c.not_null]
    if not told and not definition.constraints:
        kept = create.part.comments(where.start, where.end)
        return [Edit(Location(text, where.start, where.end), " ".join(f"{c}\n" for c in kept))]
    edits = []
    rules = [_present(c) for c in definition.columns if c.not_null]
    for column in definition.columns:
        if column.not_null:
            edits.append(Edit(Location(text, *_not_null(create.part, column)), ""))
    if rules:
        close = where.end - 1
        edits.append(Edit(Location(text, close, close), "".join(f", {rule}" for rule in rules)))
    return edits


def _present(column: Column) -> str:
    name = re.sub(r"\W+", "_", column.name).strip("_") or "column"
    return f"CONSTRAINT {name}_present EXPECT ({column.name_location.text} IS NOT NULL) ON VIOLATION FAIL UPDATE"


def _not_null(part: Part, column: Column) -> Span:
    """Where NOT NULL stands, with the blanks before it."""
    tokens = part.tokens
    at = next(
        i
        for i in range(part.first, part.last)
        if tokens.starts[i] >= column.name_location.end and tokens.words[i : i + 2] == ["NOT", "NULL"]
    )
    return Span(tokens.ends[at - 1], tokens.ends[at + 1])
