"""Pipeline SQL of Databricks in the words of Apache Spark, where that means the same; the rest is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ldp_magic.lint.edits import removed
from ldp_magic.pipeline.build import queries_in
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.pipeline.names import filled, written
from ldp_magic.resources.wanted import Problem
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Clause, DatasetDef, Expectation, Name, Query
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Edit, Location

__all__ = ["Files", "Spoken", "spoken"]

# clauses that say how and when, not what
_LAYOUT = {"refresh policy": "REFRESH POLICY", "schedule": "SCHEDULE", "trigger on update": "TRIGGER ON UPDATE"}
# arguments of read_files that Spark's readers know by the same name, or that have no say where the columns are given
_OPTIONS = frozenset({
    "allowbackslashescapinganycharacter", "allowcomments", "allownonnumericnumbers", "allownumericleadingzeros",
    "allowsinglequotes", "allowunquotedfieldnames", "charset", "charttoescapequoteescaping",
    "columnnameofcorruptrecord", "comment", "dateformat", "delimiter", "emptyvalue", "encoding", "enforceschema",
    "escape", "header", "ignoreleadingwhitespace", "ignoretrailingwhitespace", "linesep", "locale",
    "maxcharspercolumn", "maxcolumns", "maxfilespertrigger", "mode", "modifiedafter", "modifiedbefore", "multiline",
    "nanvalue", "negativeinf", "nullvalue", "pathglobfilter", "positiveinf", "preferdecimal", "primitivesasstring",
    "quote", "recursivefilelookup", "rowtag", "sep", "timestampformat", "timestampntzformat", "timezone",
    "unescapedquotehandling", "wholetext",
})  # fmt: skip
_FORMATS = frozenset({"json", "csv", "parquet", "orc", "text", "avro", "xml", "binaryfile"})


@dataclass(frozen=True, slots=True)
class Files:
    """Files that a query reads, as a temporary view that Python makes."""

    view: str
    path: str
    format: str
    schema: str
    options: Mapping[str, str]
    streaming: bool


@dataclass(slots=True)
class Spoken:
    """The edits, the files that are read through views, and what Spark cannot hold."""

    edits: list[Edit] = field(default_factory=list)
    files: list[Files] = field(default_factory=list)
    left: list[Problem] = field(default_factory=list)


def spoken(pipeline: Pipeline) -> Spoken:
    """What has to change in the texts of a pipeline so that Apache Spark reads them, and means the same."""
    speech = _Speech(pipeline)
    for dataset in pipeline.datasets.values():
        if dataset.language == "sql":
            speech.dataset(dataset)
    for setting in pipeline.settings:
        if setting.kind in ("catalog", "schema"):
            speech.say(setting.location, f"{setting.words} {setting.value} may not be there", _PLACES, _MAKE)
    speech.tell_notes()
    return speech.found


_PLACES = "Spark alone has the catalog spark_catalog and the schema default"
_MAKE = "make it first, or take the statement away"


@dataclass(slots=True)
class _Speech:
    pipeline: Pipeline
    found: Spoken = field(default_factory=Spoken)
    notes: dict[tuple[str, str], dict[str, Location]] = field(default_factory=dict)  # what is the same for many

    def say(self, where: Location, what: str, why: str, fix: str, *, warning: bool = False) -> None:
        place = f"{where.source.name}:{where.first.line}"
        severity: Literal["error", "warning"] = "warning" if warning else "error"
        self.found.left.append(Problem(what=what, why=why, fix=fix, where=place, severity=severity))

    def note(self, what: str, why: str, name: str, where: Location) -> None:
        """Something that changes no rows; what is to be said of many datasets is said once."""
        self.notes.setdefault((what, why), {}).setdefault(name, where)

    def tell_notes(self) -> None:
        for (what, why), names in self.notes.items():
            first, *rest = names
            more = f" and {len(rest)} more" if len(rest) > 2 else f", {', '.join(rest)}" if rest else ""
            self.say(names[first], f"{what}: {first}{more}", why, "", warning=True)

    def dataset(self, dataset: Dataset) -> None:
        self.head(dataset.definition)
        self.clauses(dataset.definition)
        self.expectations(dataset)
        self.name(dataset.definition.name)
        queries = {id(query): query for query in queries_in(dataset.definition)}
        queries |= {id(query): query for flow in dataset.flows for query in queries_in(flow.definition)}
        for query in queries.values():
            self.query(dataset, query)

    # --- the statement -----------------------------------------------------------------------------------------------

    def head(self, statement: DatasetDef) -> None:
        words = tokens_of(statement.head.text)
        for word, start, end in zip(words.words, words.starts, words.ends, strict=True):
            if word == "PRIVATE":
                self.found.edits.append(removed(statement.head.inside(start, end)))
                why = "Spark has no private tables"
                self.note("a table that all can read", why, statement.name.last, statement.head)

    def clauses(self, statement: DatasetDef) -> None:
        for clause in statement.clauses:
            if clause.name == "cluster by" and (clause.value == ("AUTO",) or statement.kind == "materialized view"):
                # Spark 4.3 takes it for a materialized view, and fails when it writes the rows
                self.found.edits.append(removed(clause.location))
                self.layout(statement, clause, " ".join(clause.location.text.split()))
            elif clause.name in _LAYOUT:
                self.found.edits.append(removed(clause.location))
                self.layout(statement, clause, _LAYOUT[clause.name])
            elif clause.name == "row filter":
                self.found.edits.append(removed(clause.location))
                why, fix = "Spark has no row filters", "keep the table from those who may not see all rows"
                self.say(clause.location, f"all rows of {statement.name.last} can be read", why, fix)
        for column in statement.columns:
            for clause in column.clauses:
                if clause.name == "mask":
                    self.found.edits.append(removed(clause.location))
                    what, why = f"{statement.name}.{column.name} can be read", "Spark has no masks"
                    self.say(clause.location, what, why, "keep the table from those who may not see it")

    def layout(self, statement: DatasetDef, clause: Clause, words: str) -> None:
        why = "Spark does not have it there; the rows are the same"
        self.note(f"without {words}", why, statement.name.last, clause.location)

    def name(self, name: Name) -> None:
        """A name without the catalog and schema that are the pipeline's own."""
        parts = written(name.parts, self.pipeline.parameters)
        if self.own(parts):
            self.found.edits.append(Edit(name.location, _plain(parts[-1])))

    def own(self, parts: Sequence[str]) -> bool:
        place = [self.pipeline.catalog.lower(), self.pipeline.schema.lower()]
        said = [part.lower() for part in parts[:-1]]
        return bool(said) and said == place[-len(said) :]

    # --- expectations ------------------------------------------------------------------------------------------------

    def expectations(self, dataset: Dataset) -> None:
        """Those that drop rows become filters; the others are taken away, and told."""
        statement = dataset.definition
        if not statement.expectations or statement.columns_location is None:
            return
        drops = [each for each in statement.expectations if each.on_violation == "drop"]
        queries = list(self.filled_by(dataset))
        if drops and (not queries or any(flow.definition.cdc for flow in dataset.flows)):
            why = "Spark has no expectations, and rows of AUTO CDC are checked before they become others"
            self.say(drops[0].location, f"{dataset.name}: {_named(drops)} cannot drop rows", why, "filter the source")
            drops = []
        self.found.edits.append(_without(statement, statement.columns_location))
        for query in queries if drops else ():
            self.found.edits += list(_wrapped(query, drops))
        self.tell(dataset.name, statement.expectations, bool(drops))

    def filled_by(self, dataset: Dataset) -> Iterator[Query]:
        bodies = [flow.definition.body for flow in dataset.flows] or [dataset.body]
        return (body for body in bodies if isinstance(body, Query))

    def tell(self, name: str, expectations: Sequence[Expectation], filters: bool) -> None:
        where = expectations[0].location
        fails = [each for each in expectations if each.on_violation == "fail"]
        counts = [each for each in expectations if each.on_violation == "warn"]
        if fails:
            why, fix = "Spark has no expectations", "check the table after each run"
            self.say(where, f"{name}: {_named(fails)} stops no update", why, fix)
        if counts:
            why = "Spark has no expectations; the rows are the same"
            for each in counts:
                self.note("an expectation that counts nothing", why, f"{name}.{each.name}", where)
        if filters:
            why = "it is a filter there, and the rows are the same"
            for each in (one for one in expectations if one.on_violation == "drop"):
                self.note("dropped rows that nobody counts", why, f"{name}.{each.name}", where)

    # --- queries -----------------------------------------------------------------------------------------------------

    def query(self, dataset: Dataset, query: Query) -> None:
        if not query.exact:
            return
        for relation in query.facts.relations:
            if relation.function == "read_files":
                self.read_files(dataset, query, relation)
            elif relation.name:
                parts = written(relation.name, self.pipeline.parameters)
                if self.own(parts):
                    self.found.edits.append(Edit(query.locate(relation.span), _plain(parts[-1])))

    def read_files(self, dataset: Dataset, query: Query, relation: Relation) -> None:
        where = query.locate(relation.span)
        said = {name.lower(): filled(value, self.pipeline.parameters) for name, value in relation.arguments if name}
        format, schema = said.pop("format", "").lower(), said.pop("schema", "")
        path = filled(relation.path, self.pipeline.parameters)
        wrong = next(_unreadable(format, schema, path, said, query), None)
        if wrong is not None:
            what, why, fix = wrong
            self.say(where, f"{dataset.name}: {what}", why, fix)
            return
        view = self.view(f"{dataset.name.rpartition('.')[2]}_files")
        options = {name: value for name, value in _options(relation) if name.lower() in said}
        self.found.files.append(Files(view, path, format, schema, options, relation.streaming))
        self.found.edits.append(Edit(where, _plain(view)))

    def view(self, name: str) -> str:
        """A name that nothing else has."""
        taken = {
            *(each.rpartition(".")[2].lower() for each in self.pipeline.datasets),
            *(f.view for f in self.found.files),
        }
        number, found = 2, name.lower()
        while found in taken:
            number, found = number + 1, f"{name.lower()}_{number}"
        return found


def _unreadable(
    format: str, schema: str, path: str, said: Mapping[str, str], query: Query
) -> Iterator[tuple[str, str, str]]:
    """Why Spark cannot read these files as Databricks does."""
    if format not in _FORMATS:
        why = "Spark has to be told the format"
        yield f"read_files says {f'the format {format}' if format else 'no format'}", why, "write format => 'json'"
    if not schema:
        why = "a stream of Spark has to be told its columns, and Databricks adds _rescued_data to those that it infers"
        yield "read_files says no schema", why, "write schema => 'id BIGINT, name STRING'"
    if not path or "${" in path:
        yield "read_files reads a path that is not known here", "its view needs one", "write the path as a text"
    other = next((name for name in said if name not in _OPTIONS), None)
    if other is not None:
        yield f"read_files says {other}", "Spark's reader has nothing of that kind", "take it away, if it may go"
    if "_metadata" in query.text.lower():
        yield "the query reads _metadata", "a view of files has none", "select it in the Python source of the files"


def _options(relation: Relation) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in relation.arguments if name)


def _named(expectations: Sequence[Expectation]) -> str:
    return ", ".join(each.name for each in expectations)


def _plain(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else quoted(name)


def _without(statement: DatasetDef, parentheses: Location) -> Edit:
    """The parentheses with the columns alone, or none at all."""
    kept = sorted((*(c.location for c in statement.columns), *(c.location for c in statement.constraints)), key=_start)
    if not kept:
        return removed(parentheses)
    texts = [where.text for where in kept]
    return Edit(parentheses, "(\n  " + ",\n  ".join(texts) + "\n)" if len(texts) > 1 else f"({texts[0]})")


_start: Callable[[Location], int] = lambda where: where.start  # noqa: E731


def _wrapped(query: Query, drops: Sequence[Expectation]) -> Iterator[Edit]:
    """The query in a filter that keeps the rows of which all conditions are true."""
    start, end = query.location.start, query.location.end
    conditions = "\n  AND ".join(f"coalesce(({each.condition}), false)" for each in drops)
    yield Edit(query.location.source.at(start, start), "SELECT * FROM (\n")
    yield Edit(query.location.source.at(end, end), f"\n) WHERE {conditions}")
