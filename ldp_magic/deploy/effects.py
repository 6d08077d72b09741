"""What an edit does to the rows of each table: told from what decides them, as it was deployed last and as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

__all__ = ["Data", "Effect", "effects"]

# none          the rows that are there are those that the new text would have made, or nothing of them depends on it
# recomputed    computed anew from all rows of its sources by the next update, without anybody asking
# forward only  rows that are there stay as they are, new ones follow the new text
# state lost    how far it has read is forgotten: its sources are read again, beside the rows that are there
# full refresh  the next update fails, or goes on wrongly, unless the table begins anew
# table dropped  the table of the old kind goes, with its rows
Data: TypeAlias = Literal["none", "recomputed", "forward only", "state lost", "full refresh", "table dropped"]
Shape: TypeAlias = Mapping[str, Any]
_ORDER: tuple[Data, ...] = ("none", "recomputed", "forward only", "state lost", "full refresh", "table dropped")
_REPLACED = ("full refresh", "table dropped")
_VIEW = "materialized view"
DROPS_INACTIVE = "pipelines.dropInactiveTables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes of the rows of one table. *what* is the edit in words, *reaches* are the tables behind it."""

    table: str  # its qualified name
    name: str  # as the pipeline calls it
    kind: str
    effect: Data
    why: str
    what: str = ""
    file: str = ""
    reaches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Verdict:
    effect: Data
    what: str
    why: str

    @property
    def weight(self) -> int:
        return _ORDER.index(self.effect)


def effects(
    was: Mapping[str, Shape], now: Mapping[str, Shape], configuration: Mapping[str, str] = {}
) -> tuple[Effect, ...]:
    """The effect on each table, in the order of the graph; those that are gone come last."""
    found: dict[str, Effect] = {}
    behind = _behind(now)
    unread = {name for name, shape in was.items() if not _is_whole(shape)}
    gone = [name for name in was if name not in now and name not in unread]
    for name, shape in now.items():
        if name in unread:
            verdict = _Verdict("forward only", "", "what it was is not written down; rows that are there stay")
        else:
            verdict = _own(was[name], shape) if name in was else _new(shape, [was[each] for each in gone])
        verdict = _through(shape, found, verdict)
        effect = Effect(
            table=name, name=shape["name"], kind=shape["kind"], effect=verdict.effect, why=verdict.why,
            what=verdict.what, file=shape.get("file", ""),
        )  # fmt: skip
        reaches = () if verdict.effect == "none" or name not in was else _reached(name, behind, now)
        found[name] = replace(effect, reaches=reaches)
    drops = str(configuration.get(DROPS_INACTIVE, "")).lower() == "true"
    return (*found.values(), *(_gone(name, was[name], drops) for name in gone))


_NAMES = [str]
_TABLE = {
    "name": str,
    "kind": str,
    "query": str,
    "partition": str,
    "columns": [(str, str)],
    "expectations": dict,
    "flows": dict,
    "reads": dict,
}
_FLOW = {"query": str, "once": bool, "sources": _NAMES}
_STREAM = {"memory": list, "watermarks": list, "anew": bool}
_CDC = {"keys": _NAMES, "sequence": str, "history": str, "tracked": list, "columns": list, "rules": list}
_KEPT: dict[str, Any] = {"groups": (str, _NAMES, _NAMES), "distinct": list, "join": list, "code": list}


def _is_whole(shape: object) -> bool:
    """Whether all is there that is compared: what a state file holds may come from another version, or be damaged."""
    if not _fits(shape, _TABLE) or not isinstance(shape, Mapping):
        return False
    flows = shape["flows"].values()
    return all(map(_is_flow, flows)) and _fits([*shape["expectations"].values()], [(str, str)])


def _is_flow(flow: Any) -> bool:
    if not _fits(flow, _FLOW):
        return False
    if "changes" in flow:
        return _fits(flow["changes"], _CDC)
    return _fits(flow, _STREAM) and all(
        _fits(each, list) and each and each[0] in list(_KEPT) and _fits(each, _KEPT[each[0]]) for each in flow["memory"]
    )


def _fits(value: Any, outline: Any) -> bool:
    """Whether a value is laid out so: of a type, a table with these keys, a list of such, or a tuple of these."""
    if isinstance(outline, type):
        return isinstance(value, (list, tuple) if outline is list else Mapping if outline is dict else outline)
    if isinstance(outline, dict):
        return isinstance(value, Mapping) and all(k in value and _fits(value[k], each) for k, each in outline.items())
    if not isinstance(value, (list, tuple)):
        return False
    if isinstance(outline, list):
        return all(_fits(each, outline[0]) for each in value)
    return len(value) == len(outline) and all(map(_fits, value, outline))


def _behind(now: Mapping[str, Shape]) -> dict[str, list[str]]:
    behind: dict[str, list[str]] = {}
    for name, shape in now.items():
        for source in shape["reads"]:
            behind.setdefault(source, []).append(name)
    return behind


def _reached(name: str, behind: Mapping[str, Sequence[str]], now: Mapping[str, Shape]) -> tuple[str, ...]:
    """Every table that reads it, or reads one that does."""
    seen: dict[str, None] = {}
    todo = list(behind.get(name, ()))
    while todo:
        each = todo.pop(0)
        if each not in seen and each != name:
            seen[each] = None
            todo += behind.get(each, ())
    return tuple(now[each]["name"] for each in seen)


def _gone(name: str, shape: Shape, drops: bool) -> Effect:
    said: tuple[Data, str] = ("none", "no longer made: it stays as it is until somebody drops it")
    if shape["kind"] == "sink":
        said = ("none", "no longer written; what was written outside stays")
    elif drops:
        said = ("table dropped", f"no longer made, and {DROPS_INACTIVE} drops what is not")
    return Effect(
        table=name, name=shape["name"], kind=shape["kind"], effect=said[0], why=said[1], what="gone",
        file=shape.get("file", ""),
    )  # fmt: skip


def _new(shape: Shape, gone: Iterable[Shape]) -> _Verdict:
    sources = ", ".join(_short(each) for each in shape["reads"])
    before = next((each for each in gone if _same_rows(each, shape)), None)
    if before is not None and shape["kind"] != _VIEW:
        why = f"a new name has read nothing yet: {sources or 'its source'} is read again, or what is left of it"
        return _Verdict("state lost", f"was {before['name']}", why)
    if shape["kind"] == _VIEW:
        return _Verdict("recomputed", "new", f"new; computed from {sources or 'its query'} on the first update")
    return _Verdict("forward only", "new", f"new; filled from {sources or 'its source'} on the first update")


def _same_rows(was: Shape, now: Shape) -> bool:
    asked = [sorted(str(flow["query"]) for flow in each["flows"].values()) or [each["query"]] for each in (was, now)]
    return asked[0] == asked[1] and was["kind"] == now["kind"] and any(asked[0])


def _through(shape: Shape, found: Mapping[str, Effect], own: _Verdict) -> _Verdict:
    """What becomes of a table whose own text may not have changed, through what it reads as a stream."""
    streamed = [found[name] for name, streams in shape["reads"].items() if streams and name in found]
    replaced = next((each for each in streamed if each.effect in _REPLACED), None)
    new = own.what == "new"
    if replaced is not None and not new and own.weight < _ORDER.index("full refresh") and shape["kind"] != _VIEW:
        why = f"it reads {replaced.name} as a stream, whose rows are replaced"
        return _Verdict("full refresh", own.what, why)
    twice = next((each for each in streamed if each.effect == "state lost" and each.what.startswith("flow")), None)
    if twice is not None and not new and own.weight < _ORDER.index("forward only"):
        return _Verdict("forward only", own.what, f"the rows that arrive in {twice.name} again arrive here, too")
    return own


# --- one table ------------------------------------------------------------------------------------------------------


def _own(was: Shape, now: Shape) -> _Verdict:
    verdicts = list(_verdicts(was, now))
    if not verdicts:
        same = "recomputed each update, as before" if now["kind"] == _VIEW else "query and options unchanged"
        return _Verdict("none", "", same)
    worst = max(verdicts, key=lambda each: each.weight)
    return replace(worst, what=", ".join(dict.fromkeys(each.what for each in verdicts if each.what)))


def _verdicts(was: Shape, now: Shape) -> Iterator[_Verdict]:
    if was["kind"] != now["kind"]:
        why = f"it was a {was['kind']}: Databricks stops until the old table is dropped, and its rows with it"
        yield _Verdict("table dropped", f"a {now['kind']} now", why)
        return
    yield from _checks(was, now)
    if now["kind"] == _VIEW:
        if was["query"] != now["query"] or was["flows"] != now["flows"]:
            yield _Verdict("recomputed", "another query", "its query changed; computed anew by the next update")
        return
    if was["partition"] != now["partition"]:
        yield _Verdict("full refresh", "partitioned otherwise", "the files of a table cannot be partitioned anew")
    yield from _types(was, now)
    yield from _flows(was["flows"], now["flows"])


def _checks(was: Shape, now: Shape) -> Iterator[_Verdict]:
    """What becomes of rows through the expectations. Those that only warn touch none."""
    old, new = was["expectations"], now["expectations"]
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not names:
        return
    what = ", ".join(f"{_how(name in old, name in new)} expectation {name}" for name in names)
    drops = any(each[name][1] == "drop" for each in (old, new) for name in names if name in each)
    fails = any(each[name][1] == "fail" for each in (old, new) for name in names if name in each)
    if drops and now["kind"] == _VIEW:
        yield _Verdict("recomputed", what, "rows that it drops are decided anew by the next update")
    elif drops:
        yield _Verdict(
            "forward only", what, "rows that are there were let in by the old rule; new ones meet the new one"
        )
    elif fails and now["kind"] != _VIEW:
        yield _Verdict("forward only", what, "rows that are there stay; only new ones can stop the update")
    else:
        yield _Verdict("none", what, "only what is counted changes, and no row")


def _how(before: bool, after: bool) -> str:
    return "new" if not before else "without" if not after else "another"


def _types(was: Shape, now: Shape) -> Iterator[_Verdict]:
    old = {name.lower(): type_ for name, type_ in was["columns"] if type_}
    for name, type_ in now["columns"]:
        before = old.get(name.lower())
        if before and type_ and before.lower() != type_.lower():
            why = f"rows that are there hold {name} as {before}, and the table cannot hold both"
            yield _Verdict("full refresh", f"{name} is {type_}", why)


# --- flows ----------------------------------------------------------------------------------------------------------


def _flows(was: Mapping[str, Shape], now: Mapping[str, Shape]) -> Iterator[_Verdict]:
    gone = {name: flow for name, flow in was.items() if name not in now}
    by_key = [any("changes" in flow for flow in flows.values()) for flows in (was, now)]
    if was and now and by_key[0] != by_key[1]:
        why = "rows that were added are no rows that changes have made"
        yield _Verdict("full refresh", "changes by key" if by_key[1] else "no changes by key", why)
        return
    for name, flow in now.items():
        if name in was:
            yield from _flow(was[name], flow)
            continue
        before = next((old for old, each in gone.items() if each["query"] == flow["query"]), None)
        if before is not None:
            del gone[before]
            why = (
                "what a flow has read is kept under its name: its source is read again, beside the rows that are there"
            )
            yield _Verdict("state lost", f"flow {before} is called {name}", why)
        else:
            yield _Verdict(
                "forward only", f"new flow {name}", f"flow {name} adds rows from the beginning of its source"
            )
    for name in gone:
        yield _Verdict("forward only", f"without flow {name}", f"flow {name} is gone; its rows stay")


def _flow(was: Shape, now: Shape) -> Iterator[_Verdict]:
    same = all(was.get(key) == now.get(key) for key in ("query", "once", "changes", "sources", "memory", "watermarks"))
    if same:
        return
    if was["once"] != now["once"]:
        why = "a flow that runs once keeps no place in its source, and one that goes on needs it"
        yield _Verdict("full refresh", "once" if now["once"] else "not once any more", why)
    elif now["once"]:
        yield _Verdict("none", "another query", "it has run once; its new query waits for a full refresh")
    elif was["sources"] != now["sources"]:
        yield _moved(was["sources"], now["sources"])
    elif "changes" in now:
        yield from _cdc(was, now)
    else:
        yield from _stream(was, now)


def _moved(was: Sequence[str], now: Sequence[str]) -> _Verdict:
    new, old = [name for name in now if name not in was], [name for name in was if name not in now]
    what = " and ".join(
        [*(f"reads {_short(name)}" for name in new), *(f"no longer reads {_short(name)}" for name in old)]
    )
    return _Verdict("full refresh", what, "how far it has read is of its old sources, and fits no others")


def _cdc(was: Shape, now: Shape) -> Iterator[_Verdict]:
    old, new = was["changes"], now["changes"]
    words = {
        "keys": "the keys",
        "sequence": "the sequence",
        "history": "the kind of history",
        "tracked": "what is tracked",
    }
    for key, name in words.items():
        if old[key] != new[key]:
            why = "what the table keeps to put changes in order was laid out for the old ones; the next update stops"
            yield _Verdict("full refresh", f"{name} changed", why)
    if old["columns"] != new["columns"]:
        yield _Verdict("forward only", "other columns", "rows that are there keep the columns that they had")
    if old["rules"] != new["rules"] or was["query"] != now["query"]:
        yield _Verdict("forward only", "other rules", "changes that were applied stay; new ones follow the new text")


def _stream(was: Shape, now: Shape) -> Iterator[_Verdict]:
    if was["anew"] and now["anew"]:
        yield _Verdict("recomputed", "another query", "without a watermark its groups are computed anew in each update")
    elif was["memory"] != now["memory"] or was["anew"] != now["anew"]:
        what = _remembered(was["memory"], now["memory"])
        yield _Verdict("full refresh", what, f"{what}, so its state cannot be read")
    elif was["watermarks"] != now["watermarks"]:
        why = "from now on other rows are late; what was left out or is written stays so"
        yield _Verdict("forward only", "another watermark", why)
    else:
        yield _Verdict("forward only", "another query", "rows that are there stay as the old query made them")


def _remembered(was: Sequence[Any], now: Sequence[Any]) -> str:
    """What a flow keeps now that it did not, or in another way."""
    kinds = [[each[0] for each in memory] for memory in (was, now)]
    words = {"groups": "groups", "distinct": "distinct rows", "join": "rows of both streams", "code": "rows in code"}
    if kinds[0] != kinds[1]:
        new = [words[each] for each in kinds[1] if each not in kinds[0]]
        old = [words[each] for each in kinds[0] if each not in kinds[1]]
        said = [f"it keeps {', '.join(new)} now"] if new else []
        said += [f"it keeps {', '.join(old)} no longer"] if old else []
        return " and ".join(said) or "what it keeps changed"
    before, after = next((pair for pair in zip(was, now, strict=True) if pair[0] != pair[1]), (["code"], ["code"]))
    if after[0] == "groups" and before[1] != after[1]:
        return _keys(before[1], after[1])
    return {
        "groups": "its aggregates changed",
        "distinct": "the columns that tell rows apart changed",
        "join": "the condition of the join changed",
    }.get(after[0], "code that keeps rows changed")


def _keys(was: Sequence[str], now: Sequence[str]) -> str:
    new, old = [key for key in now if key not in was], [key for key in was if key not in now]
    said = [f"gains {', '.join(map(_lower, new))}"] if new else []
    said += [f"loses {', '.join(map(_lower, old))}"] if old else []
    return f"the group key {' and '.join(said)}"


def _lower(key: str) -> str:
    return "".join(key.lower().split(" ")).replace(",", ", ")


def _short(name: str) -> str:
    """The last part of a table's name, the last two of a path."""
    return "/".join(name.rstrip("/").split("/")[-2:]) if "/" in name else name.rpartition(".")[2]
