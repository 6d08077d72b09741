"""A dataset in two: the rows that keep its expectations, and a second dataset for those that do not.

A condition that is unknown, as NULL makes it, counts as broken, so every row is in exactly one of the two.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ldp_magic.errors import LdpError
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.sql.facts import Facts, Select
from ldp_magic.sql.functions import CLOCK, NONDETERMINISTIC
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Column, Expectation, Query
from ldp_magic.sql.query import expression_facts
from ldp_magic.sql.writing import quoted

Case: TypeAlias = Callable[[str], str]  # of keywords
SUFFIX = "_quarantine"
WIDE = 100  # characters of a line of Python
_BARE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_BY_HAND = "write it by hand: the same query, and WHERE NOT coalesce(condition, false)"


@dataclass(frozen=True, slots=True)
class Pair:
    """The statement for rows that are valid, as its author wrote it, and the one for the others."""

    dataset: str
    name: str  # of the second
    valid: str
    broken: str
    language: str
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Both, as they stand in a file."""
        sign = "--" if self.language == "sql" else "#"
        notes = "".join(f"{sign} {note}\n" for note in self.notes)
        between = "\n\n" if self.language == "sql" else "\n\n\n"
        return f"{notes}{self.valid}{between}{self.broken}\n"


def pair(pipeline: Pipeline, dataset: Dataset) -> Pair:
    """The two statements for a dataset whose expectations drop rows."""
    drops = [each for each in dataset.expectations if each.on_violation == "drop"]
    _check(pipeline, dataset, drops)
    if dataset.language == "python":
        return _python(dataset, drops)
    return _sql(dataset, drops)


def _check(pipeline: Pipeline, dataset: Dataset, drops: Sequence[Expectation]) -> None:
    name = dataset.name
    if not drops:
        raise LdpError(
            f"no expectation of {name} drops rows",
            why="a row that is kept needs no other place",
            fix="say ON VIOLATION DROP ROW where rows are to be left out, then ask again",
        )
    if dataset.body is None or any(not flow.definition.implicit for flow in dataset.flows):
        raise LdpError(
            f"{name} is not filled by one query of its own",
            why="the rows that break its expectations come from its flows",
            fix="check them in a streaming table in front of it, and let the flows read that",
        )
    if name.lower() + SUFFIX in {each.lower() for each in pipeline.datasets}:
        raise LdpError(
            f"{name}{SUFFIX} is there already", why="its name would be given twice", fix="rename it, or use it as it is"
        )


def _sql(dataset: Dataset, drops: Sequence[Expectation]) -> Pair:
    query = dataset.body
    assert isinstance(query, Query)
    _check_rows(dataset, [query.facts], drops)
    definition, text = dataset.definition, dataset.location.text
    say: Case = str.lower if definition.head.text.split(None, 1)[0].islower() else str.upper
    line = "\r\n" if "\r\n" in text else "\n"
    step = _step(text)
    name = (*definition.name.parts[:-1], definition.name.last + SUFFIX)
    called = ".".join(part if _BARE.fullmatch(part) else quoted(part) for part in name)
    last = dataset.qualified[-1]
    alias = last if _BARE.fullmatch(last) else quoted(last)
    comment = f"rows that {dataset.name} leaves out".replace("'", "")
    lines = [
        f"{say(_head(dataset))} {called}",
        f"{say('comment')} '{comment}'",
        f"{say('as select')} *",
        f"{say('from')} (",
        *_rows(dataset, query, say, step),
        f") {say('as')} {alias}",
    ]
    for n, each in enumerate(drops):
        word = f"{say('where')} " if not n else f"{step}{say('or')} "
        lines.append(f"{word}{say('not')} {say('coalesce')}({_plain(each.condition)}, {say('false')})")
    broken = line.join(lines) + ";"
    notes = tuple(_notes([query.facts], drops))
    return Pair(dataset.name, ".".join(name), text.rstrip().rstrip(";") + ";", broken, "sql", notes)


def _head(dataset: Dataset) -> str:
    """`create or refresh streaming table`, as much of it as the author's own statement says."""
    words = dataset.definition.words
    kind = "streaming table" if _streams(dataset) else "materialized view"
    refresh = " or refresh" if "REFRESH" in words or dataset.kind == "temporary view" else ""
    return f"create{refresh}{' private' if dataset.definition.private else ''} {kind}"


def _streams(dataset: Dataset) -> bool:
    if dataset.kind in ("streaming table", "materialized view"):
        return dataset.kind == "streaming table"
    return any(read.streaming for read in dataset.reads)


def _rows(dataset: Dataset, query: Query, say: Case, step: str) -> list[str]:
    """The query between its brackets, with the types that the statement declares."""
    items = _casts(dataset, query, say)
    inside = _indented(query.text.strip(), step)
    if not items:
        return inside
    selected = [f"{step * 2}{item}{',' if n < len(items) - 1 else ''}" for n, item in enumerate(items)]
    inner = _indented("\n".join(inside), step)
    return [f"{step}{say('select')}", *selected, f"{step}{say('from')} (", *inner, f"{step})"]


def _casts(dataset: Dataset, query: Query, say: Case) -> list[str]:
    """The columns as the statement declares them, which is what its conditions speak of; none if it declares none."""
    columns = [each for each in dataset.definition.columns if each.type or _generated(each)]
    if not columns:
        return []
    root = query.facts.root
    while root is not None and not isinstance(root, Select):
        root = root.left
    outputs = {each.name.lower(): each.name for each in root.outputs} if root is not None else {}
    known = all(each.name.lower() in outputs for each in dataset.definition.columns)
    if not known or "" in outputs or any(_generated(each) for each in columns):
        raise LdpError(
            f"{dataset.name} declares its columns, and the text does not show how its query fills them",
            why="its conditions speak of the declared columns, which the query itself does not have",
            fix="give the query's columns these names, with CAST where a type is to change",
        )
    types = {each.name.lower(): (each.name, each.type) for each in dataset.definition.columns}
    order = [*types, *(name for name in outputs if name not in types)]
    return [_cast(types.get(name, (outputs[name], "")), outputs[name], say) for name in order]


def _cast(declared: tuple[str, str], source: str, say: Case) -> str:
    name, type_ = (_name(declared[0]), declared[1])
    return f"{say('cast')}({_name(source)} {say('as')} {type_}) {say('as')} {name}" if type_ else _name(source)


def _generated(column: Column) -> bool:
    return any(clause.name == "generated" for clause in column.clauses)


def _name(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _indented(text: str, step: str) -> list[str]:
    """The lines of a query, further in; those of a text that spans lines stay what they are."""
    tokens = tokens_of(text)
    inside = set[int]()
    for n, type_ in enumerate(tokens.types):
        if type_ == "string":
            first, last = text.count("\n", 0, tokens.starts[n]), text.count("\n", 0, tokens.ends[n])
            inside.update(range(first + 1, last + 1))
    lines = text.replace("\r\n", "\n").split("\n")
    return [line if n in inside or not line.strip() else step + line for n, line in enumerate(lines)]


def _step(text: str) -> str:
    """By how much the author indents."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found and len(found[1].expandtabs()) <= 4 else "  "


# --- Python ------------------------------------------------------------------------------------------------------


def _python(dataset: Dataset, drops: Sequence[Expectation]) -> Pair:
    facts = [query.facts for query in getattr(dataset.body, "queries", ())]
    _check_rows(dataset, facts, drops)
    if any(each.type for each in dataset.definition.columns):
        raise LdpError(
            f"{dataset.name} declares a schema",
            why="its conditions speak of the declared types, which the function's rows may not have",
            fix="cast the columns in the function and take the schema away",
        )
    text = dataset.location.text
    function = _function(dataset, text)
    before, returned = _body(dataset, text, function)
    name, module = dataset.definition.name.last + SUFFIX, _module(function)
    kind = "table" if _streams(dataset) or module == "dlt" else "materialized_view"
    comment = json.dumps(f"rows that {dataset.name} leaves out", ensure_ascii=False)
    full = ".".join((*dataset.definition.name.parts[:-1], name))
    called = "" if full == _identifier(name) else f"name={json.dumps(full)}, "
    lines = [f"@{module}.{kind}({called}comment={comment})", f"def {_identifier(name)}():", *before]
    lines += _return(returned, drops, _alias(dataset, drops))
    notes = tuple(_notes(facts, drops))
    return Pair(dataset.name, full, text.rstrip(), "\n".join(lines), "python", notes)


def _function(dataset: Dataset, text: str) -> ast.FunctionDef:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        tree = ast.Module([], [])
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.FunctionDef) and not tree.body[0].args.args:
        return tree.body[0]
    raise LdpError(
        f"{dataset.name} is not made by a function of its own",
        why="it stands in a loop or another function, so there is no text to copy",
        fix=_BY_HAND,
    )


def _body(dataset: Dataset, text: str, function: ast.FunctionDef) -> tuple[list[str], str]:
    """The lines before the one return of a function, and what it returns."""
    returns = list(_returns(function.body))
    last = function.body[-1]
    if len(returns) != 1 or last is not returns[0] or returns[0].value is None:
        raise LdpError(
            f"the function of {dataset.name} does not end in its only return",
            why="the rows that it returns are to be filtered, and it returns them in several places",
            fix="let it end in one return, then ask again",
        )
    lines = text.splitlines()
    first = function.body[0]
    doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    begin = first.end_lineno if doc and first.end_lineno else first.lineno - 1
    value = ast.get_source_segment(text, returns[0].value) or ""
    return lines[begin : last.lineno - 1] if last is not first else [], value


def _returns(body: Sequence[ast.stmt]) -> Iterator[ast.Return]:
    """The returns of a function, not those of functions in it."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return):
            yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            stack += ast.iter_child_nodes(node)


def _module(function: ast.FunctionDef) -> str:
    """What the author calls the module of the decorators."""
    for each in function.decorator_list:
        named = each.func if isinstance(each, ast.Call) else each
        if isinstance(named, ast.Attribute) and named.attr in ("table", "materialized_view", "temporary_view", "view"):
            return ast.unparse(named.value)
    return "dp"


def _return(value: str, drops: Sequence[Expectation], alias: str) -> list[str]:
    conditions = [f"NOT coalesce({_plain(each.condition)}, false)" for each in drops]
    texts = [json.dumps(f"{' OR ' if n else ''}{each}", ensure_ascii=False) for n, each in enumerate(conditions)]
    chained = isinstance(ast.parse(f"({value})", mode="eval").body, (ast.Call, ast.Name, ast.Attribute, ast.Subscript))
    if chained and not _stands_alone(value):
        steps = [alias] if alias else []
        steps += [".where(", *(f"    {each}" for each in texts), ")"] if texts[1:] else [f".where({texts[0]})"]
        return ["    return (", f"        {value}", *(f"        {step}" for step in steps), "    )"]
    rows = value if chained else f"({value})"
    short = f"    return {rows}{alias}.where({texts[0]})"
    if len(texts) == 1 and len(short.splitlines()[-1]) <= WIDE:
        return [short]
    return [f"    return {rows}{alias}.where(", *(f"        {each}" for each in texts), "    )"]


def _stands_alone(value: str) -> bool:
    """Does it need no brackets around it to go over several lines?"""
    try:
        ast.parse(f"rows = {value}")
    except SyntaxError:
        return False
    return True


def _alias(dataset: Dataset, drops: Sequence[Expectation]) -> str:
    """The dataset's own name for its rows, if a condition says it."""
    last = dataset.qualified[-1]
    roots = [expression_facts(each.condition).root for each in drops]
    refs = [ref for root in roots if isinstance(root, Select) for ref in root.columns]
    return f".alias({json.dumps(last)})" if any(ref.parts[0].lower() == last.lower() for ref in refs) else ""


def _identifier(name: str) -> str:
    return name if name.isidentifier() else re.sub(r"\W", "_", f"rows_{name}")


# --- what makes two readings of one query differ ---------------------------------------------------------------------


def _check_rows(dataset: Dataset, facts: Sequence[Facts], drops: Sequence[Expectation]) -> None:
    """Both statements run the query, so it has to give the same rows twice."""
    reason = next(_different([*facts, *(expression_facts(each.condition) for each in drops)]), "")
    if reason:
        raise LdpError(
            f"the rows of {dataset.name} cannot be told apart by two statements",
            why=f"{reason}, so a row could be in both or in neither",
            fix="store the rows in a table first, and check them in two that read it",
        )


def _different(facts: Sequence[Facts]) -> Iterator[str]:
    for each in facts:
        for select in each.selects:
            yield from (f"{call.name} gives something else each time" for call in select.calls if _is_random(call.name))
            yield from ("LIMIT picks some rows anew each time" for clause in select.clauses if clause == "limit")


def _is_random(name: str) -> bool:
    return name in NONDETERMINISTIC and name != "input_file_name"


def _notes(facts: Sequence[Facts], drops: Sequence[Expectation]) -> Iterator[str]:
    every = [*facts, *(expression_facts(each.condition) for each in drops)]
    clocks = {call.name for each in every for select in each.selects for call in select.calls if call.name in CLOCK}
    for name in sorted(clocks):
        yield f"{name} is asked twice: a row at the very edge can be in both tables, or in neither"


def _plain(condition: str) -> str:
    """A condition without comments, which could swallow what follows."""
    tokens = tokens_of(condition)
    for comment in reversed(tokens.comments):
        condition = condition[: comment.start] + " " + condition[comment.end :]
    lines = [line.strip() for line in condition.strip().splitlines() if line.strip()]
    return " ".join(lines) if not any(mark in condition for mark in "'\"`") else condition.strip()
