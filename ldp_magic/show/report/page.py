"""The page: one file without scripts, that asks nothing of any network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timezone
from html import escape

from ldp_magic.events import Updated
from ldp_magic.show import markup
from ldp_magic.show.glyphs import clean
from ldp_magic.show.graph.page import alternative
from ldp_magic.show.graph.picture import drawn
from ldp_magic.show.graph.selection import pictured
from ldp_magic.show.graph.words import figures as figures_of
from ldp_magic.show.report import rows, tables, words
from ldp_magic.show.report.facts import Facts
from ldp_magic.show.report.pieces import code, section, sign
from ldp_magic.show.report.plan import plan
from ldp_magic.show.report.style import SHEET
from ldp_magic.show.updates.words import notes, problems, scope

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
MOST_PROBLEMS = 12


def html(facts: Facts) -> str:
    """The whole file."""
    title = escape(clean(f"{facts.pipeline.name}, {facts.update.name}"))
    body = "\n".join(filter(None, (part for part in _parts(facts))))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{SHEET}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _parts(facts: Facts) -> Iterator[str]:
    yield _header(facts)
    yield f'<div class="tiles">{"".join(map(_tile, words.tiles(facts)))}</div>'
    yield from _problems(facts.update)
    yield _attention(facts.update)
    yield _picture(facts)
    yield tables.flows(facts.update)
    yield tables.expectations(facts.outcomes)
    yield rows.samples(facts)
    yield plan(facts.plan, facts.schedule)
    yield tables.findings(facts.findings)
    yield _footer(facts)


def _header(facts: Facts) -> str:
    update = facts.update
    said = " · ".join(markup.escaped(each) for each in (*_scope(update), _moment(update)) if each)
    name = f"{markup.escaped(facts.pipeline.name)} <small>{markup.escaped(update.name)}</small>"
    return f'<header><h1>{name}</h1><div class="mut">{said}</div></header>'


def _moment(update: Updated) -> str:
    """`5 Jan 2026 02:00:03 UTC`"""
    began = update.began.astimezone(timezone.utc) if update.began else None
    return f"{began.day} {began:%b %Y %H:%M:%S} UTC" if began else ""


def _scope(update: Updated) -> Iterator[str]:
    said = scope(update)
    if update.environment and said:
        yield f"environment {said.pop(0)}"
    if update.place and said:
        yield f"{said.pop(0)} engine" if update.place == "embedded" else said.pop(0)
    yield from said


def _tile(tile: words.Tile) -> str:
    mark = f"{sign(tile.state)} " if tile.state else ""
    return f'<div><b>{mark}{markup.escaped(tile.figure)}</b><span class="mut">{markup.escaped(tile.said)}</span></div>'


def _problems(update: Updated) -> Iterator[str]:
    found = list(problems(update))
    for each in found[:MOST_PROBLEMS]:
        said = "".join(f"<dt>{escape(word)}</dt><dd>{_long(text)}</dd>" for word, text in each.said)
        title = f"<div>{sign('error')} <b>{_long(each.what)}</b></div>"
        yield f'<div class="stop c-error">{title}<dl>{said}</dl></div>'
    more = len(found) - MOST_PROBLEMS
    if more > 0:
        yield f'<p class="mut">… {more:,} more failed: {code("ldp events --level error")}</p>'


def _long(text: str) -> str:
    return markup.escaped(text, 2_000)


def _attention(update: Updated) -> str:
    found = [f"<tr><td>{sign(note.state)} {_long(note.text)}</td></tr>" for note in notes(update)]
    return section("what needs attention", "", f"<table><tbody>{''.join(found)}</tbody></table>") if found else ""


def _picture(facts: Facts) -> str:
    if not facts.pipeline.datasets:
        return ""
    part = pictured(facts.pipeline, "")
    picture = drawn(part.pipeline, outside=False, figures=words.figures(facts))
    image = markup.image(picture.text, alternative(part.pipeline), picture.width, picture.height)
    note = f'<p class="mut">{markup.escaped(part.note)}</p>' if part.note else ""
    return section("pipeline", ", ".join(figures_of(facts.pipeline)), image + note)


def _footer(facts: Facts) -> str:
    said = ["counts are exact"] if facts.outcomes else []
    said += ["the pipeline and its findings are as they are now" if facts.findings is not None else ""]
    elsewhere = facts.reasons and facts.zone != "UTC"
    said += [f"rows in {markup.escaped(facts.zone)}, other times in UTC" if elsewhere else "times in UTC"]
    said += [f"written by {code('ldp report')}"]
    return f"<footer>{' · '.join(filter(None, said))}</footer>"
