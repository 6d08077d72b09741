"""A small pipeline with tests beside it."""

from __future__ import annotations

from pathlib import Path

from ldp_magic.testing.files import found, read
from ldp_magic.testing.outcome import Outcome
from ldp_magic.testing.running import Subject, run

SQL = """CREATE TEMPORARY VIEW clean AS SELECT * FROM STREAM(main.raw.orders) WHERE amount IS NOT NULL;
CREATE OR REFRESH STREAMING TABLE orders (
  CONSTRAINT positive EXPECT (amount > 0) ON VIOLATION DROP ROW,
  CONSTRAINT sane EXPECT (id < 1000) ON VIOLATION FAIL UPDATE
) AS SELECT id, amount, current_timestamp() AS seen, current_date AS day FROM STREAM(clean);
CREATE OR REFRESH MATERIALIZED VIEW totals AS SELECT count(*) AS n, sum(amount) AS amount FROM orders;
CREATE OR REFRESH STREAMING TABLE lines AS SELECT * FROM STREAM read_files('/Volumes/lines', format => 'csv',
  header => true, schema => 'id INT, at DATE');
CREATE OR REFRESH MATERIALIZED VIEW rates AS SELECT * FROM read_files('/Volumes/rates', format => 'json', schema => 'x INT');
CREATE OR REFRESH STREAMING TABLE clicks AS SELECT CAST(value AS STRING) AS text
  FROM STREAM read_kafka(bootstrapServers => 'b:9092', subscribe => 'clicks');
"""


def project(folder: Path, tests: str, name: str = "a.yml") -> Path:
    """The pipeline with one file of tests; its path."""
    (folder / "ldp.toml").write_text('[pipelines.shop]\nsources = ["shop.sql"]\n')
    (folder / "shop.sql").write_text(SQL)
    (folder / "tests").mkdir(exist_ok=True)
    path = folder / "tests" / name
    path.write_text(tests)
    return path


def outcome(folder: Path, tests: str, name: str = "a.yml") -> Outcome:
    """How the only test of a file ends."""
    path = project(folder, tests, name)
    assert found([folder]) == (path,)
    (case,) = read(path)
    return run(Subject.at(path), case)


def sentences(outcome: Outcome) -> list[str]:
    """What is wrong, where no rows are."""
    return [wrong.what for _, wrong in outcome.wrong]
