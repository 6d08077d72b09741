"""One line more in the settings, and every other character as it was."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.author.project.mapping import mapped

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OURS: tuple[str, ...] = ()
THEIRS = ("tool", "ldp")


@pytest.mark.parametrize(
    ("before", "prefix", "after"),
    [
        pytest.param("", OURS, '[local]\n"a.b" = "x"\n', id="nothing yet"),
        pytest.param('# c\ncatalog = "m"', OURS, '# c\ncatalog = "m"\n\n[local]\n"a.b" = "x"\n', id="no table, no end"),
        pytest.param(
            '[local]\n"q" = "y" # why\n\n# of dev\n[env.dev]\nschema = "d"\n',
            OURS,
            '[local]\n"q" = "y" # why\n"a.b" = "x"\n\n# of dev\n[env.dev]\nschema = "d"\n',
            id="in the middle",
        ),
        pytest.param("[ local ] # c\n# none\n", OURS, '[ local ] # c\n"a.b" = "x"\n# none\n', id="an empty table"),
        pytest.param('[local]\n"q" = "y"', OURS, '[local]\n"q" = "y"\n"a.b" = "x"\n', id="no end"),
        pytest.param('local = { "q" = "y" } # c\n', OURS, 'local = { "a.b" = "x", "q" = "y" } # c\n', id="on one line"),
        pytest.param("local = {}\n", OURS, 'local = { "a.b" = "x" }\n', id="on one line, empty"),
        pytest.param(
            '[tool.ldp]\nlocal = { "q" = "y" }\n[tool.x]\nlocal = { z = 1 }\n',
            THEIRS,
            '[tool.ldp]\nlocal = { "a.b" = "x", "q" = "y" }\n[tool.x]\nlocal = { z = 1 }\n',
            id="another tool has one too",
        ),
        pytest.param(
            '[tool.ldp]\ncatalog = "m"\r\n',
            THEIRS,
            '[tool.ldp]\ncatalog = "m"\r\n\r\n[tool.ldp.local]\r\n"a.b" = "x"\r\n',
            id="line ends",
        ),
        pytest.param('local."q" = "y"\n', OURS, None, id="dotted keys"),
        pytest.param("[local\n", OURS, None, id="broken"),
        pytest.param("local = 1\n", OURS, None, id="no table"),
    ],
)
def test_pairs(before: str, prefix: tuple[str, ...], after: str | None):
    assert mapped(before, prefix, "a.b", "x") == after


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_name_and_path(name: str, where: str):
    text = '[local]\n"q" = "y"\n'
    new = mapped(text, (), name, where)
    if new is not None and name != "q":
        assert tomllib.loads(new) == {"local": {"q": "y", name: where}}
