"""What is said about rows, the same in every form."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.engine.answer import Answer, Checked

ACTIONS = {"drop": "drop row", "fail": "stop update", "warn": "keep, warn"}


def figures(answer: Answer) -> list[str]:
    """How many columns and rows, and of how many."""
    columns = len(answer.columns)
    return [f"{columns:,} column{'' if columns == 1 else 's'}", _rows(answer)]


def _rows(answer: Answer) -> str:
    shown = len(answer.rows)
    if answer.total is None:
        said = f"the first {shown:,} row{'' if shown == 1 else 's'}"
    elif answer.total > shown:
        said = f"{shown:,} of {answer.total:,} rows"
    else:
        said = f"{shown:,} row{'' if shown == 1 else 's'}"
    samples = answer.fidelity.samples
    if len(samples) == 1:
        return f"{said}, sampled from {samples[0].part}"
    return f"{said}, sampled from {len(samples)} sources" if samples else said


def result(each: Checked) -> tuple[str, str]:
    """The state of an expectation, and its word."""
    if not each.failed:
        return "ok", "passed"
    return {"drop": ("dropped", "dropped"), "warn": ("warning", "warned"), "fail": ("error", "stops")}[each.action]


def share(each: Checked) -> str:
    """Of all rows, how many fail."""
    total = each.passed + each.failed
    if not each.failed:
        return "0 %"
    part = 100 * each.failed / total
    return (
        "100 %" if each.failed == total else "> 99.9 %" if part > 99.9 else "< 0.1 %" if part < 0.1 else f"{part:.1f} %"
    )


def remarks(answer: Answer) -> Iterator[str]:
    """What has to be known of where the rows come from."""
    fidelity = answer.fidelity
    for sample in fidelity.samples if len(fidelity.samples) > 1 else ():
        yield f"{sample.source} is sampled: {sample.part}"
    for stand_in in fidelity.stand_ins:
        yield f"{stand_in.path} stands in for {stand_in.source}"
    yield from fidelity.notes


def approximations(answer: Answer) -> Iterator[tuple[str, str]]:
    """What is approximate, and why, with the way to the exact answer."""
    for each in answer.fidelity.approximate:
        yield each.what, f"{each.why} · {each.exact}" if each.exact else each.why
