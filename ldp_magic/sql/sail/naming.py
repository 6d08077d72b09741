"""What Spark calls a column that nobody named, and whether the embedded engine calls it something else."""

from __future__ import annotations

import re
from collections.abc import Callable

from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.functions import GENERATORS, RANKING
from ldp_magic.sql.sail.expressions import Node, Over, Sort
from ldp_magic.sql.sail.intervals import interval_text
from ldp_magic.sql.sail.queries import Queries, Select
from ldp_magic.sql.sail.typed import CAST_FUNCTIONS, NOTHING, Types, source_name
from ldp_magic.sql.types import type_name

# Arguments that Spark fills in, and then shows: function -> how many are written -> what is added.
_FILLED: dict[str, dict[int, str]] = {
    "from_unixtime": {1: "yyyy-MM-dd HH:mm:ss"},
    "unix_timestamp": {0: "current_timestamp(), yyyy-MM-dd HH:mm:ss", 1: "yyyy-MM-dd HH:mm:ss"},
    "to_unix_timestamp": {1: "yyyy-MM-dd HH:mm:ss"},
    "split": {2: "-1"},
    "substring": {2: "2147483647"},
    "substr": {2: "2147483647"},
    "lpad": {2: " "},
    "rpad": {2: " "},
    "months_between": {2: "true"},
    "percentile": {2: "1"},
    "percentile_approx": {2: "10000"},
    "approx_percentile": {2: "10000"},
    "regexp_extract": {2: "1"},
    "regexp_extract_all": {2: "1"},
    "regexp_instr": {2: "0"},
    "regexp_replace": {3: "1"},
    "str_to_map": {1: ",, :", 2: ":"},
    "sentences": {1: ", ", 2: ""},
    "mask": {1: "X, x, n, NULL", 2: "x, n, NULL", 3: "n, NULL", 4: "NULL"},
    "sort_array": {1: "true"},
    "overlay": {3: "-1"},
    "replace": {2: ""},
    "locate": {2: "1"},
    "position": {2: "1"},
    "make_interval": {n: ", ".join(["0"] * (6 - n) + ["0.000000"]) for n in range(7)},
    "make_dt_interval": {n: ", ".join(["0"] * (3 - n) + ["0.000000"]) for n in range(4)},
    "make_ym_interval": {0: "0, 0", 1: "0"},
    "lag": {1: "1, NULL", 2: "NULL"},
    "lead": {1: "1, NULL", 2: "NULL"},
    "listagg": {1: "NULL"},
    "string_agg": {1: "NULL"},
    "approx_count_distinct": {},
}
_RENAMED = {
    "array_agg": "collect_list", "string_agg": "listagg", "curdate": "current_date", "random": "rand", "sqrt": "SQRT",
    "signum": "SIGNUM", "exp": "EXP", "acos": "ACOS", "asin": "ASIN", "atan": "ATAN", "atan2": "ATAN2", "cbrt": "CBRT",
    "cos": "COS", "cosh": "COSH", "sin": "SIN", "sinh": "SINH", "tan": "TAN", "tanh": "TANH", "log10": "LOG10",
    "log1p": "LOG1P", "log2": "LOG2", "expm1": "EXPM1", "hypot": "HYPOT", "degrees": "DEGREES", "radians": "RADIANS",
    "e": "E", "pi": "PI", "rint": "rint", "pow": "pow", "regexp": "regexp", "rlike": "rlike", "to_varchar": "to_char",
    "percent_rank": "PERCENT_RANK", "date_sub": "date_sub", "cot": "COT", "sec": "SEC", "csc": "CSC", "acosh": "ACOSH",
    "asinh": "ASINH", "atanh": "ATANH", "rlike2": "RLIKE",
}  # fmt: skip
_DIFFERENT = frozenset(_FILLED) - {"substring", "substr"} | {"array_agg", "string_agg", "curdate", "random"}
_SORTED = (
    (
        "lambdafunction((IF(((v IS NULL) AND (v IS NULL)), 0, (IF((v IS NULL), 1, (IF((v IS NULL), -1, "
        "(IF((v < v), -1, (IF((v > v), 1, 0)))))))))), v, v)"
    )
    .replace("v", "namedlambdavariable()")
    .replace("namedlambdavariable()ariable", "variable")
)
_NEGATIONS = {"!=": "=", "<>": "="}
_ESCAPED = re.compile(r"\\(.)|''|\"\"", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "%": "\\%", "_": "\\_"}


class Unnamed(Exception):
    """We do not know what Spark calls it."""


class Naming:
    """Names the outputs of one SELECT. `differs` tells whether the last name is not the engine's own."""

    def __init__(self, queries: Queries, types: Types, select: Select) -> None:
        self.queries, self.types, self.select = queries, types, select
        self.tokens, self.reader = queries.tokens, queries.reader
        self.differs = False
        self.bound: frozenset[str] = frozenset()

    def of(self, node: Node) -> str | None:
        """The name, or None where Spark makes several columns of it or we do not know."""
        self.differs = False
        if node.kind == "star" or (node.kind == "call" and node.word in GENERATORS):
            return None
        try:
            return self.top(node)
        except (Unnamed, IndexError, ValueError):
            return None

    def top(self, node: Node) -> str:
        while node.kind == "tuple" and len(node.parts) == 1:
            node = node.parts[0]
        if node.kind == "column":
            return node.names[-1]
        if node.kind == "field":
            return node.word if self.is_struct(node.parts[0]) else self.named(node)
        if node.kind == "cast" and node.names[0] != "try_cast":
            inner = node.parts[0]
            while inner.kind == "tuple" and len(inner.parts) == 1:
                inner = inner.parts[0]
            if inner.kind in ("column", "field", "cast"):
                return (
                    self.top(inner) if inner.kind == "column" else self.named(inner if inner.kind == "field" else node)
                )
        if node.kind == "call" and node.word in CAST_FUNCTIONS and len(node.parts) == 1:
            self.differs = self.differs or node.parts[0].kind != "column"
            return self.top(node.parts[0])
        return self.named(node)

    def is_struct(self, node: Node) -> bool:
        return node.kind in ("column", "field")

    def named(self, node: Node) -> str:
        return _NAMED[node.kind](self, node)

    def listed(self, nodes: tuple[Node, ...]) -> str:
        return ", ".join(map(self.named, nodes))

    # -- leaves ------------------------------------------------------------------------------------------

    def literal(self, node: Node) -> str:
        first = self.tokens.get(node.first)
        if node.word == "string":
            return "".join(self.string(self.tokens.get(i)) for i in range(node.first, node.last))
        if node.word in ("null", "true", "false"):
            return first.upper() if node.word == "null" else first.lower()
        if node.word == "number":
            return self.number(node)
        text = self.string(self.tokens.get(node.last - 1))
        if node.word == "x":
            return f"X'{text.upper()}'"
        if node.word == "date":
            return f"DATE '{text}'"
        if node.word.startswith("timestamp"):
            return self.timestamp(node, text)
        raise Unnamed

    def timestamp(self, node: Node, text: str) -> str:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{0,6})?", text):
            raise Unnamed
        whole, _, fraction = text.partition(".")
        fraction = fraction.rstrip("0")
        word = "TIMESTAMP_NTZ" if node.word == "timestamp_ntz" else "TIMESTAMP"
        return f"{word} '{whole}{'.' + fraction if fraction else ''}'"

    def number(self, node: Node) -> str:
        negative = node.last - node.first == 2
        self.differs = self.differs or negative
        text = self.tokens.get(node.last - 1).upper()
        bare = text[:-2] if text.endswith("BD") else text.rstrip("LSYDF")
        if (text.endswith(("D", "F")) and not text.endswith("BD")) or "E" in bare:
            bare = java_double(float(bare)) if not text.endswith("BD") else bare
        return "-" * negative + (bare.lstrip("0") or "0" if bare.isdigit() else "0" + bare if bare[0] == "." else bare)

    def string(self, text: str) -> str:
        if text[0] in "rR":
            return text[2:-1]
        self.differs = self.differs or "''" in text[1:-1] or '""' in text[1:-1]
        return _ESCAPED.sub(lambda m: _ESCAPES.get(m[1], m[1]) if m[1] else m[0][0], text[1:-1])

    def interval(self, node: Node) -> str:
        self.differs = True
        text = interval_text(self.reader.text(node.first + 1, node.last)) if not node.parts else ""
        if not text:
            raise Unnamed
        return text

    def column(self, node: Node) -> str:
        names = node.names
        if names[0].lower() in self.bound:
            self.differs = True
            return ".".join(("namedlambdavariable()", *names[1:]))
        if len(names) > 1 and any(source_name(s) == names[0].lower() for s in self.select.sources):
            names = names[1:]
        self.differs = self.differs or len(names) > 1
        return ".".join(names)

    def star(self, node: Node) -> str:
        return ".".join((*node.names, "*"))

    # -- operators ---------------------------------------------------------------------------------------

    def operator(self, node: Node) -> str:
        left, right = map(self.named, node.parts)
        word = node.word
        if word in _NEGATIONS:
            self.differs = True
            return f"(NOT ({left} = {right}))"
        if word == "||":
            return f"concat({left}, {right})"
        if word in ("<<", ">>", ">>>", "div"):
            self.differs = True
        word = {"==": "=", "and": "AND", "or": "OR", "!<": ">=", "!>": "<="}.get(word, word)
        if word in "+-" and self.moved(node):
            return self.moved_name(node, word, left, right)
        return f"({left} {word} {right})"

    def moved(self, node: Node) -> bool:
        types = [self.types.of(part, self.select) for part in node.parts]
        return any(t in ("date", "timestamp", "timestamp_ntz") for t in types) and types[0] != types[1]

    def moved_name(self, node: Node, word: str, left: str, right: str) -> str:
        """A date or a time, later or earlier."""
        one, other = (self.types.of(part, self.select) for part in node.parts)
        self.differs = True
        if other.startswith("interval") or one.startswith("interval"):
            if (one, other) == ("date", "interval day") and word == "+":
                return f"date_add({left}, extractansiintervaldays({right}))"
            if (one, other) == ("date", "interval day"):
                return f"date_add({left}, (- extractansiintervaldays({right})))"
            return f"{left} {word} {right}" if not one.startswith("interval") else f"{right} {word} {left}"
        if one == "date" and other in ("int", "smallint", "tinyint"):
            return f"date_{'add' if word == '+' else 'sub'}({left}, {right})"
        if other == "date" and one in ("int", "smallint", "tinyint"):
            return f"date_add({right}, {left})"
        return f"({left} {word} {right})"

    def sign(self, node: Node) -> str:
        inside = self.named(node.parts[0])
        return f"~{inside}" if node.word == "~" else f"({node.word} {inside})"

    def negation(self, node: Node) -> str:
        return f"(NOT {self.named(node.parts[0])})"

    def predicate(self, node: Node) -> str:
        self.differs = True
        word, parts = (
            node.word,
            [self.named(p) for p in node.parts if p.kind not in ("tuple", "query") or p is node.parts[0]],
        )
        if word == "is null":
            return f"({parts[0]} IS {'NOT ' * node.negated}NULL)"
        made = self.affirmed(node, word, parts)
        return f"(NOT {made})" if node.negated else made

    def affirmed(self, node: Node, word: str, parts: list[str]) -> str:
        if word == "in":
            inside = node.parts[1]
            if inside.kind == "query":
                raise Unnamed
            return f"({parts[0]} IN ({self.listed(inside.parts)}))"
        parts = [self.named(p) for p in node.parts]
        if word == "between":
            return f"between({', '.join(parts)})"
        if word in ("like", "ilike") and len(parts) > 1:
            escape = f" ESCAPE '{parts[2]}'" if len(parts) > 2 else ""
            return f"{parts[0]} LIKE {parts[1]}{escape}" if word == "like" else f"ilike({parts[0]}, {parts[1]})"
        if word in ("rlike", "regexp"):
            return f"RLIKE({parts[0]}, {parts[1]})"
        if word in ("is true", "is false"):
            return f"({parts[0]} <=> {word[3:]})"
        if word == "is unknown":
            return f"({parts[0]} IS NULL)"
        if word == "is distinct from":
            return f"(NOT ({parts[0]} <=> {parts[1]}))"
        return self.like_many(node, word, parts[0])

    def like_many(self, node: Node, word: str, value: str) -> str:
        if word.startswith("ilike"):
            raise Unnamed
        patterns = self.listed(node.parts[1].parts)
        return f"{word.split()[0]}{word.split()[1]}({value}, {patterns})"

    def tuple(self, node: Node) -> str:
        if len(node.parts) == 1:
            return self.named(node.parts[0])
        return f"struct({self.listed(node.parts)})"

    def cast(self, node: Node) -> str:
        type_ = type_name(node.word)
        inside = self.named(node.parts[0])
        if not type_:
            raise Unnamed
        if type_.startswith(("array<", "map<", "struct<")):
            self.differs = True
            return inside
        how = "TRY_CAST" if node.names[0] == "try_cast" else "CAST"
        return f"{how}({inside} AS {type_.upper()})"

    def case(self, node: Node) -> str:
        operand, parts = "", []
        for part, role in zip(node.parts, node.names, strict=True):
            name = self.named(part)
            if role == "operand":
                operand = name
            elif role == "when":
                parts.append(f"WHEN ({operand} = {name})" if operand else f"WHEN {name}")
            else:
                parts.append(f"{role.upper()} {name}")
        self.differs = True
        return f"CASE {' '.join(parts)} END"

    def lambda_(self, node: Node) -> str:
        before, self.bound = self.bound, self.bound | set(node.names)
        self.differs = True
        try:
            inside = self.named(node.parts[0])
        finally:
            self.bound = before
        return f"lambdafunction({', '.join([inside] + ['namedlambdavariable()'] * len(node.names))})"

    def index(self, node: Node) -> str:
        return f"{self.named(node.parts[0])}[{self.named(node.parts[1])}]"

    def field(self, node: Node) -> str:
        return f"{self.named(node.parts[0])}.{node.word}"

    def query(self, node: Node) -> str:
        raise Unnamed

    def named_argument(self, node: Node) -> str:
        self.differs = True
        return f"{self.named(node.parts[0])} AS {node.names[0]}" if node.word == "as" else self.named(node.parts[0])

    # -- calls -------------------------------------------------------------------------------------------

    def call(self, node: Node) -> str:
        special = _SPECIAL.get(node.word)
        made = special(self, node) if special else self.plain(node)
        if node.within:
            self.differs = True
            made += f" WITHIN GROUP (ORDER BY {', '.join(map(self.sorted, node.within))})"
        if node.filter is not None:
            self.differs = True
            made += f" FILTER (WHERE {self.named(node.filter)})"
        if node.over is not None:
            self.differs = True
            made += " OVER " + self.window(node, node.over)
        return made

    def plain(self, node: Node) -> str:
        name = node.word
        written = self.tokens.get(node.first)
        self.differs = self.differs or name in _DIFFERENT or written != written.lower() or node.distinct
        shown = [self.named(part) for part in node.parts]
        if name == "count" and shown == ["*"]:
            shown = ["1"]
        added = _FILLED.get(name, {}).get(len(shown))
        if added is not None:
            shown.append(added)
        return f"{_RENAMED.get(name, name)}({'DISTINCT ' * node.distinct}{', '.join(shown)})"

    def first_last(self, node: Node) -> str:
        self.differs = self.differs or len(node.parts) > 1
        return f"{node.word}({'DISTINCT ' * node.distinct}{self.named(node.parts[0])})"

    def when(self, node: Node) -> str:
        self.differs = True
        return f"(IF({self.listed(node.parts)}))"

    def dated(self, node: Node) -> str:
        if not node.names:
            return self.plain(node)
        self.differs = True
        name = (
            "timestampdiff"
            if node.word in ("datediff", "date_diff")
            else "timestampadd"
            if node.word in ("dateadd", "date_add")
            else node.word
        )
        return f"{name}({node.names[1].upper()}, {self.listed(node.parts)})"

    def extract(self, node: Node) -> str:
        self.differs = True
        if node.names:
            return f"extract({unquoted(node.names[1])} FROM {self.listed(node.parts)})"
        if node.word == "datepart":
            return f"datepart({' FROM '.join(map(self.named, node.parts))})"
        return self.plain(node)

    def trim(self, node: Node) -> str:
        if "side" in node.names:
            self.differs = True
            side = node.names[1].upper()
            inside = [self.named(p) for p in node.parts]
            return (
                f"TRIM({side} {inside[0]} FROM {inside[1]})"
                if len(inside) > 1
                else f"TRIM({side} FROM {inside[0]})"
                if side == "BOTH"
                else f"{side[0]}TRIM({inside[0]})"
            )
        if node.names:
            self.differs = True
            return f"TRIM(BOTH {' FROM '.join(map(self.named, node.parts))})"
        return self.plain(node)

    def position(self, node: Node) -> str:
        name = "locate" if node.names else node.word
        self.differs = True
        return f"{name}({self.listed(node.parts)}{', 1' if len(node.parts) == 2 else ''})"

    def sorted_array(self, node: Node) -> str:
        self.differs = True
        return f"array_sort({self.listed(node.parts)}{', ' + _SORTED if len(node.parts) == 1 else ''})"

    def aggregated(self, node: Node) -> str:
        finish = ", lambdafunction(namedlambdavariable(), namedlambdavariable())" if len(node.parts) == 3 else ""
        return f"{node.word}({self.listed(node.parts)}{finish})"

    def shown_as_text(self, node: Node) -> str:
        """to_char of a time or of bytes is another function."""
        self.differs = True
        type_ = self.types.of(node.parts[0], self.select, NOTHING)
        how = self.named(node.parts[1]).lower() if len(node.parts) > 1 else ""
        first = self.named(node.parts[0])
        if type_ in ("date", "timestamp", "timestamp_ntz"):
            return f"date_format({self.listed(node.parts)})"
        if type_ == "binary" and how in ("base64", "hex"):
            return f"{how if how == 'hex' else 'base64'}({first})"
        return f"decode({first}, {how})" if type_ == "binary" else f"to_char({self.listed(node.parts)})"

    def zone(self, node: Node) -> str:
        self.differs = True
        return f"convert_timezone({'current_timezone(), ' * (len(node.parts) == 2)}{self.listed(node.parts)})"

    def bare(self, node: Node) -> str:
        """current_date with or without brackets."""
        name = _RENAMED.get(node.word, node.word)
        self.differs = self.differs or name != node.word or self.tokens.get(node.first) != node.word
        return f"{name}({self.listed(node.parts)})"

    def literal_cast(self, node: Node) -> str:
        """string(x), int(x), ..."""
        if len(node.parts) != 1:
            return self.plain(node)
        self.differs = True
        return f"CAST({self.named(node.parts[0])} AS {type_name(node.word).upper()})"

    # -- windows -----------------------------------------------------------------------------------------

    def sorted(self, sort: Sort) -> str:
        nulls = sort.nulls or ("LAST" if sort.descending else "FIRST")
        return f"{self.named(sort.value)} {'DESC' if sort.descending else 'ASC'} NULLS {nulls}"

    def window(self, node: Node, over: Over) -> str:
        if over.name:
            raise Unnamed
        parts = [f"PARTITION BY {self.listed(over.partition)}"] if over.partition else []
        if over.order:
            parts.append(f"ORDER BY {', '.join(map(self.sorted, over.order))}")
        return f"({' '.join([*parts, self.frame(node, over)])})"

    def frame(self, node: Node, over: Over) -> str:
        if node.word in ("lag", "lead"):
            offset = self.types.whole(node.parts[1]) if len(node.parts) > 1 else 1
            if offset is None:
                raise Unnamed
            offset = -offset if node.word == "lag" else offset
            return f"ROWS BETWEEN {offset} FOLLOWING AND {offset} FOLLOWING"
        if node.word in RANKING and node.word not in ("nth_value", "cume_dist"):
            return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        written = " ".join(self.tokens.words[i] or self.tokens.get(i) for i in range(*over.frame))
        if not written:
            if not over.order:
                return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
            return "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        if "INTERVAL" in written or "(" in written:
            raise Unnamed
        if " BETWEEN " not in written:
            kind, _, start = written.partition(" ")
            written = f"{kind} BETWEEN {start} AND CURRENT ROW"
        return written.replace("- ", "-")


def java_double(value: float) -> str:
    """A double as Java writes it."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        return text if "e" not in text else f"{value:f}"
    mantissa, _, exponent = f"{value:.17g}".partition("e")
    digits = repr(value).replace("-", "").replace(".", "").partition("e")[0].strip("0") or "0"
    exponent_value = int(f"{value:e}".partition("e")[2])
    del mantissa, exponent
    return f"{'-' * (value < 0)}{digits[0]}.{digits[1:] or '0'}E{exponent_value}"


_NAMED: dict[str, Callable[[Naming, Node], str]] = {
    "literal": Naming.literal,
    "interval": Naming.interval,
    "column": Naming.column,
    "star": Naming.star,
    "call": Naming.call,
    "sign": Naming.sign,
    "operator": Naming.operator,
    "not": Naming.negation,
    "predicate": Naming.predicate,
    "cast": Naming.cast,
    "case": Naming.case,
    "lambda": Naming.lambda_,
    "index": Naming.index,
    "field": Naming.field,
    "tuple": Naming.tuple,
    "query": Naming.query,
    "path": Naming.query,
    "named": Naming.named_argument,
}
_SPECIAL: dict[str, Callable[[Naming, Node], str]] = {
    **dict.fromkeys(("first", "last", "first_value", "last_value", "any_value", "mode"), Naming.first_last),
    **dict.fromkeys(("if", "iff"), Naming.when),
    **dict.fromkeys(("datediff", "date_diff", "timestampdiff", "dateadd", "date_add", "timestampadd"), Naming.dated),
    **dict.fromkeys(("extract", "date_part", "datepart"), Naming.extract),
    **dict.fromkeys(("aggregate", "reduce"), Naming.aggregated),
    **dict.fromkeys(("to_char", "to_varchar"), Naming.shown_as_text),
    **dict.fromkeys(("current_date", "current_timestamp", "curdate", "localtimestamp", "current_user"), Naming.bare),
    **dict.fromkeys(CAST_FUNCTIONS, Naming.literal_cast),
    "trim": Naming.trim,
    "position": Naming.position,
    "array_sort": Naming.sorted_array,
    "convert_timezone": Naming.zone,
}
