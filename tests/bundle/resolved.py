"""A bundle as the command-line tool of Databricks reads it: files merged, a target put over them, references resolved.

Written from its documentation and independent of the room: PyYAML and these lines.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml

USER = "ada_lovelace"
PATHS = {"root_path", "include", "notebook_path", "python_file", "path"}


def whole(folder: Path) -> dict[str, Any]:
    """The document of a bundle with everything that it includes; paths are made absolute."""
    main: dict[str, Any] = absolute(yaml.safe_load((folder / "databricks.yml").read_bytes()), folder)
    for pattern in main.get("include", ()):
        for path in sorted(folder.glob(pattern)):
            main = merged(main, absolute(yaml.safe_load(path.read_bytes()), path.parent))
    return main


def absolute(value: Any, folder: Path, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: absolute(one, folder, name) for name, one in value.items()}
    if isinstance(value, list):
        return [absolute(one, folder, key if isinstance(key, str) else "") for one in value]
    if isinstance(value, str) and key in PATHS and value.startswith("."):
        return os.path.normpath(folder / value)
    return value


def merged(one: Any, other: Any) -> Any:
    """Mappings are merged, lists are joined, everything else is replaced."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: merged(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
            for key in {**one, **other}
        }
    return [*one, *other] if isinstance(one, list) and isinstance(other, list) else other


def target(folder: Path, name: str) -> dict[str, Any]:
    """The bundle for a target, without references that it can resolve itself."""
    document = whole(folder)
    chosen = document["targets"][name]
    variables = {key: each.get("default") for key, each in document.get("variables", {}).items()}
    variables |= chosen.get("variables", {})
    document = merged(document, {key: value for key, value in chosen.items() if key != "variables"})
    known = {f"var.{key}": value for key, value in variables.items()}
    known |= {
        "workspace.current_user.short_name": USER,
        "bundle.target": name,
        "bundle.name": document["bundle"]["name"],
    }
    known |= {
        f"resources.schemas.{key}.name": one["name"] for key, one in document["resources"].get("schemas", {}).items()
    }
    for _ in range(4):
        document = filled(document, known)
        known = {key: filled(value, known) for key, value in known.items()}
    return document


def filled(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: filled(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    if isinstance(value, str):
        return re.sub(r"\$\{([^{}]+)\}", lambda found: str(known.get(found[1], found[0])), value)
    return value
