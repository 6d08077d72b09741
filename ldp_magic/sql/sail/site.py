"""Where a rule works: the types of what it sees, the texts of its parts as they are rewritten, and its labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ldp_magic.sql.sail.answer import Label
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.literals import string_value
from ldp_magic.sql.sail.queries import Select
from ldp_magic.sql.sail.typed import Bound, Types

_TIGHT = frozenset({"literal", "column", "call", "index", "field", "tuple", "query", "case", "interval"})


@dataclass(frozen=True, slots=True)
class Site:
    """The surroundings of one node."""

    types: Types
    select: Select
    bound: Bound
    labels: dict[Label, None]
    texts: dict[Node, str]  # of the parts that were rewritten
    body: Callable[[Node, dict[str, str]], str]  # of a lambda, with its parameters replaced
    unknown: set[Node]  # parts whose types a rule asked for and nobody knows

    def type(self, node: Node) -> str:
        """The type of a part, or of the node itself."""
        type_ = self.types.of(node, self.select, self.bound)
        if not type_:
            self.unknown.add(node)
        return type_

    def original(self, node: Node) -> str:
        return self.types.queries.reader.text(node.first, node.last)

    def text(self, node: Node) -> str:
        """A part as it is rewritten."""
        made = self.texts.get(node)
        return made if made is not None else self.original(node)

    def tight(self, node: Node) -> str:
        """A part that can stand beside any operator."""
        text = self.text(node)
        negative = node.kind == "literal" and text.startswith("-")
        return text if node.kind in _TIGHT and not negative and node.names[:1] != ("::",) else f"({text})"

    def between(self, first: int, last: int, node: Node) -> str:
        """The text of the tokens of *node* from *first* to *last*, with its parts as they are rewritten."""
        tokens = self.types.tokens
        position, end, out = tokens.starts[first], tokens.ends[last - 1], []
        for child in sorted(self.texts, key=lambda child: child.first):
            if first <= child.first and child.last <= last:
                out += [tokens.text[position : tokens.starts[child.first]], self.texts[child]]
                position = tokens.ends[child.last - 1]
        return "".join([*out, tokens.text[position:end]]) if last > first else ""

    def tail(self, node: Node) -> str:
        """What stands behind a call's brackets: WITHIN GROUP, FILTER, OVER."""
        return " " + self.between(node.head, node.last, node) if node.last > node.head else ""

    def arguments(self, node: Node) -> list[str]:
        return [self.text(part) for part in node.parts]

    def call(self, node: Node, name: str, *arguments: str) -> str:
        """The call under another name, or with other arguments; its tail stays."""
        inside = ", ".join(arguments or self.arguments(node))
        return f"{name}({'DISTINCT ' * node.distinct}{inside}){self.tail(node)}"

    def label(self, what: str, why: str) -> None:
        self.labels[Label(what, why)] = None

    def string(self, node: Node) -> str | None:
        """The value of a plain string literal."""
        if node.kind != "literal" or node.word != "string" or node.last - node.first != 1:
            return None
        text = self.original(node)
        return text[1:-1] if "\\" not in text else None

    def value(self, node: Node) -> str | None:
        """The value of any string literal."""
        if node.kind != "literal" or node.word != "string":
            return None
        tokens = self.types.tokens
        return "".join(string_value(tokens.get(i)) for i in range(node.first, node.last))


Rule: TypeAlias = Callable[[Node, Site], str | None]
