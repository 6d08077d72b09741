"""Shift+Tab and `?` on a dataset, a column or a rule: what the graph and `ldp.lock` know, never a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any

from ldp_magic.notebook.known import Known, Relation, known_to, within
from ldp_magic.notebook.session import Session

__all__ = ["explained", "installed"]

_WORD = re.compile(r"[\w.`-]+")
_CODE = re.compile(r"LDP\d{3}", re.IGNORECASE)
_MOST = 60  # columns


def installed(shell: Any, session: Session) -> Callable[[], None]:
    """Let the shell ask us where Python knows no such name, and in our cells before it asks Python."""
    undo = [_names(shell, session)]
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and hasattr(kernel, "do_inspect"):
        undo.append(_cells(kernel, session))
    return lambda: _all(reversed(undo))


def _cells(kernel: Any, session: Session) -> Callable[[], None]:
    """In a cell of ours a word is one of SQL, whatever Python calls so."""
    before = kernel.do_inspect

    def do_inspect(code: str, cursor_pos: int, *args: Any, **kwargs: Any) -> Any:
        if code.lstrip().startswith(("%%ldp", "%ldp")):
            said = within(lambda: explained(session, word_at(code, cursor_pos), code), "")
            if said:
                return {"status": "ok", "found": True, "data": {"text/plain": said}, "metadata": {}}
        return before(code, cursor_pos, *args, **kwargs)

    return _put(kernel, "do_inspect", do_inspect)


def _names(shell: Any, session: Session) -> Callable[[], None]:
    """`bronze?` in any cell, where bronze is no name of Python."""
    before = shell.object_inspect_mime, shell._inspect

    def object_inspect_mime(name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return before[0](name, *args, **kwargs)
        except KeyError:
            said = within(lambda: explained(session, name), "")
            if not said:
                raise
            return {"text/plain": said, "text/html": f"<pre>{escape(said)}</pre>"}  # a kernel wants both

    def inspect(meth: str, name: str, *args: Any, **kwargs: Any) -> Any:
        if not shell._object_find(name).found and (said := explained(session, name)):
            print(said)
            return None
        return before[1](meth, name, *args, **kwargs)

    undo = [_put(shell, "object_inspect_mime", object_inspect_mime), _put(shell, "_inspect", inspect)]
    return lambda: _all(undo)


def _all(undo: Iterable[Callable[[], None]]) -> None:
    for each in undo:
        each()


def _put(target: Any, name: str, function: Any) -> Callable[[], None]:
    """The function in place of the object's method, until it is taken away."""
    object.__setattr__(target, name, function)
    return lambda: object.__delattr__(target, name)


def word_at(code: str, position: int) -> str:
    """The word around a place, with the names before its dots."""
    return next((each[0] for each in _WORD.finditer(code) if each.start() <= position <= each.end()), "")


def explained(session: Session, word: str, code: str = "") -> str:
    """What there is to say of a word; nothing if it means nothing to us."""
    word = word.strip("`.,;()")
    if not word:
        return ""
    if _CODE.fullmatch(word):
        return _rule(word)
    known = known_to(session)
    if relation := known.relation(word):
        return "\n".join(_relation(relation))
    return _column(word, code, known) or _rule(word)


def _rule(word: str) -> str:
    from ldp_magic.lint.rule import rule_called
    from ldp_magic.verbs.explain import Explained

    found = rule_called(word) if "-" in word or _CODE.fullmatch(word) else None
    return Explained(found).text() if found else ""


def _relation(relation: Relation) -> Iterator[str]:
    from ldp_magic.show.glyphs import clean

    dataset = relation.dataset
    made = f", {dataset.language}" if dataset is not None and dataset.language == "python" else ""
    yield clean(f"{relation.name}  {relation.kind}{made}")
    if dataset is not None:
        comment = dataset.definition.clause("comment")
        if comment is not None and isinstance(comment.value, str):
            yield clean(comment.value)
        yield clean(f"{dataset.streamness}: {dataset.reason}")
        yield from _around(dataset.reads, dataset.readers)
    yield from _described(relation)


def _around(reads: Any, readers: tuple[str, ...]) -> Iterator[str]:
    from ldp_magic.show.glyphs import clean

    if reads:
        names = (f"{each.name}{' as a stream' if each.streaming else ''}" for each in reads)
        yield clean(f"reads    {', '.join(dict.fromkeys(names))}")
    if readers:
        yield clean(f"read by  {', '.join(readers)}")


def _described(relation: Relation) -> Iterator[str]:
    from ldp_magic.show.glyphs import clean

    columns = relation.columns[:_MOST]
    wide = max((len(each.name) for each in columns), default=0)
    yield "" if columns else "its columns are not known; ldp lock notes those of sources"
    for each in columns:
        yield clean(f"  {each.name:<{wide}}  {each.type or 'unknown':<10}  {each.comment or ''}".rstrip())
    if more := len(relation.columns) - len(columns):
        yield f"  … {more} more"
    for rule in relation.dataset.expectations if relation.dataset is not None else ():
        yield clean(f"expects  {rule.name}: {rule.condition}, else {_ELSE[rule.on_violation]}")


_ELSE = {"warn": "the row is kept with a warning", "drop": "the row is dropped", "fail": "the update stops"}


def _column(word: str, code: str, known: Known) -> str:
    """A column of what the cell reads, or behind a dot of what stands before it."""
    from ldp_magic.show.glyphs import clean

    of, _, name = word.rpartition(".")
    for relation in filter(None, [known.behind(of, code)] if of else known.read_by(code)):
        for each in relation.columns:
            if each.name.lower() == name.lower():
                said = f"{each.name}  {each.type or 'unknown'}  column of {relation.name}, {relation.kind}"
                return clean(said) + (f"\n{clean(each.comment)}" if each.comment else "")
    return ""
