"""Files of a folder are one pipeline, unless two of its folders define the same dataset."""

from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.project import find

TABLE = "CREATE OR REFRESH MATERIALIZED VIEW {} AS SELECT 1 AS one;\n"


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> dict[str, list[str]]:
    return {m.name: sorted(c.source.name for c in m.cells) for m in find([folder]).pipelines}


def test_layers_in_folders_are_one_pipeline(here: Path) -> None:
    write(here, bronze__a_dot_sql=TABLE.format("a"), silver__b_dot_sql=TABLE.format("b"))
    assert list(names(here).values()) == [["bronze/a.sql", "silver/b.sql"]]


def test_labs_and_solutions_are_two(here: Path) -> None:
    write(here, labs__a_dot_sql=TABLE.format("`A`"), labs__sub__b_dot_sql=TABLE.format("b"))
    write(here, solutions__a_dot_sql=TABLE.format("live.a"), solutions__sub__b_dot_sql=TABLE.format("c"))
    assert names(here) == {
        "labs": ["labs/a.sql", "labs/sub/b.sql"],
        "solutions": ["solutions/a.sql", "solutions/sub/b.sql"],
    }
    assert len(ldp_magic.lint(".", select=["LDP203"])) == 0


def test_python_counts_too_and_only_where_the_folders_part(here: Path) -> None:
    code = "import dlt\n\n@dlt.table(\n  comment='x')\ndef a():\n    return spark.read.table('m.r.x')\n"
    write(here, x__v1__a_dot_py=code, x__v2__a_dot_py=code, y__b_dot_sql=TABLE.format("b"))
    assert sorted(names(here).values()) == [["x/v1/a.py"], ["x/v2/a.py"], ["y/b.sql"]]
    assert list(names(here / "x").values()) == [["x/v1/a.py"], ["x/v2/a.py"]]


def test_two_definitions_in_files_that_nothing_joins_are_a_warning(here: Path) -> None:
    write(here, one_dot_sql=TABLE.format("a"), two_dot_sql=TABLE.format("a"))
    assert [f.severity for f in ldp_magic.lint(".", select=["LDP203"])] == ["warning"]
    (here / "ldp.toml").write_text('[pipelines.p]\nsources = ["*.sql"]\n')
    assert [f.severity for f in ldp_magic.lint(".", select=["LDP203"])] == ["error"]


def test_two_definitions_in_one_file_are_an_error(here: Path) -> None:
    write(here, one_dot_sql=TABLE.format("a") * 2)
    assert [f.severity for f in ldp_magic.lint(".", select=["LDP203"])] == ["error"]
