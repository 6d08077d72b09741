"""Auto-wrap against pipelines that are known to be right: strip every STREAM, mend, compare."""

import pytest

from ldp_magic.cells import Cell
from ldp_magic.lint.fix import Fixed, fixed
from ldp_magic.lint.run import Linter
from ldp_magic.lint.select import Selection
from ldp_magic.project import Members
from ldp_magic.text import Source
from tests.lint import streams

PIPELINES = 200


def _members(texts: list[str]) -> Members:
    cells = tuple(Cell(Source(f"{number}.sql", None, text), "sql") for number, text in enumerate(texts))
    return Members(name="made up", cells=cells, origin="a test")


def _mended(texts: list[str], *, unsafe: bool) -> tuple[Fixed, list[str]]:
    found = fixed(_members(texts), Linter(Selection(select=("LDP101",))), unsafe=unsafe)
    return found, [cell.source.text for cell in found.members.cells]


@pytest.fixture(scope="module")
def outcomes() -> list[tuple[int, list[str], list[str], list[str]]]:
    """(seed, right, stripped, mended) of many pipelines."""
    found = []
    for seed in range(PIPELINES):
        marked = streams.pipeline(seed)
        bare = [streams.stripped(text) for text in marked]
        found.append((seed, [streams.right(text) for text in marked], bare, _mended(bare, unsafe=True)[1]))
    return found


def test_nearly_all_come_back_as_they_were(outcomes) -> None:
    lost = [seed for seed, right, _, mended in outcomes if right != mended]
    assert len(lost) <= PIPELINES / 100, lost


def test_no_dimension_is_wrapped(outcomes) -> None:
    for seed, right, bare, mended in outcomes:
        for before, text, should in zip(bare, mended, right, strict=True):
            wrong = streams.wrapped(text, before) - streams.wrapped(should, before)
            assert not wrong, (seed, [before[w - 60 : w + 40] for w in wrong])


def test_safe_fixes_wrap_nothing_wrong_and_most_that_must() -> None:
    needed = done = 0
    for seed in range(0, PIPELINES, 2):
        marked = streams.pipeline(seed)
        bare = [streams.stripped(text) for text in marked]
        _, mended = _mended(bare, unsafe=False)
        for text, before, after in zip(marked, bare, mended, strict=True):
            should, did = streams.wrapped(streams.right(text), before), streams.wrapped(after, before)
            assert did <= should, (seed, [before[w - 60 : w + 40] for w in did - should])
            needed, done = needed + len(should), done + len(did)
    assert done > 0.5 * needed


def test_what_is_right_is_left_alone() -> None:
    for seed in range(0, PIPELINES, 4):
        texts = [streams.right(text) for text in streams.pipeline(seed)]
        found, mended = _mended(texts, unsafe=True)
        assert mended == texts and not found.findings, (seed, [f.message for f in found.findings])


def test_right_pipelines_have_no_errors_at_all() -> None:
    for seed in range(1, PIPELINES, 5):
        found = Linter().lint(_pipeline([streams.right(text) for text in streams.pipeline(seed)]))
        errors = [(f.code, f.message, f.location.text) for f in found if f.severity == "error"]
        assert not errors, (seed, errors)


def _pipeline(texts: list[str]):
    from ldp_magic.project import graph

    return graph(_members(texts))
