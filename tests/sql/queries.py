"""Random queries over three small tables, and those tables with one column changed at a time.

Every query gives the same rows each time it runs, so two answers differ only where the input did.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

Columns = list[tuple[str, str]]  # (name, type)
Rows = list[tuple[object, ...]]
TABLES: dict[str, Columns] = {
    "a": [("k", "int"), ("g", "int"), ("x", "int"), ("y", "int"), ("s", "string"), ("ar", "array<int>")],
    "b": [("k", "int"), ("g", "int"), ("p", "int"), ("q", "int"), ("z", "string")],
    "c": [("k", "int"), ("u", "int"), ("v", "string")],
}
JOINS = ["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN", "CROSS JOIN", ","]


def rows(table: str, changed: str = "", seed: int = 0) -> Rows:
    """A table's rows; with *changed*, most values of that one column are others."""
    chance = random.Random(f"{table} {seed}")
    plain = [tuple(_value(chance, type_, 4) for _, type_ in TABLES[table]) for _ in range(9)]
    if not changed:
        return plain
    place = [name for name, _ in TABLES[table]].index(changed)
    other = random.Random(f"{table} {changed} {seed}")
    type_ = TABLES[table][place][1]
    return [(*row[:place], _value(other, type_, 9), *row[place + 1 :]) for row in plain]


def _value(chance: random.Random, type_: str, size: int) -> object:
    if type_.startswith("array"):
        return [chance.randrange(size) for _ in range(chance.randrange(1, 4))]
    if chance.random() < 0.08:
        return None
    return chance.randrange(size) if type_ == "int" else "abcdefghi"[chance.randrange(size)] * chance.randrange(1, 3)


def inserted(table: str, values: Rows) -> str:
    """The table as a query over VALUES."""
    lines = ", ".join(
        "(" + ", ".join(_literal(v, t) for v, (_, t) in zip(row, TABLES[table], strict=True)) + ")" for row in values
    )
    return f"SELECT * FROM VALUES {lines} AS t({', '.join(n for n, _ in TABLES[table])})"


def _literal(value: object, type_: str) -> str:
    if value is None:
        return f"CAST(NULL AS {type_})"
    if isinstance(value, list):
        return f"array({', '.join(map(str, value))})"
    return f"'{value}'" if isinstance(value, str) else str(value)


@dataclass(slots=True)
class _From:
    """What a FROM clause offers: columns by qualifier, and those that a USING join shows once."""

    text: str
    columns: list[tuple[str, str, str]] = field(default_factory=list)  # (qualifier, name, type)
    stars: list[str] = field(default_factory=list)  # the qualifiers that a star may name
    shown_once: list[str] = field(default_factory=list)  # by the one USING join
    joins: int = 0
    generates: bool = False

    def typed(self, type_: str) -> list[tuple[str, str]]:
        return [(q, n) for q, n, t in self.columns if t == type_]

    @property
    def distinct_names(self) -> bool:
        names = [n for _, n, _ in self.columns]
        return len(set(names)) == len(names)


class Queries:
    """Queries as somebody might write them. *engine* leaves out what only Spark itself can run."""

    def __init__(self, seed: int, engine: str = "spark", tables: dict[str, Columns] | None = None) -> None:
        self.chance = random.Random(seed)
        self.spark = engine == "spark"
        self.tables = dict(tables or TABLES)
        self.count = 0

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def one_in(self, n: int) -> bool:
        return self.chance.randrange(n) == 0

    def statement(self) -> tuple[str, Columns]:
        """A whole query with its output columns."""
        if not self.one_in(4):
            return self.query(2)
        held = dict(self.tables)
        ctes = []
        for _ in range(self.chance.randrange(1, 3)):
            name = self.fresh("w")
            text, columns = self.query(1)
            renamed = [(self.fresh("n"), t) for _, t in columns] if self.one_in(3) else columns
            ctes.append(
                f"{name}{'(' + ', '.join(n for n, _ in renamed) + ')' if renamed is not columns else ''} AS ({text})"
            )
            self.tables[name] = renamed
        text, columns = self.query(2)
        self.tables = held
        return f"WITH {', '.join(ctes)} {text}", columns

    def query(self, depth: int, outer: _From | None = None) -> tuple[str, Columns]:
        text, columns = self.select(depth, outer)
        if depth and self.one_in(6):
            other, _ = self.select(depth - 1, outer, types=[t for _, t in columns])
            word = self.chance.choice(["UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"])
            text = f"({text}) {word} ({other})"
        elif depth == 2 and self.one_in(8):
            places = ", ".join(str(i + 1) for i in range(len(columns)))
            text = f"{text} ORDER BY {places} LIMIT {self.chance.randrange(2, 6)}"
        return text, columns

    # -- FROM --------------------------------------------------------------------------------------------

    def source(self, depth: int) -> tuple[str, str, Columns]:
        """One relation: its text, its alias, its columns."""
        if depth and self.one_in(4):
            text, columns = self.query(depth - 1)
            alias = self.fresh("d")
            return f"({text}) {self.chance.choice(['', 'AS '])}{alias}", alias, columns
        table = self.chance.choice(sorted(self.tables))
        alias = self.fresh("t")
        return f"{table} {self.chance.choice(['', 'AS '])}{alias}", alias, self.tables[table]

    def from_(self, depth: int) -> _From:
        text, alias, columns = self.source(depth)
        found = _From(text, [(alias, n, t) for n, t in columns], [alias])
        for _ in range(self.chance.choice([0, 0, 1, 1, 2])):
            self.join(found, depth)
        if self.one_in(6) and found.typed("array<int>"):
            view, out = self.fresh("v"), self.fresh("e")
            outer = self.chance.choice(["", "OUTER "])
            found.text += f" LATERAL VIEW {outer}explode({self.name(found, 'array<int>')}) {view} AS {out}"
            found.generates = True
            found.columns.append((view, out, "int"))
        return found

    def join(self, found: _From, depth: int) -> None:
        text, alias, columns = self.source(depth)
        kind = self.chance.choice(JOINS)
        both = _From("", [*found.columns, *((alias, n, t) for n, t in columns)])
        shared = [n for n, t in columns if [m for _, m, _ in found.columns].count(n) == 1 and t != "array<int>"]
        if kind in ("CROSS JOIN", ","):
            if kind == "," and " JOIN " in found.text:
                kind = "CROSS JOIN"
            found.text += f"{'' if kind == ',' else ' '}{kind} {text}"
        elif shared and self.one_in(2):
            used = shared[: self.chance.randrange(1, 3)]
            found.text += f" {kind} {text} USING ({', '.join(used)})"
            found.shown_once = used
        else:
            left, right = self.qualified(found), self.qualified(_From("", both.columns[len(found.columns) :]))
            extra = f" AND {self.condition(both, 0)}" if self.one_in(3) else ""
            found.text += f" {kind} {text} ON {left} = {right}{extra}"
        found.joins += 1
        if kind not in ("LEFT SEMI JOIN", "LEFT ANTI JOIN"):
            found.columns = both.columns
            found.stars.append(alias)

    # -- expressions -------------------------------------------------------------------------------------

    def name(self, scope: _From, type_: str) -> str:
        """A column, qualified where it has to be (and sometimes where not)."""
        held = scope.typed(type_)
        once = [n for n in scope.shown_once if scope.joins == 1 and any(n == name for _, name in held)]
        if once and self.one_in(3):
            return self.chance.choice(once)
        if not held:
            return {"int": str(self.chance.randrange(5)), "string": "'a'"}.get(type_, "array(1, 2)")
        qualifier, name = self.chance.choice(held)
        alone = [n for _, n, _ in scope.columns].count(name) == 1
        return name if alone and self.one_in(2) else f"{qualifier}.{name}"

    def value(self, scope: _From, type_: str, depth: int) -> str:
        if type_ == "string":
            a = self.name(scope, "string")
            return self.chance.choice(
                [a, a, f"upper({a})", f"concat({a}, '-')", f"coalesce({a}, {self.name(scope, 'string')})"]
            )
        if type_ != "int":
            return self.name(scope, type_)
        a, b = self.name(scope, "int"), self.name(scope, "int")
        made = [a, a, f"{a} + {b}", f"{a} - 1", f"coalesce({a}, {b})", f"length({self.name(scope, 'string')})"]
        made += [f"CASE WHEN {self.condition(scope, 0)} THEN {a} ELSE {b} END", f"CASE {a} WHEN 1 THEN 7 ELSE {b} END"]
        made += [f"size({self.name(scope, 'array<int>')})", f"least({a}, 3)", f"IF({self.condition(scope, 0)}, {a}, 0)"]
        if depth and self.one_in(4):
            return self.scalar(scope)
        return self.chance.choice(made)

    def scalar(self, scope: _From) -> str:
        text, alias, columns = self.source(0)
        inner = _From(text, [(alias, n, t) for n, t in columns])
        link = f" WHERE {self.qualified(inner)} = {self.qualified(scope)}" if self.one_in(2) else ""
        what = self.chance.choice([f"max({self.qualified(inner)})", f"sum({self.qualified(inner)})", "count(*)"])
        return f"(SELECT {what} FROM {text}{link})"

    def qualified(self, scope: _From) -> str:
        held = scope.typed("int")
        return ".".join(self.chance.choice(held)) if held else "1"

    def condition(self, scope: _From, depth: int) -> str:
        a, b = self.name(scope, "int"), self.name(scope, "int")
        made = [f"{a} > {self.chance.randrange(3)}", f"{a} <> {b}", f"{a} IN (1, 2)", f"{a} IS NOT NULL", f"{a} <= {b}"]
        made += [f"{self.name(scope, 'string')} LIKE 'a%'", f"{a} BETWEEN 1 AND {b}", f"NOT {a} = 2"]
        if depth and self.one_in(2):
            text, alias, columns = self.source(0)
            inner = _From(text, [(alias, n, t) for n, t in columns])
            link = f"{self.qualified(inner)} = {self.qualified(scope)}"
            made = [f"EXISTS (SELECT 1 FROM {text} WHERE {link})", f"NOT EXISTS (SELECT 1 FROM {text} WHERE {link})"]
            made += [f"{a} IN (SELECT {self.qualified(inner)} FROM {text})", f"{a} > {self.scalar(scope)}"]
        return self.chance.choice(made)

    def aggregate(self, scope: _From) -> str:
        value = self.value(scope, "int", 0)
        made = [
            f"sum({value})",
            f"max({value})",
            f"min({value})",
            "count(*)",
            f"count({value})",
            f"count(DISTINCT {value})",
        ]
        made += [f"max({self.name(scope, 'string')})", f"sum({value}) FILTER (WHERE {self.condition(scope, 0)})"]
        return self.chance.choice(made)

    # -- SELECT ------------------------------------------------------------------------------------------

    def select(self, depth: int, outer: _From | None = None, types: list[str] | None = None) -> tuple[str, Columns]:
        scope = self.from_(depth)
        where = f" WHERE {self.condition(scope, depth)}" if self.one_in(3) else ""
        if types is not None:
            items = [(self.value(scope, t, 0), self.fresh("o"), t) for t in types]
            return f"SELECT {_listed(items)} FROM {scope.text}{where}", [(n, t) for _, n, t in items]
        shape = self.chance.choice(
            ["plain", "plain", "star", "group", "group", "distinct", "window", "explode", "chain"]
        )
        return getattr(self, f"_{shape}")(scope, where, depth)  # type: ignore[no-any-return]

    def items(self, scope: _From, count: int, depth: int) -> list[tuple[str, str, str]]:
        kinds = [self.chance.choice(["int", "int", "int", "string"]) for _ in range(count)]
        return [(self.value(scope, t, depth), self.fresh("o"), t) for t in kinds]

    def _plain(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        items = self.items(scope, self.chance.randrange(2, 5), depth)
        arrays = scope.typed("array<int>")
        if arrays and self.one_in(3):
            items.append((".".join(arrays[0]), self.fresh("o"), "array<int>"))
        return f"SELECT {_listed(items)} FROM {scope.text}{where}", [(n, t) for _, n, t in items]

    def _distinct(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        items = self.items(scope, 2, 0)
        return f"SELECT DISTINCT {_listed(items)} FROM {scope.text}{where}", [(n, t) for _, n, t in items]

    def _star(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        if scope.joins == 1 and scope.shown_once and not scope.generates and self.spark:
            return self._shared_star(scope, where, depth)
        if not scope.distinct_names or " USING " in scope.text or " SEMI " in scope.text or " ANTI " in scope.text:
            return self._one_star(scope, where, depth)
        names = [(n, t) for _, n, t in scope.columns]
        hidden = self.chance.choice(names)[0]
        if self.spark and len(names) > 1 and self.one_in(2):
            kept = [(n, t) for n, t in names if n != hidden]
            return f"SELECT * EXCEPT ({hidden}) FROM {scope.text}{where}", kept
        return f"SELECT * FROM {scope.text}{where}", names

    def _shared_star(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        """A star over USING: the shared columns once and first."""
        types = {n: t for _, n, t in scope.columns}
        rest = [(n, t) for _, n, t in scope.columns if n not in scope.shown_once]
        if len({n for n, _ in rest}) < len(rest):
            return self._one_star(scope, where, depth)
        return f"SELECT * FROM {scope.text}{where}", [*((n, types[n]) for n in scope.shown_once), *rest]

    def _one_star(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        alias = self.chance.choice(scope.stars)
        named = [(n, t) for q, n, t in scope.columns if q == alias]
        items = self.items(scope, 1, 0)
        if not self.spark and " USING " in scope.text:
            return self._plain(scope, where, depth)
        return f"SELECT {alias}.*, {_listed(items)} FROM {scope.text}{where}", [*named, *((n, t) for _, n, t in items)]

    def _group(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        keys = self.items(scope, self.chance.randrange(0, 3), 0)
        keys = [k for k in keys if not k[0].isdigit() and not k[0].startswith("'")]
        sums = [(self.aggregate(scope), self.fresh("o")) for _ in range(self.chance.randrange(1, 3))]
        made = [
            (text, name, "string" if text.startswith("max(") and self._text(scope, text) else "int")
            for text, name in sums
        ]
        spelled = self.chance.choice(["expression", "place", "alias", "ALL"] if self.spark else ["expression", "place"])
        by = {"expression": [k[0] for k in keys], "place": [str(i + 1) for i in range(len(keys))]}
        by |= {"alias": [k[1] for k in keys], "ALL": ["ALL"]}
        group = f" GROUP BY {', '.join(by[spelled])}" if keys else ""
        having = (
            f" HAVING sum({self.name(scope, 'int')}) > {self.chance.randrange(6)}" if keys and self.one_in(3) else ""
        )
        text = f"SELECT {_listed([*keys, *made])} FROM {scope.text}{where}{group}{having}"
        return text, [
            (n, "bigint" if t == "int" and i >= len(keys) else t) for i, (_, n, t) in enumerate([*keys, *made])
        ]

    def _text(self, scope: _From, text: str) -> bool:
        inside = text[4:-1]
        return any(inside in (n, f"{q}.{n}") and t == "string" for q, n, t in scope.columns) or inside.startswith("'")

    def _window(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        items = self.items(scope, 2, 0)
        a, b = self.name(scope, "int"), self.qualified(scope)
        over = f"OVER (PARTITION BY {a} ORDER BY {b})"
        what = self.chance.choice(
            [f"sum({self.name(scope, 'int')})", "rank()", "count(*)", f"max({self.name(scope, 'int')})"]
        )
        items.append((f"{what} {over}", self.fresh("o"), "bigint"))
        keep = f" QUALIFY rank() {over} = 1" if self.spark and self.one_in(3) else ""
        return f"SELECT {_listed(items)} FROM {scope.text}{where}{keep}", [(n, t) for _, n, t in items]

    def _explode(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        items = self.items(scope, 2, 0)
        items.append((f"explode({self.name(scope, 'array<int>')})", self.fresh("o"), "int"))
        return f"SELECT {_listed(items)} FROM {scope.text}{where}", [(n, t) for _, n, t in items]

    def _chain(self, scope: _From, where: str, depth: int) -> tuple[str, Columns]:
        """A lateral column alias: an output made of the one before it."""
        if not self.spark:
            return self._plain(scope, where, depth)
        items = self.items(scope, 2, 0)
        first = next((n for _, n, t in items if t == "int"), None)
        items.append((f"{first} + {self.name(scope, 'int')}" if first else "1", self.fresh("o"), "int"))
        return f"SELECT {_listed(items)} FROM {scope.text}{where}", [(n, t) for _, n, t in items]


def _listed(items: list[tuple[str, str, str]]) -> str:
    return ", ".join(f"{text} AS {name}" for text, name, _ in items)


def pipelines(seed: int, engine: str = "spark") -> list[tuple[str, str]]:
    """Three to five datasets as (name, query), each over the tables and those before it."""
    made = Queries(seed, engine)
    found: list[tuple[str, str]] = []
    for number in range(made.chance.randrange(3, 6)):
        text, columns = made.statement() if number == 0 else made.query(1)
        name = f"ds{number}"
        found.append((name, text))
        made.tables[name] = [(n, "int" if t == "bigint" else t) for n, t in columns]
    return found


def columns() -> Iterator[tuple[str, str]]:
    """Every (table, column)."""
    yield from ((table, name) for table, held in TABLES.items() for name, _ in held)
