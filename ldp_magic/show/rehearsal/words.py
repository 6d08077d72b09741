"""What is said about a rehearsal, the same in every form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ldp_magic.events.words import listed
from ldp_magic.testing.rehearsal import Batch, Compared, Line, Rehearsal

MOST_NOTES, MOST_EXAMPLES = 12, 8
_ACTIONS = {"drop": ("dropped", "dropped"), "warn": ("warning", "warned of"), "fail": ("error", "failed for")}
_ALWAYS = ("rows in", "out", "dropped", "late")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, the sign that stands before it, and its figure, which is what the first line repeats."""

    state: str
    text: str
    figure: str = ""


def many(number: int, one: str, more: str = "") -> str:
    """`1 row`, `1,000 rows`"""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def heads(rehearsal: Rehearsal) -> list[str]:
    """The numbers that have a column: those that somebody told."""
    lines = [line for batch in rehearsal.batches for line in lines_of(rehearsal, batch)]
    found = list(_ALWAYS)
    found += ["updated"] if any(line.updated is not None for line in lines) else []
    found += ["state rows"] if any(line.state is not None for line in lines) else []
    return found + (["watermark"] if any(line.after for line in lines) else [])


def lines_of(rehearsal: Rehearsal, batch: Batch) -> list[Line]:
    """For one dataset every step of it, for all of them a line for each flow."""
    if not rehearsal.dataset:
        return [passed.whole for passed in batch.flows]
    found = [line for passed in batch.flows for line in passed.lines]
    if not batch.flows and not batch.failure:
        return [Line(what="read", came=0, out=0)]
    writes = [line for line in found if line.what == "write"]
    if len(writes) < 2:
        return found
    total = sum(line.out or 0 for line in writes)
    return [*(line for line in found if line.what != "write"), replace(writes[0], came=total, out=total)]


def cells(line: Line, names: Sequence[str], *, narrow: bool = False) -> list[str]:
    """The numbers of a line; a dot where there is none."""
    numbers = {
        "rows in": line.came,
        "out": line.out,
        "dropped": line.dropped,
        "late": line.late,
        "updated": line.updated,
        "state rows": line.state,
    }
    return [
        mark(line, narrow=narrow) if name == "watermark" else "·" if numbers[name] is None else f"{numbers[name]:,}"
        for name in names
    ]


def alarming(line: Line, name: str) -> bool:
    """Does a number say that rows were lost?"""
    return bool({"dropped": line.dropped, "late": line.late}.get(name))


def mark(line: Line, *, narrow: bool = False) -> str:
    """`10:52 → 11:40`; with its day where that changes. Where it is narrow only the end."""
    if not line.after:
        return "none" if line.what == "watermark" else "·"
    before, after = _time(line.before), _time(line.after)
    assert after is not None
    if before is None or narrow:
        return moment(after) if narrow else f"none → {moment(after)}"
    return f"stays {moment(after)}" if before == after else " → ".join(span(before, after))


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc) if text else None


def span(first: datetime, last: datetime) -> tuple[str, str]:
    """Two moments, as short as they can be told apart."""
    day, close = first.date() != last.date(), first.replace(second=0) == last.replace(second=0)
    return moment(first, day=day, seconds=close), moment(last, day=day, seconds=close)


def moment(time: datetime, *, day: bool = True, seconds: bool = False) -> str:
    """`18 Nov 10:52`, in UTC."""
    clock = f"{time:%H:%M:%S}" if seconds else f"{time:%H:%M}"
    return f"{time.day} {time:%b} {clock}" if day else clock


def title(batch: Batch) -> str:
    """`350 rows arrive · event times 10:31 to 12:40`"""
    said = [many(batch.rows, "row arrives", "rows arrive") if batch.rows else "nothing arrives"]
    if batch.first is not None and batch.last is not None:
        first, last = span(batch.first, batch.last)
        same_day = batch.first.date() == batch.last.date()
        day = f"{batch.first.day} {batch.first:%b} " if same_day else ""
        said.append(f"event times {day}{first} to {last}")
    said += [f"{batch.late:,} made late"] if batch.late else []
    said += [f"{batch.twice:,} made twice"] if batch.twice else []
    return " · ".join(said)


def figures(rehearsal: Rehearsal) -> str:
    """`3 batches · 1,000 rows in, 219 out`"""
    said = [many(len(rehearsal.batches), "batch", "batches")]
    if not rehearsal.dataset:
        return " · ".join([*said, f"{many(sum(b.rows for b in rehearsal.batches), 'row')} arrived"])
    came = sum(flow.read or 0 for flow in rehearsal.flows())
    out = rehearsal.compared[0].rows if rehearsal.compared else sum(flow.written or 0 for flow in rehearsal.flows())
    return " · ".join([*said, f"{many(came, 'row')} in, {out:,} out"])


def disturbed(rehearsal: Rehearsal) -> str:
    """How the rows were made to arrive, if not in good order."""
    made = rehearsal.made
    said = [
        f"{share:.3g} % {what}" for share, what in ((made.late * 100, "late"), (made.duplicate * 100, "twice")) if share
    ]
    said += ["shuffled"] if made.shuffle else []
    return f"{', '.join(said)}, seed {made.seed}" if said else ""


def marks(rehearsal: Rehearsal) -> list[Said]:
    """The figures below the first line: what was lost, and what is still to come."""
    late = sum(flow.late or 0 for flow in rehearsal.flows())
    dropped = sum(flow.dropped or 0 for flow in rehearsal.flows())
    groups = sum(each.open for each in rehearsal.compared)
    found = [Said("dropped", many(late, "late row"))] if late else []
    found += [Said("dropped", f"{dropped:,} dropped by expectations")] if dropped else []
    found += [Said("running", f"{many(groups, 'group')} still open")] if groups else []
    warned = sum(each.failed for each in rehearsal.expectations() if each.action == "warn")
    return found + ([Said("warning", f"{warned:,} warned")] if warned else [])


def lessons(rehearsal: Rehearsal) -> Iterator[Said]:
    """What the steps teach."""
    for check in rehearsal.expectations():
        if check.failed:
            state, what = _ACTIONS.get(check.action, ("warning", "broke"))
            name = "" if rehearsal.dataset else f"{check.dataset}: "
            yield Said(
                state, f"{name}{check.name} {what} {check.failed:,} of {many(check.passed + check.failed, 'row')}"
            )
    yield from _waited(rehearsal)
    for each in rehearsal.compared:
        name = "" if rehearsal.dataset else f"{each.dataset}: "
        for said in _lesson(each, rehearsal):
            yield replace(said, text=name + said.text)


def _lesson(each: Compared, rehearsal: Rehearsal) -> Iterator[Said]:
    if each.why:
        yield Said("unknown", f"not compared with all rows at once: {each.why}")
        each = replace(each, missing=each.open)
    elif each.equal:
        yield Said("ok", f"the same as all rows at once: {many(each.rows, 'row')}")
    elif not (each.other or each.extra or each.late or each.lost):
        yield Said("ok", f"what came out is what all rows at once give: {each.same:,} of {many(each.whole, 'row')}")
    else:
        yield Said("warning", f"not the same as all rows at once: {each.same:,} of {many(each.whole, 'row')} are equal")
    yield from _missing(each)
    if each.other:
        by = f"; told apart by {', '.join(each.keys)}" if each.keys else ""
        yield Said(
            "warning", f"{many(each.other, 'row')} {_have(each.other)} other values{_because(each, rehearsal)}{by}"
        )
    if each.extra:
        yield Said("warning", f"{many(each.extra, 'row')} came out that all rows at once do not give")
    if each.late:
        what = "changed nothing" if each.equal else f"{'is' if each.late == 1 else 'are'} lost"
        kept = f"; a delay of {_delay(rehearsal.enough)} would have kept all" if rehearsal.enough else ""
        yield Said("dropped", f"{many(each.late, 'row')} came after the watermark and {what}{kept}")


def _waited(rehearsal: Rehearsal) -> Iterator[Said]:
    """Batches of one dataset in which rows came and none went on, as all of them are kept for later."""
    silent = [str(batch.number) for batch in rehearsal.batches if rehearsal.dataset and _is_silent(batch)]
    grouped = any(each.remembers == "aggregate" for each in rehearsal.compared)
    if silent and grouped:
        name = f"batch{'es' if len(silent) > 1 else ''} {listed(silent)}"
        yield Said("info", f"{name} wrote nothing: a window closes when the watermark passes its end")


def _is_silent(batch: Batch) -> bool:
    return any(each.whole.came and not each.whole.out and each.whole.state for each in batch.flows)


def _delay(seconds: float) -> str:
    """A delay of at least so many seconds, in words that an INTERVAL takes."""
    for size, word, most in ((60, "minute", 7_200), (3_600, "hour", 172_800), (86_400, "day", float("inf"))):
        if seconds <= most:
            return many(int(-(-seconds // size)) or 1, word)
    raise AssertionError(seconds)


def _missing(each: Compared) -> Iterator[Said]:
    rest = max(each.missing - each.open, 0)
    if each.open:
        theirs = "its window is" if each.open == 1 else "their windows are"
        until = "until the watermark passes the end"
        yield Said(
            "running", f"{many(each.open, 'group')} {_have(each.open)} not come out: {theirs} still open, {until}"
        )
    if rest > 0:
        state, why = _why(each)
        yield Said(state, f"{many(rest, 'row')} {_have(rest)} not come out: {why}")


def _why(each: Compared) -> tuple[str, str]:
    """Why rows that are no open groups have not come out, and how bad that is."""
    if each.remembers == "code" and each.state:
        late = ", or made of rows that came too late" if each.late else ""
        return ("warning" if late else "running"), f"still waiting for the watermark{late}"
    if each.late:
        return "warning", "made of rows that came too late"
    if each.lost:
        return "warning", f"rows came too late for {listed(each.lost)}"
    if each.waiting:
        return "running", f"still waiting for the watermark in {listed(each.waiting)}"
    if each.remembers == "join" and each.state:
        return "running", "still waiting for rows of the other side"
    return "warning", "what it needs was not there in time"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _because(each: Compared, rehearsal: Rehearsal) -> str:
    if each.late or each.lost:
        return ": late rows are missing in them"
    return ": rows were doubled, late or shuffled" if disturbed(rehearsal) else ""


def examples(rehearsal: Rehearsal) -> list[tuple[str, str, str, str]]:
    """Rows that differ: which, in which column, its value in steps and at once."""
    return [
        (", ".join(value for _, value in other.key), name, here, there)
        for each in rehearsal.compared
        if each.keys
        for other in each.examples
        for name, here, there in other.differs
    ][:MOST_EXAMPLES]
