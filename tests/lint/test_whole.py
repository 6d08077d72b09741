"""What may stand elsewhere is a warning where the rest of the pipeline is not known."""

from pathlib import Path

import pytest

import ldp_magic

PARTS = {
    "LDP205": "CREATE OR REFRESH STREAMING TABLE inbox;",
    "LDP206": "CREATE FLOW f AS INSERT INTO somewhere BY NAME SELECT * FROM STREAM(main.raw.mail);",
    "LDP212": "CREATE TEMPORARY VIEW v AS SELECT 1 AS x;",
}


@pytest.mark.parametrize("code, text", PARTS.items())
def test_a_part_of_a_pipeline_is_warned_and_a_declared_one_is_wrong(
    code: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "part.sql").write_text(text)
    assert [f.severity for f in ldp_magic.lint("part.sql", select=[code])] == ["warning"]
    assert [f.severity for f in ldp_magic.lint(text=text, select=[code])] == ["warning"]
    assert [f.severity for f in ldp_magic.lint(".", select=[code])] == ["warning"]
    (tmp_path / "ldp.toml").write_text('[pipelines.p]\nsources = ["part.sql"]\n')
    assert [f.severity for f in ldp_magic.lint("part.sql", select=[code])] == ["error"]


def test_a_view_of_a_part_may_be_read_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "part.sql").write_text("CREATE TEMPORARY VIEW v AS SELECT 1 AS x;")
    assert [f.severity for f in ldp_magic.lint("part.sql", select=["LDP204"])] == ["info"]
    assert [f.severity for f in ldp_magic.lint(".", select=["LDP204"])] == ["warning"]
