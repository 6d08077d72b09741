"""What a user, a table or an error holds is text everywhere: in HTML, in plain text, in JSON; and never too much."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from tests.notebook.kernels import MIME, Done, Kernel
from tests.notebook.test_kernel import BRONZE

pytestmark = pytest.mark.xdist_group("notebook kernel")
HARMLESS = {
    "div", "span", "samp", "code", "table", "thead", "tbody", "tr", "th", "td", "pre", "details", "summary", "strong",
    "bdi", "br", "img", "small", "b",
}  # fmt: skip
EVIL = "<script>alert(1)</script></td></pre><img src=x onerror=alert(2)>&amp;\u202egnp.exe\x1b[31mred\x1b]8;;http://x\x07\u200b"
QUOTED = "".join(f"\\\\u{ord(c):04x}" if ord(c) < 32 else c for c in EVIL)


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.said += data


def checked(done: Done) -> None:
    """No element, order or direction of theirs; and a notebook stays small."""
    for data in done.saved:
        page = Elements()
        page.feed(data.get("text/html", ""))
        assert page.tags <= HARMLESS, page.tags - HARMLESS
        assert not any(name.startswith("on") for name in page.attributes)
        for text in (data["text/plain"], page.said):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", text)
        assert len(json.dumps(data, ensure_ascii=False).encode()) <= 200_000
    assert "\x1b]8" not in done.error and "\u202e" not in done.error


def sql(text: str) -> str:
    return (
        "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\x1b", "\\u001b").replace("\x07", "\\u0007") + "'"
    )


def test_in_rows_and_names(kernel: Kernel):
    done = kernel.run(f"%%ldp\nSELECT {sql(EVIL)} AS `<script>x</script>\u202e`, array({sql(EVIL)}) AS a", "a")
    checked(done)
    assert "<script>alert(1)" in done.text
    assert done.saved[0][MIME]["previews"][0]["rows"][0][0] == EVIL


def test_in_datasets_comments_and_expectations(kernel: Kernel):
    kernel.run(f"%%ldp\n{BRONZE}", "a")
    body = (
        f"CREATE OR REFRESH MATERIALIZED VIEW `<b>x</b>\u202e` (CONSTRAINT `</td><script>` EXPECT (id < 3) )"
        f" COMMENT {sql(EVIL)} AS SELECT id, {sql(EVIL)} AS t FROM bronze -- {EVIL[:60]}"
    )
    done = kernel.run(f"%%ldp\n{body}", "b")
    assert done.json["previews"][0]["rows"], done.text
    checked(done)
    for line in ("%ldp graph", "%ldp run", "%ldp expectations", "%ldp lint"):
        checked(kernel.run(line, "c"))
    shown = kernel.ask("inspect_request", {"code": "%%ldp\nSELECT * FROM bronze", "cursor_pos": 24, "detail_level": 0})
    assert "\x1b" not in shown["data"].get("text/plain", "")


def test_in_findings_and_errors(kernel: Kernel):
    done = kernel.run(f"%%ldp\nCREATE STREAMING TABLE t AS SELECT * FROM `{EVIL}` WHERE <script>", "a")
    checked(done)
    checked(kernel.run(f"%%ldp\nSELECT * FROM `</pre><script>{EVIL}`", "b"))
    checked(kernel.run(f"%%ldp\nSELECT raise_error({sql(EVIL)})", "b"))
    checked(kernel.run(f"%ldp preview '{EVIL}'", "c"))
    checked(kernel.run(f"%ldp '{EVIL}'", "c"))
    checked(kernel.run(f"%%ldp --{EVIL}\nSELECT 1", "c"))


def test_long_texts_and_many_rows(kernel: Kernel):
    done = kernel.run("%%ldp\nSELECT repeat('<é😀>', 300000) AS long, 1 AS n", "a")
    checked(done)
    assert "1,200,000 chars" in done.text
    assert done.json["previews"][0]["cut"] is True and done.json["previews"][0]["rows"][0][1] == 1
    done = kernel.run("%%ldp --limit all\nSELECT id, repeat('x', 500) AS x FROM range(5000)", "a")
    checked(done)
    assert kernel.run("print(len(_.rows))", "b").printed == "5000\n", "the answer has them all"
    checked(
        kernel.run(
            "%%ldp --no-preview\n" + "".join(f"CREATE LIVE TABLE t{n} AS SELECT {n} AS a;\n" for n in range(400)), "c"
        )
    )
    checked(kernel.run("%%ldp --no-preview\nSELECT '" + "y" * 1_000_000 + "'", "c"))
    checked(
        kernel.run(
            "%%ldp --no-preview\nCREATE OR REFRESH MATERIALIZED VIEW big AS SELECT '" + "y" * 1_000_000 + "' AS a", "c"
        )
    )
