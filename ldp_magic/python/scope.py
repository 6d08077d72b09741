"""Names and what they are bound to, with branches that can be tried and merged."""

from __future__ import annotations

from ldp_magic.python.values import Opaque, Value, either
from ldp_magic.text import Location


class Scope:
    """The names of a module, a class or one call of a function.

    Assignments go to the innermost layer; a branch is a layer that is taken off again and merged.
    """

    def __init__(self, outer: Scope | None = None, *, module: Scope | None = None, hidden: bool = False) -> None:
        self.outer, self.module = outer, module or self
        self.hidden = hidden  # a class body: functions inside do not see its names
        self.layers: list[dict[str, Value]] = [{}]
        self.elsewhere: dict[str, Scope] = {}  # global and nonlocal names

    def get(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope.own(name) if scope is self or not scope.hidden else None
            if found is not None:
                return found
            scope = scope.outer
        return None

    def own(self, name: str) -> Value | None:
        """The value of a name that was bound here."""
        if name in self.elsewhere:
            return self.elsewhere[name].own(name)
        return next((layer[name] for layer in reversed(self.layers) if name in layer), None)

    def set(self, name: str, value: Value) -> None:
        if name in self.elsewhere:
            self.elsewhere[name].set(name, value)
        else:
            self.layers[-1][name] = value

    def open(self) -> None:
        self.layers.append({})

    def close(self) -> dict[str, Value]:
        return self.layers.pop()

    def merge(self, branches: list[dict[str, Value]], at: Location) -> None:
        """Go on with what any of the branches bound."""
        for name in dict.fromkeys(name for branch in branches for name in branch):
            before = self.own(name)
            found = [branch.get(name, before) for branch in branches]
            self.set(name, either([v for v in found if v is not None], at))

    def forget(self, names: dict[str, Value], what: str, at: Location) -> None:
        """Names that a loop changed in a way that is not known."""
        for name in names:
            self.set(name, Opaque(what, at))
