"""The tables of a report: flows, expectations, findings."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ldp_magic.engine.answer import Checked
from ldp_magic.events import FlowState, Updated
from ldp_magic.events.words import duration
from ldp_magic.lint.finding import Finding
from ldp_magic.runs.outcome import Outcome
from ldp_magic.runs.parts import plain
from ldp_magic.show.expectations import words as checks
from ldp_magic.show.markup import escaped
from ldp_magic.show.places import where
from ldp_magic.show.report.pieces import BAR, bar, code, kind, section, sign, table
from ldp_magic.show.report.words import tally
from ldp_magic.show.updates.words import NUMBERS, chosen, figure_of, numbers, span

MOST_FLOWS, MOST_FINDINGS, MOST_NAMES = 200, 100, 40
_NOTHING = '<span class="mut">·</span>'
_GRAVEST = {"error": 0, "warning": 1, "info": 2}


def flows(update: Updated) -> str:
    """Each flow with its figures, and when it ran."""
    if not update.flows:
        return ""
    shown, rest = chosen(update.flows, MOST_FLOWS)
    heads = ["state", "flow", "kind", *NUMBERS, f"0 to {duration(update.elapsed() or 0.0)}"]
    whole = table(heads, [_flow(flow, update) for flow in shown], range(3, 3 + len(NUMBERS)))
    more = f'<p class="mut">{escape(rest)}</p>' if rest else ""
    return section("flows", f"{update.fine:,} of {update.total:,} done", _phases(update) + whole + more)


def _phases(update: Updated) -> str:
    said = [f"{sign(each.state)} {escape(each.name)} {escape(figure_of(each, update))}" for each in update.phases]
    return f'<p class="mut phases">{" › ".join(said)}</p>' if said else ""


def _flow(flow: FlowState, update: Updated) -> list[str]:
    found = numbers(flow, None)
    cells = [_NOTHING if found[name] is None else escape(found[name] or "") for name in NUMBERS]
    if flow.dropped:
        cells[NUMBERS.index("dropped")] = f"<b>{cells[NUMBERS.index('dropped')]}</b>"
    word = escape(flow.word)
    word = f"<b>{word}</b>" if flow.word in ("failed", "stopped") else word
    first = f'<span class="nw">{sign(flow.word)} {word}</span>'
    return [first, code(flow.name), kind(flow.kind), *cells, _when(flow, update)]


def _when(flow: FlowState, update: Updated) -> str:
    found, seconds = span(flow, update, update.seen, BAR), flow.elapsed(update.seen)
    if found is None or seconds is None:
        return bar(flow.word, 0, 0, f"{flow.name[:200]}: it did not run")
    return bar(flow.word, min(found[0], BAR - 4), max(found[1], 4), f"{flow.name[:200]}: {duration(seconds)}")


# --- expectations ------------------------------------------------------------------------------------------------


def expectations(outcomes: Sequence[Outcome]) -> str:
    """Those that rows broke, one line each, then the names of those that held."""
    every = [(found, each) for found in outcomes for each in checks.ordered(found.checks)]
    if not every:
        return ""
    broken = [(found, each) for found, each in every if each.failed]
    held = [each for _, each in every if not each.failed]
    most = checks.scale([each for _, each in broken])
    heads = ["result", "dataset", "expectation", "on violation", "passed", "failed", "share", f"0 to {most} %"]
    inside = table(heads, [_check(found, each, most) for found, each in broken], range(4, 7)) if broken else ""
    said = f"{len(broken):,} of {len(every):,} with failing rows" if broken else f"all {len(every):,} held"
    return section("expectations", said, inside + _held(held, after=bool(broken)))


def _check(found: Outcome, check: Checked, most: int) -> list[str]:
    state, word = checks.result(check)
    long = max(round(checks.portion(check) * 100 / most * BAR), 4)
    return [
        f'<span class="nw">{sign(state)} {word}</span>',
        code(found.dataset.name),
        f'{code(check.name)}<br><span class="mut">{code(plain(check.condition), 200)}</span>',
        f'<span class="mut nw">{checks.ACTIONS[check.action]}</span>',
        f"{check.passed:,}",
        f"<b>{check.failed:,}</b>",
        checks.share(check),
        bar(state, 0, min(long, BAR), f"{check.failed:,} of {check.passed + check.failed:,} rows failed"),
    ]


def _held(held: Sequence[Checked], *, after: bool) -> str:
    if not held:
        return ""
    names = ", ".join(code(each.name) for each in held[:MOST_NAMES])
    more = f" and {len(held) - MOST_NAMES:,} more" if len(held) > MOST_NAMES else ""
    many = f"{len(held):,}{' more' if after else ''} passed: "
    return f'<p>{sign("ok")} <span class="mut">{many}{names}{more}</span></p>'


# --- lint --------------------------------------------------------------------------------------------------------


def findings(found: tuple[Finding, ...] | None) -> str:
    """What lint says of the pipeline, the gravest first."""
    if found is None:
        return ""
    if not found:
        return section("lint findings", "none", "")
    ranked = sorted(found, key=lambda each: (_GRAVEST.get(each.severity or "", 3), each.order))
    inside = table(["finding", "rule", "what", "where"], map(_finding, ranked[:MOST_FINDINGS]))
    more = len(found) - MOST_FINDINGS
    rest = f'<p class="mut">… {more:,} more: {code("ldp lint")}</p>' if more > 0 else ""
    return section("lint findings", tally(found), inside + rest)


def _finding(finding: Finding) -> list[str]:
    severity = finding.severity or "info"
    what = escaped(finding.message, 600)
    why = f'<br><span class="mut">{escaped(finding.why, 600)}</span>' if finding.why else ""
    rule = f'{code(finding.code)}<br><span class="mut">{escape(finding.name)}</span>'
    return [
        f'<span class="nw">{sign(severity)} {escape(severity)}</span>',
        rule,
        what + why,
        code(where(finding.location)),
    ]
