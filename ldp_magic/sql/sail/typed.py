"""The types of expressions, from what the sources of their query are known to hold; unknown is the empty string."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ldp_magic.sql.coercion import bounded, common, decimal_of, is_number, operated
from ldp_magic.sql.functions import names
from ldp_magic.sql.results import array, element, key_of, map_of, result, rounded
from ldp_magic.sql.sail.answer import Columns
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.intervals import interval_text
from ldp_magic.sql.sail.queries import Queries, Query, Select, Source
from ldp_magic.sql.types import ddl_columns, field_of, type_name

Bound = Mapping[str, str]  # the parameters of lambdas and their types
NOTHING: Bound = {}
_SUFFIXES = {"L": "bigint", "S": "smallint", "Y": "tinyint", "D": "double", "F": "float"}
_TYPED = {"timestamp_ltz": "timestamp", "x": "binary", "true": "boolean", "false": "boolean", "null": "void"}
CAST_FUNCTIONS = names("string int bigint double float boolean date timestamp binary smallint tinyint decimal")
_COMPARED = frozenset(["=", "==", "<=>", "<>", "!=", "<", "<=", ">", ">=", "!<", "!>", "and", "or"])
_LAST_TRIES = 40  # queries in queries


class Types:
    """The types of the expressions of one text."""

    def __init__(self, queries: Queries, columns: Columns) -> None:
        self.queries, self.tokens, self.columns = queries, queries.tokens, columns
        self.known: dict[Node, str] = {}
        self.held: dict[Query, list[tuple[str, str]] | None] = {}
        self.depth = 0

    # -- columns -----------------------------------------------------------------------------------------

    def of_source(self, source: Source, query: Query) -> Sequence[tuple[str, str]] | None:
        """The columns of a source, or None where nobody knows."""
        found: Sequence[tuple[str, str]] | None = None
        if source.query is not None:
            found = self.of_query(source.query)
        elif source.rows:
            found = self.of_rows(source.rows, query)
        elif source.name:
            cte = self.cte(source.name[0].lower(), query) if len(source.name) == 1 else None
            found = self.of_query(cte) if cte is not None else self.columns(source.name)
        if found is not None and source.columns:
            return [(name, type_) for name, (_, type_) in zip(source.columns, found, strict=False)]
        return found

    def cte(self, name: str, query: Query | None) -> Query | None:
        while query is not None:
            if name in query.ctes:
                return query.ctes[name]
            query = query.parent
        return None

    def of_rows(self, rows: tuple[Node, ...], query: Query) -> list[tuple[str, str]]:
        select = query.selects[0]
        table = [row.parts if row.kind == "tuple" else (row,) for row in rows]
        types = [[self.of(cell, select) for cell in row] for row in table]
        return [(f"col{n + 1}", common(column)) for n, column in enumerate(zip(*types, strict=False))]

    def of_query(self, query: Query) -> list[tuple[str, str]] | None:
        """The output columns of a query, all of its SELECTs taken together."""
        if query not in self.held:
            self.held[query] = None  # a query that reads itself
            self.depth += 1
            branches = [self.of_select(select) for select in query.selects] if self.depth < _LAST_TRIES else [None]
            self.depth -= 1
            if branches and all(branch is not None for branch in branches):
                first, *others = [branch for branch in branches if branch is not None]
                if all(len(other) == len(first) for other in others):
                    self.held[query] = [
                        (name, common([type_, *(other[n][1] for other in others)]) if others else type_)
                        for n, (name, type_) in enumerate(first)
                    ]
        return self.held[query]

    def of_select(self, select: Select) -> list[tuple[str, str]] | None:
        found: list[tuple[str, str]] = []
        if not select.outputs and len(select.sources) == 1 and select.outer is not None:
            columns = self.of_source(select.sources[0], select.outer)
            return list(columns) if columns is not None else None
        for output in select.outputs:
            if output.value.kind == "star":
                for source in select.sources:
                    if output.value.names and source_name(source) != output.value.names[-1].lower():
                        continue
                    columns = self.of_source(source, select.outer) if select.outer is not None else None
                    if columns is None:
                        return None
                    found += columns
            elif output.alias == "":
                return None
            else:
                found.append((output.alias or plain_name(output.value), self.of(output.value, select)))
        return found or None

    def of_column(self, names: tuple[str, ...], select: Select | None) -> str:
        while select is not None and select.outer is not None:
            found = self.in_select(names, select, select.outer)
            if found is None and len(names) == 1:
                found = self.of_alias(names[0].lower(), select)
            if found is not None:
                return found
            select = select.outer.outer
        return ""

    def of_alias(self, name: str, select: Select) -> str | None:
        """The type of an output by its name, as HAVING and ORDER BY say it."""
        for output in select.outputs:
            if output.alias and output.alias.lower() == name:
                return self.of(output.value, select)
        return None

    def in_select(self, names: tuple[str, ...], select: Select, query: Query) -> str | None:
        """The type of a column among the sources of one SELECT; None where they hold none of that name."""
        opaque = False
        for source in select.sources:
            qualified = len(names) > 1 and source_name(source) == names[0].lower()
            columns = self.of_source(source, query)
            if columns is None:
                if qualified:
                    return ""
                opaque = True
                continue
            path = names[1:] if qualified else names
            for name, type_ in columns:
                if name.lower() == path[0].lower():
                    for step in path[1:]:
                        type_ = field_of(type_, step)
                    return type_
        return "" if opaque else None

    # -- expressions -------------------------------------------------------------------------------------

    def of(self, node: Node, select: Select, bound: Bound = NOTHING) -> str:
        """The type of an expression of *select*, in lambdas whose parameters are *bound*."""
        if node not in self.known:
            self.known[node] = ""  # an alias of itself
            try:
                self.known[node] = self.found(node, select, bound)
            except (IndexError, ValueError):  # a call with too few arguments, a type that is none
                self.known[node] = ""
        return self.known[node]

    def found(self, node: Node, select: Select, bound: Bound) -> str:
        kind = node.kind
        if kind == "literal":
            return self.literal(node)
        if kind == "column":
            held = bound.get(node.names[0].lower())
            if held is None:
                return self.of_column(node.names, select)
            for step in node.names[1:]:
                held = field_of(held, step)
            return held
        if kind == "cast":
            type_ = type_name(node.word)
            return "string" if type_.startswith(("char(", "varchar(")) else type_
        if kind in ("not", "predicate"):
            return "boolean"
        if kind == "query":
            columns = self.of_query(self.queries.held[node])
            return columns[0][1] if columns and len(columns) == 1 else ""
        return self.composed(node, select, bound)

    def composed(self, node: Node, select: Select, bound: Bound) -> str:
        types = [self.of(part, select, bound) for part in node.parts if part.kind != "lambda"]
        kind = node.kind
        if kind == "tuple":
            return types[0] if len(types) == 1 else ""
        if kind == "operator":
            return self.operator(node, types)
        if kind == "sign":
            return types[0] if node.word == "~" else result("negative", types)
        if kind == "case":
            results_ = [t for t, role in zip(types, node.names, strict=True) if role in ("then", "else")]
            return common(results_)
        if kind == "index":
            return element(types[0])
        if kind == "field":
            return field_of(types[0], node.word)
        if kind == "named":
            return types[0]
        if kind == "interval":
            return self.interval(node)
        return self.call(node, types, select, bound) if kind == "call" else ""

    def literal(self, node: Node) -> str:
        if node.word != "number":
            return _TYPED.get(node.word, node.word)
        text = self.tokens.get(node.last - 1).upper()
        if text.endswith("BD"):
            return decimal_text(text[:-2])
        if text[-1] in _SUFFIXES:
            return _SUFFIXES[text[-1]]
        if "E" in text:
            return "double"
        if "." in text:
            return decimal_text(text)
        value = int(text) if len(text) < 40 else 2**200
        negative = node.last - node.first == 2
        if value < 2**31 + negative:
            return "int"
        return "bigint" if value < 2**63 + negative else f"decimal({len(text)},0)"

    def interval(self, node: Node) -> str:
        shown = interval_text(self.queries.reader.text(node.first + 1, node.last)) if not node.parts else ""
        if shown:
            return "interval " + shown.rpartition("' ")[2].lower()
        unit = self.tokens.words[node.last - 1].rstrip("S").lower()
        return f"interval {unit}" if unit in ("year", "month", "day", "hour", "minute", "second") else ""

    def operator(self, node: Node, types: list[str]) -> str:
        if node.word in _COMPARED:
            return "boolean"
        if node.word == "||":
            return result("concat", types)
        if node.word in ("&", "|", "^"):
            return common(types)
        if node.word in ("<<", ">>", ">>>"):
            return result("shiftleft", types[:1])
        return operated(node.word, *self.exact(node.parts, types))

    def exact(self, parts: Sequence[Node], types: Sequence[str]) -> list[str]:
        """Beside a decimal, a whole literal counts as the digits that it has."""
        found = list(types)
        for index, part in enumerate(parts[:2]):
            other = types[1 - index] if len(types) > 1 else ""
            if part.kind == "tuple" and len(part.parts) == 1:
                part = part.parts[0]
            if other.startswith("decimal(") and part.kind == "literal" and found[index] in ("int", "bigint"):
                found[index] = f"decimal({len(self.tokens.get(part.last - 1).rstrip('Ll'))},0)"
        return found

    # -- functions ---------------------------------------------------------------------------------------

    def call(self, node: Node, types: list[str], select: Select, bound: Bound) -> str:
        name = node.word
        if any(part.kind == "lambda" for part in node.parts):
            return self.higher(node, select, bound)
        if name in CAST_FUNCTIONS and len(types) == 1:
            return type_name(name)
        if name in ("date_add", "date_sub", "dateadd", "timestampadd", "datediff", "date_diff", "timestampdiff"):
            return self.moved(node, types)
        if name in ("round", "bround") and types:
            digits = self.whole(node.parts[1]) if len(node.parts) > 1 else 0
            return rounded(types[0], digits) if digits is not None else ""
        if name in ("floor", "ceil", "ceiling") and len(types) > 1:
            digits = self.whole(node.parts[1])
            return rounded(types[0], digits) if digits is not None and types[0].startswith("decimal(") else ""
        if name in ("mod", "pmod", "try_mod", "try_add", "try_subtract", "try_multiply", "try_divide"):
            return result(name, self.exact(node.parts, types))
        if name in ("extract", "date_part", "datepart"):
            return self.part_of_time(node, types)
        if name in ("struct", "named_struct"):
            return self.struct(node, types)
        if name in ("from_json", "from_csv") and len(node.parts) > 1 and node.parts[1].word == "string":
            written = self.text_of(node.parts[1])
            return type_name(written) or (
                f"struct<{','.join(f'{n}:{t}' for n, t in ddl_columns(written))}>" if ddl_columns(written) else ""
            )
        if name == "decode" and len(types) > 2:
            return common([*types[2::2], *(types[-1:] if len(types) % 2 == 0 else [])])
        if name in ("array_append", "array_prepend"):
            return array(common([element(types[0]), types[1]])) if len(types) == 2 else ""
        if name in ("array_union", "array_except", "array_intersect", "map_concat"):
            return common(types)
        if name == "percentile_approx" or name == "approx_percentile":
            return result(name, types)
        if name == "mode" and node.within:
            return self.of(node.within[0].value, select, bound)
        if name in ("max_by", "min_by") and len(types) == 3:
            return array(types[0])
        if name == "zeroifnull":
            return types[0] if types[0] != "void" else "int"
        if name == "elt":
            return "string" if "string" in types[1:] else ""
        if name in ("percentile_cont", "percentile_disc"):
            type_ = self.of(node.within[0].value, select, bound) if node.within else ""
            return "double" if is_number(type_) else ""
        if name == "if" and len(types) == 3:
            return common(types[1:])
        return result(name, types) if name not in ("decode", "hash") or len(types) < 3 else result(name, types[:1])

    def moved(self, node: Node, types: list[str]) -> str:
        if node.word in ("datediff", "date_diff", "timestampdiff"):
            return "bigint" if node.names else "int"
        if not node.names:
            return "date"
        return "timestamp_ntz" if types[-1] == "timestamp_ntz" else "timestamp" if types[-1] else ""

    def part_of_time(self, node: Node, types: list[str]) -> str:
        unit = node.names[1] if node.names else self.text_of(node.parts[0]) if node.parts[0].word == "string" else ""
        unit = unit.strip("'\"").lower().rstrip("s")
        if types[-1] not in ("date", "timestamp", "timestamp_ntz"):
            return ""
        return "decimal(8,6)" if unit in ("second", "sec") else "int" if unit else ""

    def struct(self, node: Node, types: list[str]) -> str:
        fields = []
        if node.word == "named_struct":
            if any(part.word != "string" for part in node.parts[::2]):
                return ""
            fields = [(self.text_of(p), t) for p, t in zip(node.parts[::2], types[1::2], strict=False)]
        else:
            for number, (part, type_) in enumerate(zip(node.parts, types, strict=True), 1):
                if part.kind == "star":
                    return ""
                fields.append((field_name(part) or f"col{number}", type_))
        return f"struct<{','.join(f'{n}:{t}' for n, t in fields)}>" if all(t for _, t in fields) else ""

    def whole(self, node: Node) -> int | None:
        text = self.tokens.text[self.tokens.starts[node.first] : self.tokens.ends[node.last - 1]]
        digits = text.replace(" ", "")
        return int(digits) if digits.lstrip("-").isdigit() else None

    def text_of(self, node: Node) -> str:
        """The value of a string literal, as long as it is a plain one."""
        return self.tokens.get(node.first)[1:-1]

    # -- lambdas -----------------------------------------------------------------------------------------

    def binding(self, node: Node, select: Select, bound: Bound) -> list[Bound]:
        """For each argument of a call: what is bound inside of it."""
        first = self.of(node.parts[0], select, bound) if node.parts and node.parts[0].kind != "lambda" else ""
        name, found = node.word, []
        for index, part in enumerate(node.parts):
            if part.kind != "lambda":
                found.append(bound)
                continue
            types: list[str] = [element(first), "int"]
            if name in ("aggregate", "reduce"):
                start = self.of(node.parts[1], select, bound)
                types = [start, element(first)] if index == 2 else [start]
            elif name in ("transform_keys", "transform_values", "map_filter"):
                types = [key_of(first), element(first)]
            elif name == "map_zip_with":
                types = [key_of(first), element(first), element(self.of(node.parts[1], select, bound))]
            elif name == "zip_with":
                types = [element(first), element(self.of(node.parts[1], select, bound))]
            elif name == "array_sort":
                types = [element(first)] * 2
            names_ = dict(zip(part.names, [*types, *[""] * 3], strict=False))
            found.append({**bound, **names_})
        return found

    def higher(self, node: Node, select: Select, bound: Bound) -> str:
        """The type of a function that is given a lambda."""
        inner = self.binding(node, select, bound)
        bodies = [self.of(p.parts[0], select, b) for p, b in zip(node.parts, inner, strict=True) if p.kind == "lambda"]
        first = self.of(node.parts[0], select, bound) if node.parts[0].kind != "lambda" else ""
        name = node.word
        if name in ("filter", "array_sort", "map_filter"):
            return first
        if name in ("exists", "forall", "any", "all"):
            return "boolean"
        if name in ("transform", "zip_with"):
            return array(bodies[0])
        if name in ("aggregate", "reduce"):
            start = self.of(node.parts[1], select, bound)
            return (bodies[1] if len(bodies) > 1 else start) if start == bodies[0] else ""
        if name == "transform_keys":
            return map_of(bodies[0], element(first))
        return map_of(key_of(first), bodies[0]) if name in ("transform_values", "map_zip_with") else ""


def source_name(source: Source) -> str:
    return (source.alias or (source.name[-1] if source.name else "")).lower()


def plain_name(node: Node) -> str:
    """The name of an output that is nothing but a column; of others nobody asks."""
    while node.kind in ("tuple", "cast") and len(node.parts) == 1:
        node = node.parts[0]
    return node.names[-1] if node.kind == "column" else node.word if node.kind == "field" else ""


def field_name(node: Node) -> str:
    """The name that an argument of struct() gives to its field; none where Spark makes one up."""
    return node.names[-1] if node.kind in ("column", "named") else node.word if node.kind == "field" else ""


def decimal_text(text: str) -> str:
    """The type of a decimal literal."""
    whole, _, fraction = text.upper().partition("E")[0].partition(".")
    scale = len(fraction)
    return bounded(max(len(whole.lstrip("0")) + scale, scale, 1), scale)


def is_decimal(type_: str) -> bool:
    return type_.startswith("decimal(")


def digits_of(type_: str) -> tuple[int, int]:
    """Precision and scale of a decimal or an integer type."""
    return decimal_of(type_) or (0, 0)
