"""Random pipelines whose graph is known before they are written down.

The plan (who reads whom, and what that makes of each dataset) is drawn first; the sources are then written from it,
with every name spelled in some way that must mean the same. Nothing here uses the code that is being tested.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

CATALOG, SCHEMA = "main", "gold"
SCHEMAS = ["gold", "silver", "bronze"]
PARAMETERS = {"gold": "gold", "silver": "silver", "bronze": "bronze", "cat": "main"}
KINDS = ["streaming", "streaming", "materialized", "materialized", "view", "stream view", "cdc", "flows", "persisted"]
_PYTHON = "from pyspark import pipelines as dp\n\n"
STREAMED = {"streaming", "stream view", "cdc", "flows"}


@dataclass(slots=True)
class Read:
    """One read as planned: a dataset by its number, or an external by its name, or a slip of a dataset's name."""

    dataset: int = -1
    external: str = ""
    slip_of: int = -1
    streaming: bool = False
    skips: bool = False


@dataclass(slots=True)
class Planned:
    """A dataset, and what the graph has to say about it."""

    number: int
    name: str
    schema: str
    kind: str
    python: bool
    reads: list[Read] = field(default_factory=list)
    aggregates: str = ""  # "", "marked" or "unmarked"
    streamness: str = ""

    @property
    def temporary(self) -> bool:
        return self.kind in ("view", "stream view")


class Plan:
    """The datasets in an order in which each reads only earlier ones, unless *cycles* are drawn too."""

    def __init__(self, seed: int, count: int = 0, cycles: bool = False) -> None:
        self.chance = random.Random(seed)
        self.datasets: list[Planned] = []
        for number in range(count or self.chance.randrange(3, 30)):
            self.datasets.append(self.planned(number))
        if cycles:
            self.turn_back()
        self.case = self.chance.random() < 0.5
        self.count = 0

    # -- the plan ----------------------------------------------------------------------------------------

    def planned(self, number: int) -> Planned:
        kind = self.chance.choice(KINDS)
        python = kind in ("streaming", "materialized", "view", "stream view") and self.chance.random() < 0.35
        schema = SCHEMA if python else self.chance.choice(SCHEMAS)
        made = Planned(number, self.word(number), schema, kind, python)
        for _ in range(self.chance.randrange(1, 4) if kind in ("flows", "materialized", "view", "persisted") else 1):
            made.reads.append(self.read(made, streaming=kind in STREAMED))
        if kind == "streaming" and self.chance.random() < 0.4:
            made.reads.append(self.read(made, streaming=False))
        if kind in ("streaming", "stream view") and not python and len(made.reads) == 1 and self.chance.random() < 0.3:
            made.aggregates = self.chance.choice(["marked", "unmarked"])
        made.streamness = self.rows_of(made)
        return made

    def word(self, number: int) -> str:
        """A name so unlike the others that no slip of one is near another."""
        letters = "".join(self.chance.choice("bcdfghjklmnpqrstvwxz") + self.chance.choice("aeiou") for _ in range(4))
        return f"{letters}_{'abcdefghij'[number % 10] * 3}{'klmnopqrst'[number // 10 % 10] * 3}"

    def read(self, reader: Planned, streaming: bool) -> Read:
        able = [d for d in self.datasets if self.readable(reader, d, streaming)]
        if not able or self.chance.random() < 0.25:
            return Read(external=f"ext.raw.{self.word(99)}", streaming=streaming)
        source = self.chance.choice(able)
        if self.chance.random() < 0.06 and not reader.python:
            return Read(slip_of=source.number, streaming=streaming)
        skips = streaming and source.streamness == "changing" and not reader.python and self.chance.random() < 0.5
        return Read(dataset=source.number, streaming=streaming, skips=skips)

    def readable(self, reader: Planned, source: Planned, streaming: bool) -> bool:
        """STREAM goes over tables and streaming views; a plain read over all but those views."""
        if streaming:
            return source.kind not in ("view", "persisted")
        return source.kind != "stream view" and not (reader.kind == "persisted" and source.temporary)

    def rows_of(self, made: Planned) -> str:
        """append, changing or snapshot, by the rules of the language."""
        if made.kind in ("materialized", "cdc"):
            return "changing"
        if made.kind in ("view", "persisted"):
            return "snapshot"
        if made.aggregates == "unmarked" or any(self.recomputes(r) for r in made.reads if r.streaming):
            return "changing"
        if made.kind == "stream view":
            return "changing" if any(self.changes(r) for r in made.reads) else "append"
        return "append"

    def recomputes(self, read: Read) -> bool:
        """Is a streaming view read that gives all its rows anew, itself or through another one?"""
        if read.dataset < 0:
            return False
        source = self.datasets[read.dataset]
        if source.kind != "stream view":
            return False
        return source.aggregates == "unmarked" or any(self.recomputes(r) for r in source.reads)

    def changes(self, read: Read) -> bool:
        return read.dataset >= 0 and not read.skips and self.datasets[read.dataset].streamness == "changing"

    def turn_back(self) -> None:
        """Let some materialized views read later ones."""
        able = [d for d in self.datasets if d.kind == "materialized"]
        for _ in range(self.chance.randrange(1, 4)):
            if able:
                self.chance.choice(able).reads.append(Read(dataset=self.chance.choice(able).number))

    # -- its sources -------------------------------------------------------------------------------------

    def sources(self) -> list[tuple[str, str]]:
        """(language, text) of each source; the statements stand in any order and in any file."""
        some = self.datasets[:]
        self.chance.shuffle(some)
        loose: list[Planned] = []
        found: list[tuple[str, str]] = []
        while some:
            size = self.chance.randrange(1, 6)
            here, some = some[:size], some[size:]
            found.append(("python", _PYTHON + "\n\n".join(self.function(d) for d in here if d.python)))
            found.append(("sql", self.file([d for d in here if not d.python], loose)))
        if loose:
            found.append(("sql", self.file([], loose)))
        return [source for source in found if source[1].strip()]

    def file(self, datasets: list[Planned], loose: list[Planned]) -> str:
        """One SQL file; flows of tables may wait for a later one."""
        scope = self.chance.choice([SCHEMA, *SCHEMAS])
        use = [f"USE SCHEMA {self.chance.choice([scope, '${' + scope + '}', f'`{scope}`'])}"] if scope != SCHEMA else []
        statements = [self.flow(d, read, scope) for d in loose for read in d.reads]
        loose.clear()
        for made in datasets:
            statements.append(self.statement(made, scope))
            if made.kind in ("cdc", "flows"):
                if self.chance.random() < 0.5:
                    loose.append(made)
                else:
                    statements += [self.flow(made, read, scope) for read in made.reads]
        self.chance.shuffle(statements)
        return ";\n".join(use + statements)

    def statement(self, made: Planned, scope: str) -> str:
        name = self.spelled(made, scope, defining=True)
        if made.kind in ("cdc", "flows"):
            return f"CREATE OR REFRESH STREAMING TABLE {name}"
        words = {"streaming": "STREAMING TABLE", "materialized": "MATERIALIZED VIEW", "persisted": "VIEW"}
        return f"CREATE {words.get(made.kind, 'TEMPORARY VIEW')} {name} AS {self.query(made, scope)}"

    def flow(self, made: Planned, read: Read, scope: str) -> str:
        self.count += 1
        target, source = self.spelled(made, scope), self.source(read, scope)
        if made.kind == "flows":
            return f"CREATE FLOW f{self.count} AS INSERT INTO {target} BY NAME SELECT * FROM {source}"
        body = f"INTO {target} FROM {source} KEYS (k) SEQUENCE BY s"
        return self.chance.choice([f"CREATE FLOW f{self.count} AS AUTO CDC {body}", f"APPLY CHANGES {body}"])

    def query(self, made: Planned, scope: str) -> str:
        first, *others = [self.source(read, scope) for read in made.reads]
        if made.aggregates == "marked":
            return f"SELECT ts, count(*) AS n FROM {first} WATERMARK ts DELAY OF INTERVAL 1 HOUR GROUP BY {self.key()}"
        if made.aggregates:
            return f"SELECT k, count(*) AS n FROM {first} GROUP BY k"
        text, where, ctes = f"SELECT * FROM {first}", "", []
        for number, other in enumerate(others):
            shape = self.chance.choice(["join", "cte", "in", "nested"])
            if shape == "join":
                text += f" JOIN {other} USING (id)"
            elif shape == "nested":
                text += f" LEFT JOIN (SELECT id FROM {other}) AS n{number} USING (id)"
            elif shape == "cte":
                ctes.append(f"c{number} AS (SELECT * FROM {other})")
                text += f" JOIN c{number} USING (id)"
            else:
                where += f"{' AND' if where else ' WHERE'} id IN (SELECT id FROM {other})"
        return f"{'WITH ' + ', '.join(ctes) + ' ' if ctes else ''}{text}{where}"

    def key(self) -> str:
        return self.chance.choice(["ts", "1", "ALL", "TS"])

    def source(self, read: Read, scope: str) -> str:
        name = self.named(read, scope)
        if not read.streaming:
            return name
        text = self.chance.choice([f"STREAM({name})", f"STREAM {name}", f"stream( {name} )"])
        return f"{text} WITH (skipChangeCommits = true)" if read.skips else text

    def named(self, read: Read, scope: str) -> str:
        if read.external:
            return read.external
        if read.slip_of >= 0:
            name = self.datasets[read.slip_of].name
            place = self.chance.randrange(1, 7)
            return name[:place] + name[place + 1 :]
        return self.spelled(self.datasets[read.dataset], scope)

    def spelled(self, made: Planned, scope: str, *, defining: bool = False, sql: bool = True) -> str:
        """The name in some way that means this dataset where *scope* is the current schema."""
        name = made.name.upper() if self.case and self.chance.random() < 0.3 and not defining else made.name
        quoted = f"`{name}`" if sql else name
        short = [name, quoted] + ([] if defining else [f"LIVE.{name}"])
        if made.temporary:
            return self.chance.choice(short)
        full = [f"{made.schema}.{name}", f"{CATALOG}.{made.schema}.{quoted}"]
        if sql:
            full += [
                f"${{{made.schema}}}.{name}",
                f"${{cat}}.{made.schema}.{name}",
                f"`{CATALOG}`.`{made.schema}`.`{name}`",
            ]
        return self.chance.choice(full + (short * 2 if made.schema == scope else []))

    def function(self, made: Planned) -> str:
        decorator = {"streaming": "table", "materialized": "materialized_view"}.get(made.kind, "temporary_view")
        frames = [f'spark.{"readStream" if r.streaming else "read"}.table("{self.python_name(r)}")' for r in made.reads]
        joined = frames[0] + "".join(f'.join({frame}, "id")' for frame in frames[1:])
        name = self.spelled(made, SCHEMA, defining=True, sql=False)
        return f'@dp.{decorator}(name="{name}")\ndef f{made.number}():\n    return {joined}'

    def python_name(self, read: Read) -> str:
        return read.external or self.spelled(self.datasets[read.dataset], SCHEMA, sql=False)

    # -- what the graph has to say -----------------------------------------------------------------------

    def expected_reads(self, made: Planned) -> list[tuple[str, str, bool]]:
        """(name or what was meant, kind, streaming), sorted."""
        found = []
        for read in made.reads:
            if read.slip_of >= 0:
                found.append((self.datasets[read.slip_of].name, "missing", read.streaming))
            elif read.external:
                found.append((read.external, "external", read.streaming))
            else:
                found.append((self.datasets[read.dataset].name, "dataset", read.streaming))
        return sorted(found)

    def edges(self) -> dict[str, set[str]]:
        """Which datasets each reads."""
        return {d.name: {self.datasets[r.dataset].name for r in d.reads if r.dataset >= 0} for d in self.datasets}
