"""A real kernel, with the ids of cells and without: what is shown when, what replaces what, what is written back."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import pytest

from tests.notebook.kernels import MIME, Done, Kernel
from tests.notebook.test_magics import BRONZE, DECIDE, OLD, SILVER

pytestmark = pytest.mark.xdist_group("notebook kernel")
TRIES = 60
SLOW = (
    "CREATE OR REFRESH MATERIALIZED VIEW slow AS SELECT sum(a.id * b.id) AS n FROM range(3000000) a, range(3000000) b"
)


def view(name: str, value: int = 1) -> str:
    return f"%%ldp --no-preview\nCREATE OR REFRESH MATERIALIZED VIEW {name} AS SELECT {value} AS n"


def names(kernel: Kernel, deleted: Sequence[str] = ()) -> list[str]:
    """The datasets of the session."""
    done = kernel.run("print(get_ipython().meta['ldp_session'].names)", "asking", deleted)
    return list(eval(done.printed))


def test_findings_come_first_and_rows_follow_in_the_same_display(kernel: Kernel):
    done = kernel.run(f"%%ldp\n{OLD}", "a")
    assert [kind for kind, _ in done.messages] == ["display_data", "update_display_data"] and len(done.saved) == 1
    first, last = done.shown
    assert "LDP503" in first["text/plain"] and "12 rows" not in first["text/plain"]
    assert "LDP503" in last["text/plain"] and "12 rows" in last["text/plain"]
    assert last[MIME]["kind"] == "cell" and last[MIME]["version"] == 1


def test_without_ids_there_is_one_final_output(kernel: Kernel):
    done = kernel.run(f"%%ldp\n{OLD}")
    assert [kind for kind, _ in done.messages] == ["display_data"]
    assert "LDP503" in done.text and "12 rows" in done.text


def test_what_is_saved_is_the_same_with_ids_and_without(kernel: Kernel):
    with_ids = kernel.run(f"%%ldp\n{OLD}", "an-id-of-a-cell").saved
    kernel.run("%ldp forget all", "other")
    without = kernel.run(f"%%ldp\n{OLD}").saved
    assert with_ids == without and "an-id-of-a-cell" not in json.dumps(with_ids)


def test_the_contract(kernel: Kernel):
    code = "%%ldp\n-- 😀 é\n" + OLD
    said = kernel.run(code, "a").json
    assert (
        said["source"] == code
        and said["notes"] == ["a preview: nothing is written before %ldp run"]
        and said["previews"][0]["name"] == "bronze"
    )
    [finding] = said["findings"]
    [edit] = finding["fixes"][0]["edits"]
    assert finding["cell"] is None and edit["cell"] is None and finding["fixes"][0]["safe"]
    units = code.encode("utf-16-le")
    assert units[2 * edit["start16"] : 2 * edit["end16"]].decode("utf-16-le") == edit["was"]
    changed = (units[: 2 * edit["start16"]] + edit["text"].encode("utf-16-le") + units[2 * edit["end16"] :]).decode(
        "utf-16-le"
    )
    assert changed == code.replace("STREAMING LIVE TABLE", "STREAMING TABLE")
    assert "+" + BRONZE in said["diff"]


def payload(done: Done) -> list[dict[str, object]]:
    return list(done.reply["payload"])


@pytest.mark.parametrize("cell", ["a", None])
def test_fix_is_written_while_the_cell_runs(kernel: Kernel, cell: str | None):
    done = kernel.run(f"%%ldp --fix\n{OLD}", cell)
    assert payload(done) == [{"source": "set_next_input", "text": f"%%ldp --fix\n{BRONZE}", "replace": True}]
    assert done.json["findings"] == [] and done.json["source"] == f"%%ldp --fix\n{BRONZE}"
    assert payload(kernel.run("1 + 1", "b")) == [], "nothing is left for the next cell"


def test_nothing_is_written_unasked(kernel: Kernel):
    for code in (f"%%ldp\n{OLD}", f"%%ldp --fix --dry-run\n{OLD}", f"%%ldp\n{BRONZE}\n{DECIDE}"):
        assert payload(kernel.run(code, "a")) == []


def test_running_a_cell_again_replaces_what_it_made(kernel: Kernel):
    kernel.run(view("one"), "a")
    kernel.run(view("two"), "b")
    kernel.run(view("first"), "a")
    assert names(kernel) == ["first", "two"]


def test_a_second_definition_is_an_error_that_names_both(kernel: Kernel):
    kernel.run(view("one"), "a")
    done = kernel.run(view("one", 2), "b")
    assert "one is defined twice, first in notebook[one] line 2" in done.text and "cell:2" in done.text
    assert done.json["findings"][0]["related"][0]["cell"] == "one"
    assert kernel.run("%ldp preview one", "c").json["rows"] == [[1]]
    kernel.run(view("other"), "a")
    assert kernel.run(view("one", 2), "b").json["findings"] == [] and names(kernel) == ["other", "one"]


def test_a_deleted_cell_defines_nothing(kernel: Kernel):
    kernel.run(view("one"), "a")
    kernel.run(view("two"), "b")
    assert names(kernel, deleted=["a"]) == ["two"]
    kernel.run(view("two", 2), "b", deleted=["b"])
    assert names(kernel) == ["two"], "cut and pasted, a cell is called deleted while it runs"


def test_a_cell_that_is_none_of_ours_any_more_defines_nothing(kernel: Kernel):
    kernel.run(view("one"), "a")
    kernel.run("1 + 1", "a")
    assert names(kernel) == []


def test_several_texts_of_one_cell(kernel: Kernel):
    code = "for n in {}: get_ipython().run_cell_magic('ldp', '--no-preview', f'CREATE OR REFRESH MATERIALIZED VIEW v{{n}} AS SELECT 1 AS n')"
    kernel.run(code.format("(1, 2, 3)"), "a")
    assert names(kernel) == ["v1", "v2", "v3"]
    kernel.run(code.format("(4,)"), "a")
    assert names(kernel) == ["v4"]


def test_an_error_keeps_what_the_cell_said_before(kernel: Kernel):
    kernel.run(f"%%ldp\n{BRONZE}", "a")
    done = kernel.run("%%ldp\nCREATE OR REFRESH STREAMIN TABLE bronze AS SELECT 1", "a")
    assert "the notebook is as it was before this cell" in done.text and names(kernel) == ["bronze"]
    assert [kind for kind, _ in done.messages] == ["display_data"]


@pytest.mark.parametrize("cell", ["slow", None])
def test_an_interrupt_returns_and_leaves_the_session_clean(kernel: Kernel, cell: str | None):
    kernel.run(f"%%ldp\n{BRONZE}", "a")
    request = kernel.send(f"%%ldp\n{SLOW}", cell)
    time.sleep(1.5)  # until the query runs; earlier it would be as well
    began = time.monotonic()
    kernel.manager.interrupt_kernel()
    done = kernel.wait(request)
    took = time.monotonic() - began
    assert "KeyboardInterrupt" in done.error and took < 30, took
    assert names(kernel) == ["bronze"]
    assert kernel.run("%%ldp\nSELECT count(*) AS n FROM bronze", "b").json["previews"][0]["rows"] == [[12]]


def test_an_update_is_interrupted(kernel: Kernel):
    kernel.run(f"%%ldp --no-preview\n{SLOW}", "a")
    request = kernel.send("%ldp run", "b")
    time.sleep(1.5)
    kernel.manager.interrupt_kernel()
    done = kernel.wait(request)
    assert "✓ done" not in done.text and names(kernel) == ["slow"]
    kernel.run("%ldp forget all", "c")
    kernel.run(f"%%ldp --no-preview\n{BRONZE}", "a")
    assert "✓ done" in kernel.run("%ldp run", "b").text


def test_an_update_is_one_display_that_ends_in_its_last_state(kernel: Kernel):
    kernel.run(f"%%ldp\n{BRONZE}", "a")
    kernel.run(f"%%ldp\n{SILVER}", "b")
    done = kernel.run("%ldp run", "c")
    assert len(done.saved) == 1 and len(done.shown) >= 2
    assert "✓ done" in done.text and done.json["kind"] == "update" and "4 rows dropped" in done.text
    assert "✓ done" in kernel.run("_", "d").text, "and is there to be looked at again"
    done = kernel.run("x = %ldp run", "c")
    assert len(done.saved) == 1
    assert kernel.run("print(x.exit_code)", "d").printed == "0\n"


def test_an_update_without_ids_is_its_last_state(kernel: Kernel):
    kernel.run(f"%%ldp --no-preview\n{BRONZE}")
    done = kernel.run("%ldp run")
    assert len(done.shown) == 1 and "✓ done" in done.text


def test_an_update_that_cannot_begin_is_three_lines(kernel: Kernel):
    done = kernel.run("%ldp run", "a")
    assert done.reply["status"] == "error" and "Traceback" not in done.error and done.error.count("\n") <= 3


def test_no_engine_is_one_line(kernel: Kernel):
    kernel.run(
        "from importlib import import_module; p = import_module('ldp_magic.engine.packages')\n"
        "before = p.installed; p.installed = lambda name: None; p.client.cache_clear()"
    )
    try:
        done = kernel.run(f"%%ldp\n{OLD}", "a")
        assert "LDP503" in done.text and len(done.json["notes"]) == 1
        assert "pip install 'ldp-magic[local]'" in done.json["notes"][0] and "\n" not in done.json["notes"][0]
        assert names(kernel) == ["bronze"], "what is static works without an engine"
    finally:
        kernel.run("p.installed = before; p.client.cache_clear()")


def test_completion(kernel: Kernel):
    kernel.run(f"%%ldp\n{BRONZE}", "a")

    def complete(code: str) -> list[str]:
        for _ in range(TRIES):
            found = kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)})
            if found["matches"]:
                break
            time.sleep(0.2)  # a first key press may be too early for an answer
        return [code[: found["cursor_start"]][-1:] + each for each in found["matches"]]

    assert complete("%ldp gra") == [" graph"]
    assert complete("%ldp lint --fi") == [" --fix"]
    assert complete("%%ldp --no-pre") == [" --no-preview"]
    assert complete("%%ldp\nSELECT * FROM bro") == [" bronze"]
    assert complete("%%ldp\nSELECT b.amo FROM bronze AS b WHERE b.am")[0].endswith("b.amount")


def test_inspection(kernel: Kernel):
    kernel.run(f"%%ldp\n{BRONZE}\n{SILVER}", "a")

    def inspect(code: str, at: str) -> str:
        for _ in range(TRIES):
            asked = {"code": code, "cursor_pos": code.index(at) + 1, "detail_level": 0}
            found = kernel.ask("inspect_request", asked)
            if found["found"]:
                break
            time.sleep(0.2)
        return str(found["data"].get("text/plain", ""))

    said = inspect("%%ldp\nSELECT s.amount FROM silver AS s", "silver")
    assert "silver  streaming table" in said and "reads    bronze as a stream" in said
    assert "has_amount: amount IS NOT NULL, else the row is dropped" in said
    assert "column of silver" in inspect("%%ldp\nSELECT s.amount FROM silver AS s", "s.amount")
    assert "count-distinct" in inspect("%ldp explain LDP106", "LDP106")
    assert "silver  streaming table" in inspect("silver", "silver")
    assert "len(obj" in inspect("len([])", "len")
