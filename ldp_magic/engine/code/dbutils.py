"""`dbutils`: widgets and secrets answer; what reaches into a workspace is refused by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code.asked import Answers
from ldp_magic.engine.code.refused import Refused, StaysHere

_ELSEWHERE = "it belongs to a workspace, and a preview runs outside of one"


class DBUtils(StaysHere):
    """What `dbutils` offers."""

    def __init__(self, answers: Answers) -> None:
        self.widgets = Widgets(answers.widgets)
        self.secrets = Secrets(answers.secrets)
        self.library = Library()
        self.fs = Refused("dbutils.fs", _ELSEWHERE, "read files by spark.read, or by Python's own open")
        self.notebook = Refused("dbutils.notebook", _ELSEWHERE, "import the code from a module of the project")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Refused(f"dbutils.{name}", _ELSEWHERE)


class Library:
    """Packages are those of the Python that runs the preview."""

    def restartPython(self) -> None:
        """Nothing was installed."""


class Widgets:
    """The answers given from outside come before the defaults in the code."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given, self._defaults = given, dict[str, str]()

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        self._defaults[name] = str(defaultValue)

    def dropdown(self, name: str, defaultValue: str, choices: object = (), label: str | None = None) -> None:
        self.text(name, defaultValue)

    combobox = multiselect = dropdown

    def get(self, name: str) -> str:
        found = self.getAll()
        if name not in found:
            raise EngineError(
                f"dbutils.widgets.get: there is no widget {name}",
                why="nothing gives it a value, and no code before this line a default",
                fix=f'say dbutils.widgets.text("{name}", "...") first',
            )
        return found[name]

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:
        return self.get(name) if defaultValue is None else self.getAll().get(name, defaultValue)

    def getAll(self) -> dict[str, str]:
        return {**self._defaults, **self._given}

    def remove(self, name: str) -> None:
        self._defaults.pop(name, None)

    def removeAll(self) -> None:
        self._defaults.clear()


class Secrets:
    """A secret comes from an environment variable that the answers name; its value is in no setting."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def get(self, scope: str, key: str) -> str:
        name = f"{scope}/{key}"
        if name not in self._variables:
            raise EngineError(
                f"dbutils.secrets.get: no secret {name} is known here",
                why="a preview signs in nowhere to ask for secrets",
                fix=f"name the environment variable that holds {name}",
            )
        value = os.environ.get(self._variables[name])
        if value is None:
            raise EngineError(
                f"dbutils.secrets.get: the secret {name} is not set",
                why=f"it is to come from the environment variable {self._variables[name]}, which is absent",
                fix=f"export {self._variables[name]}=...",
            )
        return value

    def getBytes(self, scope: str, key: str) -> bytes:
        return self.get(scope, key).encode()
