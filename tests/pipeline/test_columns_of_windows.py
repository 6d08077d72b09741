"""The column that GROUP BY window(...) makes has an origin and a type."""

from ldp_magic.pipeline import build
from ldp_magic.pipeline.lineage import lineage_of
from ldp_magic.pipeline.schemas import with_columns
from ldp_magic.sql import read
from ldp_magic.text import Source

SQL = """CREATE OR REFRESH STREAMING TABLE d AS
SELECT CAST(window.start AS DATE) AS day, window.end AS until, count(*) AS n
FROM STREAM read_files('/in', format => 'json', schema => 'ts TIMESTAMP, u STRING') WATERMARK ts DELAY OF INTERVAL 1 HOUR
GROUP BY u, window(ts, '1 day');"""


def test_window_start_comes_from_the_time_column() -> None:
    pipeline = with_columns(build("p", [read(Source("a.sql", None, SQL).whole())]))
    assert [(c.name, c.type) for c in pipeline.datasets["d"].columns or ()] == [
        ("day", "date"),
        ("until", "timestamp"),
        ("n", "bigint"),
    ]
    steps = lineage_of(pipeline, "d", "day").steps
    assert [(s.dataset, s.column, s.how) for s in steps] == [("/in", "ts", "source"), ("d", "day", "cast")]
