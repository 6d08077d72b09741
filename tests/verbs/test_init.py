"""`ldp init`: a project that passes everything at once, and never a file that is lost."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError, UsageError
from ldp_magic.lake import Lake
from ldp_magic.verbs.init import init


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_passes_lint_and_runs_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my-shop"]) == 0
    said = capsys.readouterr().out
    assert "✓ my-shop  11 files written" in said and "cd my-shop" in said and "ldp run" in said
    monkeypatch.chdir(tmp_path / "my-shop")
    assert main(["lint"]) == 0
    assert "no findings" in capsys.readouterr().out
    commands = re.findall(r"^(ldp [^#\n]+?) *(?:#.*)?$", Path("README.md").read_text(), re.MULTILINE)
    assert [each.split()[1] for each in commands] == [
        "lint",
        "test",
        "run",
        "preview",
        "expectations",
        "graph",
        "report",
    ]
    for each in commands:
        assert main(shlex.split(each)[1:]) == 0, each
    lake = Lake.open(tmp_path / "my-shop", "dev")
    counts = {each.rpartition(".")[2]: sum(f.rows or 0 for f in lake.look(each).files) for each in lake.tables()}
    assert counts == {"orders": 57, "customers": 9, "sales": 57, "daily_revenue": 16}
    assert "<!doctype html>" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_both_environments_mean_something(tmp_path: Path, env: str):
    from ldp_magic.settings import find

    init(tmp_path / "1st.shop")
    settings = find(tmp_path / "1st.shop", env)
    assert settings.schema == ("_1st_shop_dev" if env == "dev" else "_1st_shop")
    assert list(settings.pipelines) == ["1st.shop"]


def test_here_and_what_git_has_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "README.md").write_text("mine\n")
    monkeypatch.chdir(tmp_path)
    started = init()
    assert started.kept == ("README.md",) and (tmp_path / "README.md").read_text() == "mine\n"
    assert "left as they were: README.md" in started.text() and "  cd " not in started.text()
    assert started.json()["files"] == list(started.files) and len(started.files) == 10


def test_nothing_is_written_over(tmp_path: Path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "ldp.toml").write_text("# mine\n")
    before = contents(tmp_path)
    with pytest.raises(LdpError, match=r"part of a project already: ldp\.toml") as caught:
        init(tmp_path / "shop")
    assert contents(tmp_path) == before and caught.value.fix
    (tmp_path / "shop" / "ldp.toml").unlink()
    init(tmp_path / "shop")
    before = contents(tmp_path)
    with pytest.raises(LdpError, match="and 5 more"):
        init(tmp_path / "shop")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ['a"b', "-a", "a\nb", "ä]", "x" * 101])
def test_names_that_no_pipeline_has(tmp_path: Path, name: str):
    with pytest.raises(UsageError, match="cannot be called"):
        init(tmp_path / name)
    assert not any(tmp_path.iterdir())


def test_a_file_in_the_way(tmp_path: Path):
    (tmp_path / "shop").write_text("a file")
    with pytest.raises(LdpError, match="cannot be made"):
        init(tmp_path / "shop")
