"""Reading a spec: every mistake is told with its line, and what is right is used all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ldp_magic.errors import SourceError
from ldp_magic.forms.form import Key, Mismatch
from ldp_magic.settings import ENVIRONMENT_KEYS, PIPELINE_KEYS
from ldp_magic.spec.documents import Value, Word, line_of, read_yaml
from ldp_magic.spec.model import Include, PipelineSpec, Spec

__all__ = ["is_spec", "read"]

NAMES = ("ldp.yml", "ldp.yaml")
_ENDINGS = (".ldp.yml", ".ldp.yaml")
_OWN = ("pipelines", "environments")
_IN_PIPELINE = ("sources", "datasets")
_INTEGER, _NUMBER = re.compile(r"[-+]?\d{1,18}"), re.compile(r"[-+]?\d{1,18}\.\d{1,18}")
_NOT_VERBATIM = re.compile(r"[\\\n]|''")


def is_spec(name: str) -> bool:
    """Whether a file of that name is a spec of ours."""
    return name in NAMES or name.endswith(_ENDINGS)


def read(name: str, text: str) -> Spec:
    """What the spec in the file *name* says."""
    document = read_yaml(text, name)
    return _Reader(name, text.removeprefix("\ufeff"), text.startswith("\ufeff")).whole(document)


@dataclass(slots=True)
class _Reader:
    name: str
    text: str
    marked: bool  # by a byte order mark, which counts in our offsets
    errors: list[SourceError] = field(default_factory=list)

    def whole(self, document: dict[str, Value]) -> Spec:
        known = {key.name: key for key in ENVIRONMENT_KEYS}
        every = self.tables(document, "pipelines")
        environments = {
            env: self.settings(table, known, (), f"environments.{env}.")
            for env, table in self.tables(document, "environments").items()
        }
        said = self.settings({k: v for k, v in document.items() if k not in _OWN}, known, _OWN, "")
        pipelines = tuple(self.pipeline(name, table) for name, table in every.items())
        if not pipelines:
            self.say(
                document, "", "it names no pipelines", "a spec is of pipelines", "write pipelines:, and a name below"
            )
        return Spec(
            name=self.name, pipelines=pipelines, said=said, environments=environments, errors=tuple(self.errors)
        )

    def tables(self, document: dict[str, Value], key: str) -> dict[Any, dict[str, Value]]:
        """The tables under a key, by name."""
        held = document.get(key)
        if held is None:
            return {}
        if not isinstance(held, dict):
            self.say(
                document, key, f"{key} is no table", "it holds one table per name", f"write {key}: and names below"
            )
            return {}
        found: dict[Any, dict[str, Value]] = {}
        for name, table in held.items():
            if isinstance(table, dict):
                found[name] = table
            elif table is None and key == "environments":
                found[name] = {}
            else:
                self.say(held, name, f"{key}.{name} is no table", "it holds keys and values", "write its keys below it")
        return found

    def pipeline(self, name: str, table: dict[str, Value]) -> PipelineSpec:
        known = {key.name: key for key in PIPELINE_KEYS if key.name != "sources"}
        sources, spans = list(self.includes(table, name)), list[tuple[int, int]]()
        for each in self.datasets(table, name):
            if isinstance(each, Include):
                sources.append(each)
            else:
                spans.append(each)
        said = self.settings(
            {k: v for k, v in table.items() if k not in _IN_PIPELINE}, known, _IN_PIPELINE, f"pipelines.{name}."
        )
        return PipelineSpec(
            name=str(name), line=line_of(name if isinstance(name, Word) else table), sources=tuple(sources),
            sql=self.blanked(spans), said=said,
        )  # fmt: skip

    # --- what is in a pipeline -----------------------------------------------------------------------------------

    def includes(self, table: dict[str, Value], name: str) -> Iterator[Include]:
        sources = table.get("sources")
        for each in sources if isinstance(sources, list) else [sources] if sources is not None else []:
            if isinstance(each, Word) and each.is_text and each.strip():
                yield Include(str(each), each.line)
            else:
                why = "sources are files, folders and globs"
                self.say(table, "sources", f"a source of {name} is no path", why, "write - transformations/**")

    def datasets(self, table: dict[str, Value], pipeline: str) -> Iterator[Include | tuple[int, int]]:
        """Each dataset: the place of its statement, or the file that holds it."""
        held = table.get("datasets")
        if held is None:
            return
        why = "a dataset is a statement, or the file that holds it"
        fix = "write |, and the statement below it; or {file: sql/orders.sql}"
        if not isinstance(held, dict):
            self.say(table, "datasets", f"datasets of {pipeline} is no table", why, fix)
            return
        for name, value in held.items():
            file = value.get("file") if isinstance(value, dict) and len(value) == 1 else None
            if isinstance(file, Word) and file.strip():
                yield Include(str(file), file.line)
            elif isinstance(value, Word) and value.strip() and (span := self.span(value)):
                yield span
            elif isinstance(value, Word) and value.strip():
                fix = "write |, and the statement below it as it is"
                self.say(
                    held, name, f"the statement of {name} is in quotes", "its signs would not stand for themselves", fix
                )
            else:
                self.say(held, name, f"{name} is no dataset", why, fix)

    def span(self, word: Word) -> tuple[int, int] | None:
        """Where the statement stands, if it stands there as it is."""
        raw = self.text[word.start : word.end]
        if raw[:1] in "|>":
            line = raw.find("\n") + 1
            return (word.start + line, word.end) if line else None
        if raw[:1] in "\"'":
            return None if _NOT_VERBATIM.search(raw[1:-1]) else (word.start + 1, word.end - 1)
        return word.start, word.end

    def blanked(self, spans: list[tuple[int, int]]) -> str:
        """The text with nothing but these places left, each closed by a semicolon behind it."""
        if not spans:
            return ""
        signs = [sign if sign in "\r\n" else " " for sign in self.text]
        for start, end in spans:
            signs[start:end] = self.text[start:end]
            after = next((n for n in range(end, len(signs)) if signs[n] == " "), None)
            if after is not None and not self.text[start:end].rstrip().endswith(";"):
                signs[after] = ";"
        return ("\ufeff" if self.marked else "") + "".join(signs)

    # --- settings ------------------------------------------------------------------------------------------------

    def settings(
        self, table: Mapping[str, Value], known: Mapping[str, Key], more: tuple[str, ...], inside: str
    ) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in table.items():
            key = known.get(name)
            if key is None:
                near = get_close_matches(name.lower().replace("_", "-"), [*known, *more], n=1)
                what = f"no setting is called {inside}{name[:60]}" + (f"; {near[0]} is" if near else "")
                fix = f"write {near[0]}" if near else "take it away"
                self.say(table, name, what, f"there are {', '.join((*more, *known))}", fix)
                continue
            try:
                found[key.name] = key.form.read(_plain(value))
            except Mismatch as mismatch:
                where = ".".join((inside + name, *mismatch.inside))
                line = _deepest(table, name, mismatch.inside)
                example = key.form.example.replace(" = ", ": ")
                self.say_at(line, f"{where} cannot be {_shown(value, mismatch.inside)}",
                            f"{key.name} is {key.form.expected}", f"write {key.name}: {example}")  # fmt: skip
        return found

    def say(self, table: Mapping[str, Value], key: str, what: str, why: str, fix: str) -> None:
        line = line_of(dict(table), key) if key else 1
        self.say_at(line, what, why, fix)

    def say_at(self, line: int, what: str, why: str, fix: str) -> None:
        self.errors.append(SourceError(f"{self.name}:{line or 1}: {what}", why=why, fix=fix))


def _plain(value: Value) -> Any:
    """A value of YAML as one of TOML: words that are no texts become numbers and truths."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, Word) or value.is_text:
        return None if value is None else str(value)
    if value.lower() in ("true", "yes", "on", "false", "no", "off"):
        return value.lower() in ("true", "yes", "on")
    if _INTEGER.fullmatch(value):
        return int(value)
    return float(value) if _NUMBER.fullmatch(value) else str(value)


def _deepest(table: Mapping[str, Value], name: str, inside: tuple[str, ...]) -> int:
    """The line of the part that is wrong, or of the setting that holds it."""
    value: Value = dict(table)
    line = 0
    for key in (name, *inside):
        if not isinstance(value, dict) or key not in value:
            break
        line = line_of(value, key) or line
        value = value[key]
    return line


def _shown(value: Value, inside: tuple[str, ...]) -> str:
    for key in inside:
        value = value.get(key) if isinstance(value, dict) else value
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    return f'"{value[:60]}"' if isinstance(value, Word) and value.is_text else str(value)[:60]
