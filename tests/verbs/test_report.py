"""`ldp report`, over updates that were really run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.verbs.report import report
from tests.runs.project import Project

SQL = """CREATE OR REFRESH STREAMING TABLE t (
  CONSTRAINT small EXPECT (a BETWEEN 0 AND 9 AND note <> 'y') ON VIOLATION DROP ROW,
  CONSTRAINT `<b>odd</b>` EXPECT (b < 5),
  CONSTRAINT there EXPECT (id IS NOT NULL)
) AS SELECT * FROM STREAM read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT, note STRING');
CREATE OR REFRESH MATERIALIZED VIEW m (CONSTRAINT some EXPECT (n > 2) ON VIOLATION FAIL UPDATE) AS SELECT count(*) AS n FROM t;
CREATE OR REFRESH MATERIALIZED VIEW later AS SELECT n FROM m;
"""
EVIL = "<script>f()</script>"


class Page(HTMLParser):
    """The tags and the texts of a page, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._hidden += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "style"
        self.words += " " if tag in ("td", "th", "dd", "dt", "h2", "b") else ""

    def handle_data(self, data: str) -> None:
        self.words += "" if self._hidden else data


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    rows = ["1,0,1,x", f"2,9,1,{EVIL}", "3,5,9,x", f"4,-1,1,{EVIL}", "5,10,1,x", "6,,1,x"]
    project.put("landing/1.csv", "\n".join(["id,a,b,note", *rows]) + "\n")
    project.sql(SQL)
    monkeypatch.chdir(tmp_path)
    return project


def test_everything_that_is_known_is_on_the_page(project: Project):
    project.fine()
    page = Page(report().html())
    words = re.sub(r"\s+", " ", page.words)
    assert f"{project.root.name} update 1" in words and "environment dev · embedded engine" in words
    assert "▲ completed" in words and "with 2 warnings" in words and "the first update kept" in words
    assert "2 of 4" in words and "expectations held" in words
    assert "▼ 3 rows dropped by small" in words and "1 row kept that broke <b>odd</b>" in words
    assert "3 of 3 done" in words and "≈ streaming table 6 3 3" in words
    assert "a BETWEEN 0 AND 9 AND note <> 'y'" in words and "2 more passed: there, some" in words
    assert ">= 0" in words and "3 of 3 failing rows" in words and "was false for" in words
    assert "LDP307" in words and "lint findings" in words


def test_it_asks_nothing_and_runs_nothing(project: Project):
    project.fine()
    html = report().html()
    page = Page(html)
    assert not {"script", "link", "iframe", "object", "form", "input"} & set(page.tags)
    sources = [value for name, value in page.attributes if name in ("src", "href", "action", "data")]
    assert sources and all(each.startswith("data:image/svg+xml;base64,") for each in sources)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?://", html)
    assert "default-src 'none'" in html and "<b>odd</b>" not in html
    assert EVIL in page.words and EVIL not in html


def test_the_counts_are_in_the_picture(project: Project):
    import base64

    project.fine()
    data = re.search(r"data:image/svg\+xml;base64,([^\"]+)", report().html())
    assert data
    svg = base64.b64decode(data[1]).decode()
    assert "3 written" in svg and "3 dropped" in svg and "1 of 1" in svg


def test_an_earlier_update_and_the_one_before(project: Project):
    project.fine()
    project.put("landing/2.csv", "id,a,b,note\n7,1,1,x\n8,1,1,x\n")
    project.fine()
    newest = re.sub(r"\s+", " ", Page(report().html()).words)
    assert "update 2" in newest and "update 1 took" in newest and "rows that failed" not in newest
    assert "✓ completed" in newest and "all 4 held" in newest
    first = report(update=1)
    assert "3 of 3 failing rows" in Page(first.html()).words and first.facts.update.number == 1
    assert report(update=first.facts.update.id[:8]).facts.update.number == 1


def test_an_update_that_failed(project: Project, capsys: pytest.CaptureFixture[str]):
    project.put("landing/1.csv", "id,a,b,note\n1,0,1,x\n")
    assert project.run().state == "FAILED"
    assert main(["report"]) == 0
    assert "✓ wrote report.html" in capsys.readouterr().out
    words = re.sub(r"\s+", " ", Page(Path("report.html").read_text(encoding="utf-8")).words)
    assert "✗ failed" in words and "1 of 3 flows failed" in words and "3 of 4" in words
    assert "expectation some failed for 1 of 1 rows" in words and "✗ stops m some" in words
    assert "later was skipped" in words and "why" in words and "fix" in words


def test_rows_that_cannot_be_shown(project: Project, monkeypatch: pytest.MonkeyPatch):
    project.fine()
    assert "rows that failed" not in report(rows=0).html()
    monkeypatch.setenv("LDP_PLACE", "databricks")  # rows lie here, wherever previews are computed
    assert "3 of 3 failing rows" in Page(report().html()).words


def test_a_notebook_and_a_terminal(project: Project, tmp_path: Path):
    project.fine()
    made = report(rows=0).write(tmp_path / "a" / ".." / "r.html")
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == made.html()
    assert "completed, with 2 warnings" in made._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--update", "9"], "there is no update 9"),
        (["--pipeline", "other"], "no pipeline is called other"),
        (["--env", "prod"], "no environment is called prod"),
        (["--out", "nowhere/r.html"], "its folder is not there"),
        (["--rows", "x"], "--rows cannot be x"),
    ],
)
def test_what_cannot_be_followed(project: Project, capsys: pytest.CaptureFixture[str], words: list[str], what: str):
    project.fine()
    assert main(["report", *words]) == 2
    assert what in capsys.readouterr().err


def test_before_the_first_run(project: Project):
    with pytest.raises(LdpError, match="nothing was run here yet"):
        report()


def test_two_pipelines_keep_apart(tmp_path: Path):
    project = Project(tmp_path)
    project.put("ldp.toml", '[pipelines.one]\nsources = ["one"]\n[pipelines.two]\nsources = ["two"]\n')
    for name in ("one", "two"):
        project.put(f"{name}/a.sql", f"CREATE OR REFRESH MATERIALIZED VIEW of_{name} AS SELECT 1 AS id;\n")
    from ldp_magic.verbs.run import run

    run(tmp_path, pipeline="one")
    run(tmp_path, pipeline="two")
    assert report(tmp_path).facts.pipeline.name == "two"
    assert report(tmp_path, pipeline="one").facts.update.number == 1
    with pytest.raises(LdpError, match="update 1 is of one"):
        report(tmp_path, pipeline="two", update=1)


def test_it_tells_how_each_table_is_got_and_when(tmp_path: Path):
    project = Project(tmp_path).sql(
        "CREATE STREAMING TABLE raw AS SELECT * FROM STREAM read_files('in', format => 'json', schema => 'id INT');\n"
        "CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM raw;\n"
        "CREATE STREAMING TABLE odd AS SELECT * FROM STREAM(raw) ORDER BY id;"
    )
    project.put("ldp.toml", 'schedule = "0 0 2 * * ?"\n')
    project.put("in/a.json", '{"id": 1}\n', age=60)
    project.run()
    page = report(tmp_path).html()
    plan = page[page.index("<h2>plan") : page.index("</section>", page.index("<h2>plan"))]
    assert "runs daily at 02:00, UTC" in plan and "new rows of <samp>raw</samp>" in plan
    assert "computed anew" in plan and "cannot run: odd cannot run as a stream: ORDER BY" in plan
