"""What should be in a workspace: files, pipelines, jobs and rights, as plain values of which nothing was sent yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, Union

__all__ = ["ROOT", "File", "Json", "Kind", "Problem", "Resource", "Wanted", "ref"]

Json: TypeAlias = Union[bool, int, float, str, "Sequence[Json]", "Mapping[str, Json]", None]
Kind: TypeAlias = Literal["schema", "volume", "pipeline", "job"]

# stands for the project's folder in the workspace, which only the name of the signed-in user decides
ROOT = "${root}"
_NOTEBOOKS = (b"# Databricks notebook source", b"-- Databricks notebook source")


def ref(kind: Kind, key: str) -> str:
    """Stands for the id of another resource, which only creating that one gives."""
    return f"${{resources.{kind}s.{key}.id}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the project's folder; *path* is relative to the folder, with `/`."""

    path: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """What it is called in the workspace: a notebook in source form loses its suffix there."""
        return (
            self.path.rpartition(".")[0] if self.content.lstrip(b"\xef\xbb\xbf").startswith(_NOTEBOOKS) else self.path
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One object of the workspace. *settings* is exactly what creating and updating sends; `ROOT` and `ref()` stand
    inside its texts. *permissions* are the entries of an access control list that are added to those there are.
    """

    kind: Kind
    key: str
    settings: Mapping[str, Json]
    permissions: tuple[Mapping[str, Json], ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)  # which place said a setting, by its dotted name

    @property
    def name(self) -> str:
        return str(self.settings.get("name", self.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that would go wrong and can be known without a workspace; *where* is a place as the user types it."""

    what: str
    why: str = ""
    fix: str = ""
    where: str = ""
    code: str = ""
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Everything that one environment of a project should have in its workspace."""

    project: str
    environment: str = ""
    profile: str = ""
    host: str = ""
    root: str = ""  # the folder in the workspace, where the settings name one
    catalog: str = ""
    schema: str = ""
    files: tuple[File, ...] = ()
    resources: tuple[Resource, ...] = ()  # in the order in which they are created
    tables: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # by qualified name: what decides its rows
    setup: tuple[str, ...] = ()  # SQL of the planned setup: grants, row filters, masks, dynamic views
    problems: tuple[Problem, ...] = ()
