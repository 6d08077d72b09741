"""Random pipelines that are right: every source that has to stream does, and nothing else."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

_MARK = re.compile(r"⟦(?P<function>\w+\()?(?P<rest>[^⟧]*)⟧")
_DELAY = "DELAY OF INTERVAL 1 HOUR"


def right(text: str) -> str:
    """The text as its author would have written it."""
    return _MARK.sub(lambda m: f"STREAM {m['function']}{m['rest']}" if m["function"] else f"STREAM({m['rest']})", text)


def stripped(text: str) -> str:
    """The same without a single STREAM."""
    return _MARK.sub(lambda m: (m["function"] or "") + m["rest"], text)


def wrapped(text: str, bare: str) -> frozenset[int]:
    """Where in *bare* a STREAM was put to make *text* of it."""
    found, at, place = set(), 0, 0
    while place < len(bare):
        word = next((w for w in ("STREAM(", "STREAM ") if text.startswith(w, at)), "")
        if word and not bare.startswith(word, place):
            found.add(place)
            at += len(word)
        elif text[at] == bare[place]:
            at, place = at + 1, place + 1
        else:
            assert text[at] == ")", f"more than STREAM was changed near {text[at : at + 40]!r}"
            at += 1
    return frozenset(found)


@dataclass
class Making:
    """A pipeline being made up."""

    random: random.Random
    streams: list[str] = field(default_factory=list)  # append-only datasets so far
    views: list[str] = field(default_factory=list)  # temporary views that stream
    dimensions: list[str] = field(default_factory=list)  # datasets that are only looked up
    statements: list[str] = field(default_factory=list)

    def name(self, kind: str) -> str:
        return f"{kind}_{len(self.statements)}"

    def one(self, *choices: str) -> str:
        return self.random.choice(choices)

    def external(self) -> str:
        return self.one(
            "main.crm.people", "main.raw.rates", "shop.items", "hive_metastore.old.codes", "main.geo.`city list`"
        )

    def dimension(self) -> str:
        """Something that is looked up: a materialized view, a CDC target, a batch view, a table elsewhere, a query."""
        known = (
            self.random.choice(self.dimensions) if self.dimensions and self.random.random() < 0.6 else self.external()
        )
        if self.random.random() < 0.2:
            return f"(SELECT id, max(v) AS v FROM {known} GROUP BY id)"
        return known

    def stream(self) -> str:
        """Something that streams, as the operand of FROM."""
        pick = self.random.random()
        if pick < 0.25 and self.views:
            return f"⟦{self.random.choice(self.views)}⟧"
        if pick < 0.85 and self.streams:
            return f"⟦{self.random.choice(self.streams)}⟧"
        return self.files()

    def files(self) -> str:
        path = f"/in/{self.random.randrange(90)}"
        return self.one(
            f"⟦read_files('{path}', format => 'json', schemaHints => 'id INT')⟧",
            f"⟦read_kafka(bootstrapServers => 'b:1', subscribe => 't{len(self.statements)}')⟧",
        )

    def nested(self) -> str:
        """A stream, plain or inside a query."""
        pick = self.random.random()
        if pick < 0.15:
            return f"(SELECT * FROM {self.stream()} WHERE id > 0)"
        if pick < 0.2:
            return f"(SELECT id, v, at FROM {self.stream()} UNION ALL SELECT id, v, at FROM {self.stream()})"
        return self.stream()

    def query(self) -> str:
        plain = [self.simple, self.simple, self.joined, self.joined, self.joined, self.turned, self.union]
        nested = [self.cte, self.cte, self.subquery, self.watermarked, self.two_streams, self.three, self.comma]
        return self.random.choice(plain + nested)()

    def simple(self) -> str:
        return self.one(
            "SELECT * FROM {}", "SELECT id, v, at FROM {} WHERE v > 1 -- from here\n", "SELECT x.id FROM {} AS x"
        ).format(self.nested())

    def joined(self) -> str:
        kind = self.one("JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN")
        return f"SELECT s.id FROM {self.nested()} AS s {kind} {self.dimension()} AS d ON s.id = d.id"

    def turned(self) -> str:
        kind = self.one("JOIN", "RIGHT JOIN", "RIGHT OUTER JOIN")
        inner = self.one(*(self.streams or ["x"])) if self.streams else ""
        stream = f"⟦{inner}⟧" if inner else self.files()
        return f"SELECT s.id FROM {self.dimension()} d\n{kind} {stream} s ON s.id = d.id"

    def comma(self) -> str:
        return f"SELECT s.id FROM {self.stream()} s, {self.dimension()} d WHERE s.id = d.id"

    def three(self) -> str:
        return (
            f"SELECT s.id, e.v FROM {self.stream()} s LEFT JOIN {self.dimension()} d ON s.id = d.id "
            f"{self.one('JOIN', 'LEFT JOIN')} {self.dimension()} e ON e.id = d.id"
        )

    def union(self) -> str:
        return " UNION ALL\n".join(f"SELECT id, v, at FROM {self.stream()}" for _ in range(self.random.randrange(2, 4)))

    def cte(self) -> str:
        if self.random.random() < 0.5:
            return f"WITH x AS (SELECT * FROM {self.stream()}), y AS (SELECT id FROM x) SELECT * FROM y"
        return (
            f"WITH d AS (SELECT * FROM {self.dimension()}), s AS (SELECT * FROM {self.stream()})\n"
            f"SELECT s.id FROM {self.one('s JOIN d', 'd JOIN s', 's LEFT JOIN d', 'd RIGHT JOIN s')} ON s.id = d.id"
        )

    def subquery(self) -> str:
        known = self.random.choice(self.dimensions) if self.dimensions else self.external()
        test = self.one(
            "id IN (SELECT id FROM {})", "EXISTS (SELECT 1 FROM {} d WHERE d.id = s.id)", "v > (SELECT max(v) FROM {})"
        )
        return f"SELECT * FROM {self.stream()} s WHERE {test.format(known)}"

    def watermarked(self) -> str:
        return (
            f"SELECT window(at, '1 day') AS w, count(*) AS n FROM {self.stream()} WATERMARK at {_DELAY}\n"
            "GROUP BY window(at, '1 day')"
        )

    def two_streams(self) -> str:
        kind = self.one("JOIN", "LEFT JOIN", "FULL JOIN")
        return (
            f"SELECT a.id FROM {self.stream()} WATERMARK at {_DELAY} AS a\n"
            f"{kind} {self.stream()} WATERMARK at {_DELAY} AS b\n"
            "ON a.id = b.id AND a.at = b.at"
        )

    # -- statements --------------------------------------------------------------------------------------

    def add(self) -> None:
        self.random.choice(
            [self.table] * 6 + [self.view, self.view, self.flows, self.materialized, self.changes, self.batch_view]
        )()

    def bronze(self) -> None:
        name = self.name("bronze")
        source = self.one(self.files(), self.files(), f"⟦main.raw.t{len(self.statements)}⟧")
        self.statements.append(f"CREATE OR REFRESH STREAMING TABLE {name} AS SELECT * FROM {source};")
        self.streams.append(name)

    def table(self) -> None:
        name = self.name("silver")
        self.statements.append(f"CREATE OR REFRESH STREAMING TABLE {name} AS\n{self.query()};")
        self.streams.append(name)

    def view(self) -> None:
        """A view that streams, and the table that reads it: a view without a reader tells nothing."""
        name = self.name("view")
        self.statements.append(f"CREATE TEMPORARY VIEW {name} AS {self.one(self.simple(), self.joined(), self.cte())};")
        table = self.name("of_view")
        self.statements.append(f"CREATE OR REFRESH STREAMING TABLE {table} AS SELECT * FROM ⟦{name}⟧;")
        self.views.append(name)
        self.streams.append(table)

    def flows(self) -> None:
        name = self.name("inbox")
        self.statements.append(f"CREATE OR REFRESH STREAMING TABLE {name};")
        for number in range(self.random.randrange(1, 3)):
            query = f"SELECT id, v, at FROM {self.stream()}"
            self.statements.append(f"CREATE FLOW {name}_{number} AS INSERT INTO {name} BY NAME {query};")
        if self.random.random() < 0.4:
            once = f"CREATE FLOW {name}_old AS INSERT ONCE INTO {name} BY NAME SELECT id, v, at FROM {self.external()};"
            self.statements.append(once)
        self.streams.append(name)

    def materialized(self) -> None:
        name = self.name("gold")
        source = self.random.choice(self.streams or [self.external()])
        self.statements.append(
            f"CREATE OR REFRESH MATERIALIZED VIEW {name} AS SELECT id, sum(v) AS v FROM {source} GROUP BY id;"
        )
        self.dimensions.append(name)

    def changes(self) -> None:
        name = self.name("current")
        self.statements.append(f"CREATE OR REFRESH STREAMING TABLE {name};")
        self.statements.append(
            f"CREATE FLOW {name}_changes AS AUTO CDC INTO {name} FROM STREAM(main.cdc.{name}) KEYS (id) SEQUENCE BY at"
            " STORED AS SCD TYPE 1;"
        )
        self.dimensions.append(name)

    def batch_view(self) -> None:
        """A view that is looked up, over an aggregate of a stream's table too, and a table that joins it."""
        name = self.name("lookup")
        inner = self.random.choice(self.streams or [self.external()])
        query = self.one(f"SELECT id, max(v) AS v FROM {inner} GROUP BY id", f"SELECT * FROM {self.external()}")
        self.statements.append(f"CREATE TEMPORARY VIEW {name} AS {query};")
        self.dimensions.append(name)
        self.statements.append(
            f"CREATE OR REFRESH STREAMING TABLE {self.name('with')} AS\n"
            f"SELECT s.id FROM {self.stream()} s LEFT JOIN {name} l ON l.id = s.id;"
        )


def pipeline(seed: int) -> list[str]:
    """The marked texts of a pipeline's files."""
    making = Making(random.Random(seed))
    for _ in range(making.random.randrange(1, 4)):
        making.bronze()
    for _ in range(making.random.randrange(3, 9)):
        making.add()
    statements = making.statements
    if making.random.random() < 0.5:
        making.random.shuffle(statements)
    files: list[list[str]] = [[] for _ in range(making.random.randrange(1, 4))]
    for statement in statements:
        making.random.choice(files).append(statement)
    ending = making.one("\n\n", "\r\n", "\n-- next\n")
    return [ending.join(file) for file in files]
