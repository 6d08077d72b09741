"""What Spark calls a column that nobody named, and whether the embedded engine calls it something else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

from ldp_magic.sql.coercion import INTEGERS
from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.functions import GENERATORS, RANKING
from ldp_magic.sql.sail.expressions import Node, Over, Sort
from ldp_magic.sql.sail.intervals import interval_text
from ldp_magic.sql.sail.literals import java_double, string_value
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
    "try_make_interval": {n: ", ".join(["0"] * (6 - n) + ["0.000000"]) for n in range(7)},
    "hmac": {2: "SHA-256"},
    "aes_encrypt": {2: "GCM, DEFAULT, , ", 3: "DEFAULT, , ", 4: ", ", 5: ""},
    "aes_decrypt": {2: "GCM, DEFAULT, ", 3: "DEFAULT, ", 4: ""},
    "try_aes_decrypt": {2: "GCM, DEFAULT, ", 3: "DEFAULT, ", 4: ""},
    "st_asbinary": {1: "NDR"},
    "st_geomfromwkb": {1: "0"},
    "lag": {1: "1, NULL", 2: "NULL"},
    "lead": {1: "1, NULL", 2: "NULL"},
    "instr": {3: "1"},
    "round": {1: "0"},
    "bround": {1: "0"},
    "listagg": {1: "NULL"},
    "string_agg": {1: "NULL"},
}
_RENAMED = {
    "array_agg": "collect_list", "string_agg": "listagg", "curdate": "current_date", "random": "rand", "sqrt": "SQRT",
    "signum": "SIGNUM", "exp": "EXP", "acos": "ACOS", "asin": "ASIN", "atan": "ATAN", "atan2": "ATAN2", "cbrt": "CBRT",
    "cos": "COS", "cosh": "COSH", "sin": "SIN", "sinh": "SINH", "tan": "TAN", "tanh": "TANH", "log10": "LOG10",
    "log1p": "LOG1P", "log2": "LOG2", "expm1": "EXPM1", "hypot": "HYPOT", "degrees": "DEGREES", "radians": "RADIANS",
    "e": "E", "pi": "PI", "power": "POWER", "regexp": "REGEXP", "rlike": "RLIKE",
    "percent_rank": "PERCENT_RANK",  "cot": "COT", "sec": "SEC", "csc": "CSC", "acosh": "ACOSH",
    "asinh": "ASINH", "atanh": "ATANH", "regexp_like": "REGEXP_LIKE", "dense_rank": "DENSE_RANK", "rank": "RANK",
    "spark_partition_id": "SPARK_PARTITION_ID", "current_database": "current_schema", "localtime": "current_time",
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
_COMPARISONS = frozenset({"<", "<=", ">", ">="})
_BOUND = re.compile(r"INTERVAL\s+(.*?)\s+(PRECEDING|FOLLOWING)", re.IGNORECASE | re.DOTALL)
_NEGATIONS = {"!=": "=", "<>": "="}


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
        if node.kind == "call" and node.word == "json_tuple" and len(node.parts) == 2:
            self.differs = True
            return "c0"
        if node.kind == "star" or (node.kind == "call" and node.word in GENERATORS):
            return None
        if any(part.kind == "star" and node.word != "count" for part in node.parts):
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
        if node.kind == "path":
            return self.path(node)
        if node.kind == "cast":
            inner = node.parts[0]
            while inner.kind == "tuple" and len(inner.parts) == 1:
                inner = inner.parts[0]
            if inner.kind == "path":
                return self.path(inner)
            if inner.kind in ("column", "field", "cast"):
                return (
                    self.top(inner) if inner.kind == "column" else self.named(inner if inner.kind == "field" else node)
                )
        if node.kind == "call" and node.word == "from_json" and self.types.of(node, self.select).startswith("map<"):
            self.differs = True
            return "entries"
        if node.kind == "call" and node.word in CAST_FUNCTIONS and len(node.parts) == 1:
            self.differs = True
            inner = node.parts[0]
            return inner.names[-1] if inner.kind == "column" else self.named(inner)
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
        if node.word == "date" and re.fullmatch(r"\d{1,4}-\d\d?-\d\d?", text):
            return "DATE '{:0>4}-{:0>2}-{:0>2}'".format(*text.split("-"))
        if node.word.startswith("timestamp"):
            return self.timestamp(node, text)
        raise Unnamed

    def timestamp(self, node: Node, text: str) -> str:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d*)?", text):
            raise Unnamed
        whole, _, fraction = text.partition(".")
        fraction = fraction[:6].rstrip("0")
        word = "TIMESTAMP_NTZ" if node.word == "timestamp_ntz" else "TIMESTAMP"
        return f"{word} '{whole}{'.' + fraction if fraction else ''}'"

    def number(self, node: Node) -> str:
        negative = node.last - node.first == 2
        self.differs = self.differs or negative
        text = self.tokens.get(node.last - 1).upper()
        sign = "-" * negative
        self.differs = self.differs or text.startswith("0.000000")
        if text.endswith("BD"):
            return sign + str(Decimal(text[:-2]))
        bare = text.rstrip("LSYDF")
        if text[-1] in "DF" or "E" in bare:
            return sign + java_double(float(bare))
        return sign + (str(Decimal(bare)) if "." in bare else str(int(bare)) if len(bare) < 40 else bare)

    def string(self, text: str) -> str:
        self.differs = self.differs or "''" in text[1:-1] or '""' in text[1:-1]
        return string_value(text)

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
        if word in _COMPARISONS:
            left, right = self.beside_whole(node, left, right)
        if word in _NEGATIONS:
            self.differs = True
            return f"(NOT ({left} = {right}))"
        if word == "||":
            return f"concat({left}, {right})"
        if word in ("<<", ">>", ">>>", "div"):
            self.differs = True
        word = {"==": "=", "and": "AND", "or": "OR", "!<": ">=", "!>": "<="}.get(word, word)
        if word == "*" and self.types.of(node.parts[1], self.select).startswith("interval "):
            self.differs = True
            return f"({right} * {left})"
        if word in "+-" and self.moved(node):
            return self.moved_name(node, word, left, right)
        return f"({left} {word} {right})"

    def beside_whole(self, node: Node, left: str, right: str) -> tuple[str, str]:
        """An integer is compared with a whole number: `a > 1.5` is `a > 1`."""
        one, other = (self.types.of(part, self.select) for part in node.parts)
        for literal, type_, shown, ceiling in (
            (node.parts[1], one, right, node.word in (">=", "<")),
            (node.parts[0], other, left, node.word in (">", "<=")),
        ):
            if type_ in INTEGERS and literal.kind == "literal" and re.fullmatch(r"-?\d*\.\d*", shown):
                self.differs = True
                whole = str(math.ceil(Decimal(shown)) if ceiling else math.floor(Decimal(shown)))
                return (left, whole) if literal is node.parts[1] else (whole, right)
        return left, right

    def moved(self, node: Node) -> bool:
        types = [self.types.of(part, self.select) for part in node.parts]
        if {"string"} < set(types) and any(t.startswith("interval") for t in types):
            return True
        return any(t in ("date", "timestamp", "timestamp_ntz") for t in types) and types[0] != types[1]

    def moved_name(self, node: Node, word: str, left: str, right: str) -> str:
        """A date or a time, later or earlier."""
        one, other = (self.types.of(part, self.select) for part in node.parts)
        self.differs = True
        if other.startswith("interval") or one.startswith("interval"):
            if (one, other) == ("interval day", "date"):
                return f"date_add({right}, extractansiintervaldays({left}))"
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
        return f"(NOT {made})" if node.negated != (word == "is distinct from") else made

    def affirmed(self, node: Node, word: str, parts: list[str]) -> str:
        if word == "in":
            inside = node.parts[1]
            if inside.kind == "query":
                return f"({parts[0]} IN (listquery()))"
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
            return f"({parts[0]} <=> {parts[1]})"
        raise Unnamed

    def tuple(self, node: Node) -> str:
        if len(node.parts) == 1:
            return self.named(node.parts[0])
        self.differs = True
        shown = [self.named(part) for part in node.parts]
        if self.bound and all(part.kind == "column" for part in node.parts):
            fields = zip(node.parts, shown, strict=True)
            return f"named_struct({', '.join(f'{part.names[-1]}, {name}' for part, name in fields)})"
        return f"struct({', '.join(shown)})"

    def cast(self, node: Node) -> str:
        type_ = re.sub(r"(var)?char\(\d+\)", "string", type_name(node.word))
        inside = self.named(node.parts[0])
        if not type_:
            raise Unnamed
        if type_.startswith(("array<", "map<", "struct<")):
            self.differs = True
            return inside
        self.differs = True
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
        """A query in brackets that gives one value."""
        self.differs = True
        return f"scalarsubquery({self.asked_by(node)})"

    def asked_by(self, node: Node) -> str:
        """The columns that a query asks for from around it."""
        around = {source_name(source) for source in self.select.sources}
        found: list[Node] = []
        for select in self.queries.held[node].selects:
            around -= {source_name(source) for source in select.sources}
            left = [*select.roots, *(output.value for output in select.outputs)]
            while left:
                part = left.pop()
                left += part.children
                if part.kind == "column" and len(part.names) > 1 and part.names[0].lower() in around:
                    found.append(part)
        return ", ".join(part.names[-1] for part in sorted(found, key=lambda part: part.first))

    def exists(self, node: Node) -> str:
        """EXISTS (SELECT ...), or exists(array, x -> ...)"""
        if node.parts[0].kind == "query":
            self.differs = True
            return f"exists({self.asked_by(node.parts[0])})"
        return self.plain(node)

    def path(self, node: Node) -> str:
        """`v:a.b` is called b."""
        if not self.reader.is_name(node.last - 1):
            raise Unnamed
        self.differs = True
        return self.reader.name(node.last - 1)

    def unknown(self, node: Node) -> str:
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
            made += f" WITHIN GROUP (ORDER BY {', '.join(self.within(node, sort) for sort in node.within)})"
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
        if node.distinct and any(part.kind == "star" for part in node.parts):
            raise Unnamed
        if name == "count" and shown == ["*"]:
            shown = ["1"]
        if name in ("rank", "dense_rank", "percent_rank"):
            shown = []
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
            self.differs = self.differs or node.word == "dateadd"
            return f"{'date_add' if node.word == 'dateadd' else node.word}({self.listed(node.parts)})"
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
        if not node.names:
            return self.plain(node)
        self.differs = True
        side = node.names[1].upper() if node.names[0] == "side" else "BOTH"
        inside = [self.named(part) for part in node.parts]
        if len(inside) > 1:
            return f"TRIM({side} {' FROM '.join(inside)})"
        return f"{ {'BOTH': '', 'LEADING': 'l', 'TRAILING': 'r'}[side] }trim({inside[0]})"

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

    def whole_number(self, node: Node) -> str:
        """ceil and floor"""
        loud = len(node.parts) == 1 and node.word != "ceiling"
        return f"{node.word.upper() if loud else node.word}({self.listed(node.parts)})"

    def null_check(self, node: Node) -> str:
        """isnull(x), isnotnull(x)"""
        self.differs = True
        return f"({self.named(node.parts[0])} IS {'NOT ' * (node.word == 'isnotnull')}NULL)"

    def first_alone(self, node: Node) -> str:
        """from_json, to_json, ...: the schema and the options are not shown."""
        if node.word == "from_json" and self.types.of(node, self.select).startswith("map<"):
            raise Unnamed
        self.differs = self.differs or len(node.parts) > 1
        return f"{node.word}({self.named(node.parts[0])})"

    def first_two(self, node: Node) -> str:
        self.differs = self.differs or len(node.parts) > 2
        return f"{node.word}({self.listed(node.parts[:2])})"

    def positive(self, node: Node) -> str:
        self.differs = True
        return f"(+ {self.named(node.parts[0])})"

    def trimmed(self, node: Node) -> str:
        """ltrim(x, s)"""
        if len(node.parts) != 2:
            return self.plain(node)
        self.differs = True
        side = "LEADING" if node.word == "ltrim" else "TRAILING"
        return f"TRIM({side} {' FROM '.join(map(self.named, node.parts))})"

    def asserted(self, node: Node) -> str:
        if len(node.parts) != 1:
            return self.plain(node)
        self.differs = True
        condition = self.named(node.parts[0])
        return f"assert_true({condition}, '{condition}' is not true!)"

    def user(self, node: Node) -> str:
        self.differs = True
        return "user" if node.last == node.first + 1 else "user()"

    def without_zone(self, node: Node) -> str:
        self.differs = self.differs or len(node.parts) > 6
        return f"{node.word}({self.listed(node.parts[:6])})"

    def logarithm(self, node: Node) -> str:
        self.differs = True
        return f"LOG({'E(), ' * (len(node.parts) == 1)}{self.listed(node.parts)})"

    def like_call(self, node: Node) -> str:
        self.differs = True
        parts = [self.named(part) for part in node.parts]
        if node.word == "like":
            return f"{parts[0]} LIKE {parts[1]}" + (f" ESCAPE '{parts[2]}'" if len(parts) > 2 else "")
        return f"{node.word}({', '.join(parts[:2])})"

    def texts_joined(self, node: Node) -> str:
        """string_agg is called listagg when it is ordered."""
        name = "listagg" if node.within else node.word
        self.differs = True
        return f"{name}({'DISTINCT ' * node.distinct}{self.listed(node.parts)}{', NULL' * (len(node.parts) == 1)})"

    def padded(self, node: Node) -> str:
        self.differs = self.differs or len(node.parts) == 2
        binary = self.types.of(node.parts[0], self.select) == "binary"
        filling = (", X'00'" if binary else ",  ") * (len(node.parts) == 2)
        return f"{node.word}({self.listed(node.parts)}{filling})"

    def mode(self, node: Node) -> str:
        if len(node.parts) == 2 and node.parts[1].word == "true":
            self.differs = True
            descending = " DESC" * (self.select is not None)
            return f"mode() WITHIN GROUP (ORDER BY {self.named(node.parts[0])}{descending})"
        return self.first_last(node) if node.parts else "mode()"

    def substring(self, node: Node) -> str:
        if not node.names:
            return self.plain(node)
        self.differs = True
        return f"substring({self.listed(node.parts)}{', 2147483647' * (len(node.parts) == 2)})"

    def shown_as_text(self, node: Node) -> str:
        """to_char of a time or of bytes is another function."""
        self.differs = True
        type_ = self.types.of(node.parts[0], self.select, NOTHING)
        how = self.named(node.parts[1]).lower() if len(node.parts) > 1 else ""
        first = self.named(node.parts[0])
        if type_ in ("date", "timestamp", "timestamp_ntz"):
            return f"date_format({self.listed(node.parts)})"
        if type_ == "binary":
            name = node.word if node.word == "to_varchar" else how if how in ("base64", "hex") else "decode"
            return f"{name}({first}{'' if how in ('base64', 'hex') else ', ' + how})"
        return f"to_char({self.listed(node.parts)})"

    def zone(self, node: Node) -> str:
        self.differs = True
        return f"convert_timezone({'current_timezone(), ' * (len(node.parts) == 2)}{self.listed(node.parts)})"

    def bare(self, node: Node) -> str:
        """current_date with or without brackets."""
        name = _RENAMED.get(node.word, node.word)
        self.differs = self.differs or name != node.word or self.tokens.get(node.first) != node.word
        return f"{name}({self.listed(node.parts)})"

    def literal_cast(self, node: Node) -> str:
        """string(x), int(x), ... are called as what they cast."""
        if len(node.parts) != 1:
            return self.plain(node)
        self.differs = True
        return self.named(node.parts[0])

    # -- windows -----------------------------------------------------------------------------------------

    def within(self, node: Node, sort: Sort) -> str:
        """Percentiles do not say where their NULLs go."""
        if node.word in ("percentile_cont", "percentile_disc"):
            return self.named(sort.value) + " DESC" * sort.descending
        if node.word == "mode":
            return self.named(sort.value) + " DESC" * (not sort.descending)
        return self.sorted(sort)

    def sorted(self, sort: Sort) -> str:
        nulls = sort.nulls or ("LAST" if sort.descending else "FIRST")
        return f"{self.named(sort.value)} {'DESC' if sort.descending else 'ASC'} NULLS {nulls}"

    def window(self, node: Node, over: Over) -> str:
        if over.name:
            if over.name.lower() not in self.select.windows:
                raise Unnamed
            over = self.select.windows[over.name.lower()]
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
        if "INTERVAL" in written:
            written = _BOUND.sub(_named_bound, self.reader.text(*over.frame)).upper()
        if "(" in written:
            raise Unnamed
        if " BETWEEN " not in written:
            kind, _, start = written.partition(" ")
            written = f"{kind} BETWEEN {start} AND CURRENT ROW"
        return written.replace("- ", "-")


def _named_bound(found: re.Match[str]) -> str:
    text = interval_text(found[1])
    if not text:
        raise Unnamed
    return f"{text} {found[2]}"


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
    "path": Naming.unknown,
    "named": Naming.named_argument,
}
_SPECIAL: dict[str, Callable[[Naming, Node], str]] = {
    **dict.fromkeys(("first", "last", "first_value", "last_value", "any_value"), Naming.first_last),
    **dict.fromkeys(("if", "iff"), Naming.when),
    **dict.fromkeys(("datediff", "date_diff", "timestampdiff", "dateadd", "date_add", "timestampadd"), Naming.dated),
    **dict.fromkeys(("extract", "date_part", "datepart"), Naming.extract),
    **dict.fromkeys(("aggregate", "reduce"), Naming.aggregated),
    **dict.fromkeys(("to_char", "to_varchar"), Naming.shown_as_text),
    **dict.fromkeys(("current_date", "current_timestamp", "curdate", "localtimestamp", "current_user"), Naming.bare),
    **dict.fromkeys(CAST_FUNCTIONS, Naming.literal_cast),
    **dict.fromkeys(("ceil", "ceiling", "floor"), Naming.whole_number),
    **dict.fromkeys(("like", "ilike"), Naming.like_call),
    **dict.fromkeys(("listagg", "string_agg"), Naming.texts_joined),
    **dict.fromkeys(("lpad", "rpad"), Naming.padded),
    **dict.fromkeys(("substring", "substr"), Naming.substring),
    **dict.fromkeys(("isnull", "isnotnull"), Naming.null_check),
    **dict.fromkeys(
        ("from_json", "from_csv", "from_xml", "to_json", "to_csv", "to_xml", "approx_count_distinct"),
        Naming.first_alone,
    ),
    **dict.fromkeys(("variant_get", "try_variant_get"), Naming.first_two),
    **dict.fromkeys(("ltrim", "rtrim"), Naming.trimmed),
    "assert_true": Naming.asserted,
    "positive": Naming.positive,
    "try_make_timestamp": Naming.without_zone,
    "user": Naming.user,
    "identifier": Naming.unknown,
    "exists": Naming.exists,
    "log": Naming.logarithm,
    "mode": Naming.mode,
    "trim": Naming.trim,
    "position": Naming.position,
    "array_sort": Naming.sorted_array,
    "convert_timezone": Naming.zone,
}
