"""A graph in all its forms, as whole files; and what must hold for any graph, however odd its names."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from ldp_magic.pipeline import build
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show import graph, markup
from ldp_magic.show.graph.problems import troubles
from ldp_magic.show.graph.selection import MAX_NODES, around, pictured
from ldp_magic.show.pen import Pen
from ldp_magic.text import Source
from tests.show.samples import HOSTILE, LONG, SAMPLES, TROUBLED, chain, pipeline

GOLDEN = Path(__file__).parent / "golden"
PENS = {
    "text-100.txt": Pen(100),
    "text-80.txt": Pen(80),
    "text-80-ascii.txt": Pen(80, False, "ascii"),
    "text-100-color.txt": Pen(100, True),
}
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
MOVES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("case", SAMPLES)
@pytest.mark.parametrize("file", PENS)
def test_text(case: str, file: str, golden: Callable[[Path, str], None]):
    golden(GOLDEN / case / file, graph.text(SAMPLES[case](), PENS[file]) + "\n")


@pytest.mark.parametrize("case", SAMPLES)
def test_mermaid(case: str, golden: Callable[[Path, str], None]):
    golden(GOLDEN / case / "graph.mmd", graph.mermaid([SAMPLES[case]()]))


@pytest.mark.parametrize("case", SAMPLES)
def test_svg(case: str, golden: Callable[[Path, str], None]):
    golden(GOLDEN / case / "graph.svg", graph.svg([SAMPLES[case]()]).replace("><", ">\n<") + "\n")


@pytest.mark.parametrize("case", SAMPLES)
def test_html(case: str, golden: Callable[[Path, str], None]):
    picture = re.compile(r"base64,[A-Za-z0-9+/=]+")
    golden(GOLDEN / case / "graph.html", picture.sub("base64,...", graph.html(SAMPLES[case]())))


@pytest.mark.parametrize("case", SAMPLES)
def test_json(case: str, golden: Callable[[Path, str], None]):
    golden(GOLDEN / case / "graph.json", json.dumps(graph.json([SAMPLES[case]()]), indent=1, ensure_ascii=False) + "\n")


# --- the contract ------------------------------------------------------------------------------------------------


def test_the_json_says_what_others_rely_on():
    sql = """CREATE STREAMING TABLE t (CONSTRAINT w EXPECT (x > 0), CONSTRAINT d EXPECT (x > 1) ON VIOLATION DROP ROW,
      CONSTRAINT f EXPECT (x > 2) ON VIOLATION FAIL UPDATE)
      AS SELECT x FROM STREAM read_files('/a', format => 'json', schema => 'x INT');
    CREATE MATERIALIZED VIEW m AS SELECT * FROM t JOIN t AS u JOIN main.x.unknown;"""
    said = graph.json([pipeline(sql)])
    table, view = said["datasets"]
    assert [(e["name"], e["condition"], e["action"]) for e in table["expectations"]] == [
        ("w", "x > 0", "warn"),
        ("d", "x > 1", "drop"),
        ("f", "x > 2", "fail"),
    ]
    assert (table["kind"], table["language"], table["streamness"]) == ("streaming table", "sql", "append")
    assert table["columns"] == [{"name": "x", "type": "int"}] and view["columns"] is None
    assert table["reads"] == [{"name": "/a", "streaming": True}]
    assert view["reads"] == [{"name": "t", "streaming": False}, {"name": "main.x.unknown", "streaming": False}]
    assert sql[view["span"]["start"] : view["span"]["end"]].startswith("CREATE MATERIALIZED VIEW m")
    assert (table["source"], table["cell"]) == ("sample.sql", None)
    assert {e["name"]: (e["kind"], e["streamness"]) for e in said["external"]} == {
        "/a": ("files", "append"),
        "main.x.unknown": ("table", "snapshot"),
    }


def test_several_pipelines_are_a_list_and_none_is_an_empty_one():
    one = pipeline("CREATE MATERIALIZED VIEW a AS SELECT 1")
    assert [each["pipeline"] for each in graph.json([one, one])["pipelines"]] == ["sample", "sample"]
    assert graph.json([]) == {"pipelines": []}


def test_cycles_in_json():
    assert graph.json([pipeline(TROUBLED)])["cycles"] == [["a", "b", "c"], ["itself"]]


# --- text --------------------------------------------------------------------------------------------------------

WIDE = {"hostile": HOSTILE, "troubled": TROUBLED}


@pytest.mark.parametrize(("width", "glyphs", "sql"), list(product((80, 100, 140), ("unicode", "ascii"), WIDE)))
def test_no_line_is_wider_than_the_page(width: int, glyphs: str, sql: str):
    text = graph.text(pipeline(WIDE[sql], "p" * 300, "f" * 300 + ".sql"), Pen(width, False, glyphs))  # type: ignore[arg-type]
    assert [line for line in text.split("\n") if wcswidth(line) > width or wcswidth(line) < 0] == []
    assert glyphs == "unicode" or text.isascii()


@pytest.mark.parametrize("many", [1, 40, 200])
def test_deep_graphs_continue_below(many: int):
    text = graph.text(chain(many), Pen(80))
    assert all(wcswidth(line) <= 80 for line in text.split("\n"))
    assert len(re.findall(r"≈ t\d+ ", text)) == many, "each dataset is drawn once"


def test_colour_changes_nothing_but_colour():
    for make in SAMPLES.values():
        assert ESCAPE.sub("", graph.text(make(), Pen(100, True))) == graph.text(make(), Pen(100, False))


def test_every_dataset_and_every_edge_is_in_the_text():
    text = graph.text(chain(30, 3), Pen(140))
    assert all(re.search(rf"≈ t{n}\b", text) for n in range(30))
    joined = graph.text(pipeline("CREATE MATERIALIZED VIEW a AS SELECT 1; CREATE MATERIALIZED VIEW b AS SELECT 1;"
                                 "CREATE MATERIALIZED VIEW c AS SELECT * FROM a JOIN b"), Pen())  # fmt: skip
    assert "also reads ╌ b" in joined and "c, above" in joined


def test_the_legend_names_only_what_occurs():
    text = graph.text(pipeline("CREATE MATERIALIZED VIEW a AS SELECT 1"), Pen())
    assert text.splitlines()[-1].strip() == "■ materialized view"


# --- names that would rather be something else -------------------------------------------------------------------


class Page(HTMLParser):
    """Every element with its attributes, and that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


TAGS = {
    "div",
    "span",
    "samp",
    "strong",
    "bdi",
    "img",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
}
ATTRIBUTES = {"style", "class", "src", "alt", "width", "height", "open"}
DROPPED_STYLES = re.compile(r"var\(|inherit|currentColor|url\(|expression|position|font-family|(^|;)color:(?!#)")


@pytest.mark.parametrize("case", SAMPLES)
def test_the_html_survives_a_sanitiser(case: str):
    page = Page(graph.html(SAMPLES[case]()))
    assert page.open == [] and {tag for tag, _ in page.seen} <= TAGS
    for _, attributes in page.seen:
        assert attributes.keys() <= ATTRIBUTES
        assert not DROPPED_STYLES.search(attributes.get("style") or "")
        assert (attributes.get("src") or "data:image/svg+xml;base64,").startswith("data:image/svg+xml;base64,")


def test_the_facts_stay_when_the_styles_go():
    words = " ".join(Page(graph.html(SAMPLES["troubled"]())).words)
    for fact in ("✗", "did you mean events?", "a reads b reads c reads a", "streaming table", "STREAM", "appended"):
        assert fact in words


@pytest.mark.parametrize("case", SAMPLES)
def test_the_picture_is_xml_without_script(case: str):
    page = Page(graph.html(SAMPLES[case]()))
    inside = [base64.b64decode((a["src"] or "").split(",")[1]).decode() for tag, a in page.seen if tag == "img"]
    for svg in [graph.svg([SAMPLES[case]()]), *inside]:
        root = ElementTree.fromstring(svg)
        tags = {each.tag.rpartition("}")[2] for each in root.iter()}
        assert tags <= {"svg", "title", "style", "g", "rect", "path", "text", "tspan"}
        assert not [
            name for each in root.iter() for name in each.attrib if name.lower().startswith("on") or "href" in name
        ]
        assert "prefers-color-scheme:dark" in svg


def test_a_name_is_text_wherever_it_stands():
    hostile = SAMPLES["hostile"]()
    assert "<script" not in graph.html(hostile) + graph.svg([hostile]) + graph.mermaid([hostile])
    assert "<script" not in markup.document("<script>", graph.html(hostile))
    for text in (graph.text(hostile, Pen()), graph.mermaid([hostile]), graph.svg([hostile]), graph.html(hostile)):
        assert not MOVES.search(text)


LABEL = r"""[^"<>`&;]*(#\d+;[^"<>`&;]*)*"""
MERMAID = re.compile(
    r"flowchart LR|  %% [ -~]*"
    rf"""|  (subgraph p\d+\["{LABEL}"\]|end)"""
    rf"""|(  ){{1,2}}\w+(\["|\("|\(\["){LABEL}<br/>[^"<>]*("\]|"\)|"\]\)):::\w+"""
    r"|(  ){1,2}\w+ (-->|-\.->) \w+"
    r"|  classDef \w+ stroke:#[0-9a-f]{6},stroke-width:2px(,stroke-dasharray:4 4)?"
)


@pytest.mark.parametrize("case", SAMPLES)
def test_every_line_of_the_flowchart_is_one_that_mermaid_knows(case: str):
    one = SAMPLES[case]()
    for text in (graph.mermaid([one]), graph.mermaid([one, one])):
        assert [line for line in text.rstrip("\n").split("\n") if not MERMAID.fullmatch(line)] == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_characters="`"), min_size=1, max_size=90), min_size=1, max_size=6, unique=True
    )
)
def test_any_name_in_any_form(names: list[str]):
    lines = [f"CREATE MATERIALIZED VIEW `{name}` AS SELECT * FROM `{names[n - 1]}`;" for n, name in enumerate(names)]
    drawn = pipeline("\n".join(lines), names[0], names[-1])
    for pen in (Pen(80), Pen(80, False, "ascii"), Pen(140, True)):
        text = ESCAPE.sub("", graph.text(drawn, pen))
        assert not MOVES.search(text) and all(0 <= wcswidth(line) <= pen.width for line in text.split("\n"))
    ElementTree.fromstring(graph.svg([drawn]))
    assert Page(graph.html(drawn)).open == []
    assert [line for line in graph.mermaid([drawn]).rstrip("\n").split("\n") if not MERMAID.fullmatch(line)] == []
    json.loads(json.dumps(graph.json([drawn])))


# --- large graphs ------------------------------------------------------------------------------------------------


def names(drawn: Pipeline) -> set[str]:
    return set(drawn.datasets)


def test_a_picture_has_room_for_so_many_and_says_if_there_are_more():
    large = chain(200)
    part = pictured(large, "t100")
    assert names(part.pipeline) == {f"t{n}" for n in range(70, 131)} - {"t130"}
    assert len(part.pipeline.datasets) == MAX_NODES
    for form in (graph.svg([large], ["t100"]), graph.html(large, "t100"), graph.mermaid([large], ["t100"])):
        assert "60 of 200 datasets: those nearest to t100" in form
    assert pictured(chain(MAX_NODES)).note == ""


def test_without_a_choice_the_busiest_is_in_the_middle():
    lines = [f"CREATE MATERIALIZED VIEW a{n} AS SELECT * FROM hub;" for n in range(50)]
    lines += [f"CREATE MATERIALIZED VIEW lone{n} AS SELECT {n};" for n in range(30)]
    part = pictured(pipeline("\n".join(["CREATE MATERIALIZED VIEW hub AS SELECT 1;", *lines])))
    assert names(part.pipeline) == {"hub", *(f"a{n}" for n in range(50))}
    assert part.note == "51 of 81 datasets: those nearest to hub"


def test_a_part_keeps_the_trouble_of_its_own():
    part = around(pipeline(TROUBLED + "CREATE MATERIALIZED VIEW t AS SELECT * FROM twice;"), "t")
    assert [str(second.name) for _, second in part.duplicates] == ["twice"]
    assert part.cycles == () and part.missing == () and part.externals == {}


def test_many_problems_are_cut_and_many_sources_too():
    wrong = "\n".join(f"CREATE MATERIALIZED VIEW v{n} AS SELECT * FROM LIVE.nope{n};" for n in range(57))
    assert "… 7 more: --format json" in graph.text(pipeline(wrong), Pen())
    assert "… 7 more" in graph.html(pipeline(wrong)) and len(graph.json([pipeline(wrong)])["problems"]) == 57
    many = " CROSS JOIN ".join(f"main.raw.{'source' * 3}_{n}" for n in range(40))
    text = graph.text(pipeline(f"CREATE MATERIALIZED VIEW m AS SELECT * FROM {many}"), Pen(80))
    line = next(line for line in text.split("\n") if "also reads" in line)
    assert line.endswith("more") and wcswidth(line) <= 80 and line.count("main.raw") + int(line.split()[-2]) == 39


def test_a_large_graph_is_whole_in_text_and_in_json():
    large = chain(200, 7)
    assert len(graph.json([large])["datasets"]) == 200
    assert len(re.findall(r"≈ t\d+ ", graph.text(large, Pen(80)))) == 200


def test_the_part_around_a_dataset():
    whole = pipeline(
        "CREATE MATERIALIZED VIEW a AS SELECT 1; CREATE MATERIALIZED VIEW b AS SELECT * FROM a;"
        "CREATE MATERIALIZED VIEW c AS SELECT * FROM b; CREATE MATERIALIZED VIEW d AS SELECT * FROM a;"
        "CREATE MATERIALIZED VIEW e AS SELECT * FROM c JOIN d"
    )
    assert names(around(whole, "b")) == {"a", "b", "c", "e"}
    assert names(around(whole, "d")) == {"a", "d", "e"}
    assert around(whole, "b").datasets["a"].readers == ("b",)


def test_a_part_calls_what_it_leaves_out_neither_missing_nor_external():
    whole = pipeline(
        "CREATE MATERIALIZED VIEW a AS SELECT 1; CREATE MATERIALIZED VIEW b AS SELECT 1;"
        "CREATE MATERIALIZED VIEW c AS SELECT * FROM b JOIN a; CREATE MATERIALIZED VIEW d AS SELECT * FROM b"
    )
    part = around(whole, "a")
    assert names(part) == {"a", "c"}
    text = graph.text(part, Pen())
    assert "also reads ╌ b" in text and "missing" not in text and "◊" not in text
    assert "◊" not in graph.svg([part]) + graph.mermaid([part])
    assert {"name": "b", "streaming": False} in graph.json([part])["datasets"][1]["reads"]


def test_unknown_parts_of_functions_are_said():
    from ldp_magic.python import read as read_python

    code = "from pyspark import pipelines as dp\n@dp.materialized_view\ndef m():\n    return spark.read.table(where)\n"
    drawn = build("p", [read_python(Source("m.py", None, code).whole())])
    assert "? 1 unknown" in graph.text(drawn, Pen()) and graph.json([drawn])["unknown"][0]["source"] == "m.py"


def test_drawing_twice_draws_the_same():
    for make in SAMPLES.values():
        assert graph.svg([make()]) == graph.svg([make()])


def test_long_names_lose_their_middle():
    line = next(
        line for line in graph.text(SAMPLES["hostile"](), Pen(80)).split("\n") if "nnn" in line and "zzz" in line
    )
    assert "…" in line and LONG not in line


def test_a_problem_is_told_once_and_in_the_order_of_the_text():
    view = "CREATE OR REFRESH MATERIALIZED VIEW {} AS SELECT {};\n"
    drawn = pipeline(view.format("a", "x y z FROM t") + view.format("b", "'never"))
    said = [each.text.partition(":")[0] for each in troubles(drawn) if each.word == "syntax"]
    assert said == ["z is not expected here", "this string is never closed"]


def test_what_an_update_left_is_in_the_boxes_and_in_the_table():
    counts = {"daily_metrics": ("846 rows", "dropped", "15 dropped"), "events": ("1,000 rows", "ok", "1 of 1")}
    said = graph.html(SAMPLES["example"](), note="after update 1", counts=counts)
    words = re.sub(r"<[^>]*>", "", said)
    assert all(each in words for each in ("after update 1", "846", "15 rows dropped", "1 of 1 passed", "not counted"))
    picture = base64.b64decode(re.findall(r"base64,([^\"]+)", said)[0]).decode("utf-8")
    assert "846 rows" in picture and "15 dropped" in picture and "1 of 1" in picture
    assert "not counted" not in graph.html(SAMPLES["example"]())
