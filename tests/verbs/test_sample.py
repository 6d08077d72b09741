"""`ldp sample` without any place: made-up rows, where they go, and what the settings say then."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import parquet

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.verbs.preview import preview
from ldp_magic.verbs.sample import sample

LOCK = """version = 1

[source."main.raw.orders"]
kind = "table"
columns = [
  { name = "order_id", type = "bigint", nullable = false },
  { name = "email", type = "string" },
  { name = "amount", type = "decimal(10,2)" },
  { name = "ordered_at", type = "timestamp" },
]

[source."/Volumes/main/raw/landing/events"]
kind = "files"
format = "json"
columns = [
  { name = "event_id", type = "string" },
  { name = "user_id", type = "bigint" },
]
"""
SQL = """CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n, count(DISTINCT order_id) AS ids, min(amount) > 0 AS paid
FROM raw.orders;
CREATE STREAMING TABLE e AS SELECT * FROM STREAM read_files('/Volumes/main/raw/landing/events/*.json', format => 'json');
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ldp.toml").write_text('catalog = "main" # ours\n')
    (tmp_path / "ldp.lock").write_text(LOCK)
    (tmp_path / "p.sql").write_text(SQL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_error_says_both_commands_and_they_work(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["preview", "m"]) == 2
    error = capsys.readouterr().err
    assert "ldp sample raw.orders --place databricks" in error and "ldp sample raw.orders --fake" in error
    assert '[tool.ldp.local] "raw.orders" = "data/orders.csv"' in error
    assert main(["sample", "raw.orders", "--fake", "--rows", "50"]) == 0
    assert capsys.readouterr().out == (
        '✓ data/orders.parquet  50 rows of raw.orders made up\n✓ ldp.toml  "raw.orders" = "data/orders.parquet"\n'
    )
    assert (project / "ldp.toml").read_text() == (
        'catalog = "main" # ours\n\n[local]\n"raw.orders" = "data/orders.parquet"\n'
    )
    assert preview("m").rows == ((50, 50, True),)


def test_files(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["preview", "e"]) == 2
    assert "ldp sample '/Volumes/main/raw/landing/events/*.json' --fake" in capsys.readouterr().err
    made = sample("/Volumes/main/raw/landing/events", fake=True, rows=7)
    assert (made.path, made.rows, made.columns) == ("data/events/sample.json", 7, 2)
    assert len(preview("e").rows) == 7


def test_a_folder_that_is_mapped_already_needs_no_line(project: Path):
    text = '[local]\n"/Volumes/main/raw" = "in"\n'
    (project / "ldp.toml").write_text(text)
    made = sample("/Volumes/main/raw/landing/events", fake=True, rows=3)
    assert made.path == "in/landing/events/sample.json" and not made.settings
    assert (project / "ldp.toml").read_text() == text and len(preview("e").rows) == 3


def test_names_of_one_table_are_one(project: Path):
    first = sample("raw.orders", fake=True, rows=20, out="one.parquet")
    assert first.path == "one.parquet"
    second = sample("main.raw.orders", fake=True, rows=10, force=True)
    assert second.path == "one.parquet" and not second.settings
    assert parquet.read_table("one.parquet").num_rows == 10


def test_it_is_mapped_by_the_name_that_the_pipeline_reads(project: Path):
    (project / "p.sql").write_text("CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM MAIN.raw.Orders;")
    made = sample("raw.orders", fake=True, rows=5)
    assert made.mapping[0].lower() == "main.raw.orders" and preview("m").rows == ((5,),)


def test_the_seed_decides(project: Path):
    rows = []
    for seed in (0, 0, 1):
        sample("main.raw.orders", fake=True, rows=30, seed=seed, force=True)
        rows.append(parquet.read_table("data/orders.parquet").to_pylist())
    assert rows[0] == rows[1] != rows[2]


def test_settings_of_pyproject_and_none_at_all(project: Path):
    (project / "ldp.toml").unlink()
    (project / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.ldp]\ncatalog = "main"\n')
    sample("raw.orders", fake=True, rows=1)
    assert (
        (project / "pyproject.toml")
        .read_text()
        .endswith('catalog = "main"\n\n[tool.ldp.local]\n"raw.orders" = "data/orders.parquet"\n')
    )
    (project / "pyproject.toml").unlink()
    sample("main.raw.orders", fake=True, rows=1, force=True)
    assert (project / "ldp.toml").read_text() == '[local]\n"main.raw.orders" = "data/orders.parquet"\n'


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["main.raw.orders"], "nothing says where the rows of main.raw.orders are"),
        (["main.raw.other", "--fake"], "the columns of main.raw.other are not known"),
        (["kafka:clicks", "--fake"], "neither a table nor a path"),
        (["", "--fake"], "neither a table nor a path"),
        (["/Volumes/a/b.avro", "--fake"], "format avro cannot be taken"),
        (["main.raw.orders", "--fake", "--mask", "email"], "need no mask"),
        (["main.raw.orders", "--fake", "--rows", "-1"], "--rows cannot be -1"),
        (["main.raw.orders", "--fake", "--rows", "9999999"], "--rows cannot be"),
        (["main.raw.orders", "--fake", "--out", "a.xlsx"], "cannot be a file a.xlsx"),
        (["main.raw.orders", "--fake", "--out", "p.sql"], "cannot be a file p.sql"),
        (["main.raw.orders", "--fake", "--out", "ldp.toml/a.parquet"], "cannot be written"),
    ],
)
def test_what_cannot_be_followed(project: Path, capsys: pytest.CaptureFixture[str], words: list[str], what: str):
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert main(["sample", *words]) == 2
    error = capsys.readouterr().err
    assert what in error and "fix" in error
    assert before == {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_settings_that_are_not_followed_are_told(project: Path):
    text = 'catalog = "main"\nlocal."/x" = "y"\n'
    (project / "ldp.toml").write_text(text)
    with pytest.raises(LdpError, match="could not be given a line more") as caught:
        sample("raw.orders", fake=True, rows=1)
    assert 'add "raw.orders" = "data/orders.parquet" to [local]' in caught.value.fix
    assert (project / "ldp.toml").read_text() == text


def test_as_values(project: Path):
    assert sample("raw.orders", fake=True, rows=2).json() == {
        "source": "raw.orders",
        "file": "data/orders.parquet",
        "rows": 2,
        "columns": 4,
        "masked": [],
        "fake": True,
        "mapped_in": "ldp.toml",
    }
