"""What `%load_ext ldp_magic` puts into a shell, and what unloading takes out again. The cells survive both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ldp_magic.notebook.magics import LDPMagics
from ldp_magic.notebook.request import saved_path
from ldp_magic.notebook.session import Session

__all__ = ["load", "unload"]

_SESSION, _CONFIG, _UNDO = "ldp_session", "ldp_config", "ldp_undo"


def load(shell: Any) -> None:
    """Register the magics, completion and inspection."""
    unload(shell)
    session = shell.meta.setdefault(_SESSION, Session(saved_path(shell)))
    magics = LDPMagics(shell, session)
    for name, value in shell.meta.get(_CONFIG, {}).items():
        setattr(magics, name, value)
    undo = [_register(shell, magics), _hook(shell, magics), _transform(shell), _complete(shell, session)]
    undo.append(_inspect(shell, session))
    if session.held:  # an empty one is opened with its first cell, as that loads what reads pipelines
        _open(session)
    shell.meta[_UNDO] = [*undo, lambda: _close(session)]


def unload(shell: Any) -> None:
    """Take everything out again; what the shell had before is there again."""
    for undo in reversed(shell.meta.pop(_UNDO, [])):
        undo()


def _open(session: Session) -> None:
    from ldp_magic.project import live

    live.open_(session)


def _close(session: Session) -> None:
    from ldp_magic.project import live

    live.close(session)


def _register(shell: Any, magics: LDPMagics) -> Callable[[], None]:
    held = shell.magics_manager.magics
    before = {kind: held[kind].get("ldp") for kind in ("line", "cell")}
    shell.register_magics(magics)

    def undo() -> None:
        for kind, magic in before.items():
            held[kind].pop("ldp", None)
            held[kind].update({"ldp": magic} if magic is not None else {})
        shell.magics_manager.registry.pop(type(magics).__name__, None)
        shell.configurables.remove(magics)
        shell.meta[_CONFIG] = {name: getattr(magics, name) for name in magics.trait_names(config=True)}

    return undo


def _hook(shell: Any, magics: LDPMagics) -> Callable[[], None]:
    shell.events.register("pre_run_cell", magics.before)
    return lambda: shell.events.unregister("pre_run_cell", magics.before)


def _transform(shell: Any) -> Callable[[], None]:
    shell.input_transformers_cleanup.append(with_body)
    return lambda: shell.input_transformers_cleanup.remove(with_body)


def with_body(lines: list[str]) -> list[str]:
    """IPython refuses a cell magic above nothing before the magic can say what it wants, or tell its help."""
    empty = bool(lines) and lines[0].startswith("%%ldp") and not "".join(lines[1:]).strip()
    return [lines[0].rstrip("\n") + "\n", "\n", "\n"] if empty else lines


def _complete(shell: Any, session: Session) -> Callable[[], None]:
    from IPython.core.completer import SimpleMatcherResult, context_matcher

    @context_matcher()  # type: ignore[untyped-decorator,unused-ignore]
    def ldp_matcher(context: Any) -> Any:
        """What can stand in our magics; nothing anywhere else."""
        text = context.full_text
        if "ldp" not in text:
            return SimpleMatcherResult(completions=[])
        from ldp_magic.notebook.completion import completed

        return completed(session, shell, context)

    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", None)
    if matchers is None:
        return lambda: None
    matchers.append(ldp_matcher)
    return lambda: matchers.remove(ldp_matcher)


def _inspect(shell: Any, session: Session) -> Callable[[], None]:
    from ldp_magic.notebook.inspection import installed

    return installed(shell, session)
