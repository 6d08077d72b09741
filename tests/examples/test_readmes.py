"""What the READMEs of the examples show is what the tool says."""

from __future__ import annotations

import re

import pytest

import ldp_magic
from ldp_magic.cli import main
from tests.examples.example import EXAMPLES

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/ldp.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_that_of_the_pipeline(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- graph -->\n```mermaid\n(.*?)```\n<!-- end -->", readme, re.DOTALL)
    main(["graph", str(EXAMPLES / name), "--format", "mermaid"])
    assert shown and shown[1].strip() == capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_are_there(name: str) -> None:
    readme = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    verbs = set(re.findall(r"\bldp ([a-z]+)", "\n".join(re.findall(r"```sh\n(.*?)```", readme, re.DOTALL))))
    assert len(verbs) >= 5 and verbs <= set(ldp_magic.__all__), verbs


@pytest.mark.parametrize("name", NAMES)
def test_the_files_that_it_points_to_are_there(name: str) -> None:
    readme = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert targets and [each for each in targets if not (EXAMPLES / name / each).exists()] == []
