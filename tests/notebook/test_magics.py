"""Every magic and every option, in a real shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic import verbs
from ldp_magic.project import live
from tests.notebook.conftest import Shell

BRONZE = "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT * FROM STREAM read_files('orders.json', format => 'json');"
SILVER = (
    "CREATE OR REFRESH STREAMING TABLE silver (CONSTRAINT has_amount EXPECT (amount IS NOT NULL) ON VIOLATION DROP ROW)"
    " AS SELECT id, amount FROM STREAM(bronze);"
)
GOLD = "CREATE OR REFRESH MATERIALIZED VIEW gold AS SELECT count(*) AS n FROM silver;"
OLD = (
    "CREATE OR REFRESH STREAMING LIVE TABLE bronze AS SELECT * FROM STREAM read_files('orders.json', format => 'json');"
)
DECIDE = "CREATE OR REFRESH STREAMING TABLE late AS SELECT count(DISTINCT id) AS n FROM STREAM(bronze);"


def test_a_cell_shows_rows_and_is_kept(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    assert "bronze  ≈ streaming table" in shell.out and "12 rows" in shell.out
    result = shell.run(f"%%ldp --limit 3\n{SILVER}")
    assert shell.error is None and "▼ dropped  has_amount" in shell.out
    assert result.dataset == "silver" and result.rows == ((1, 1.5), (2, 3.0), (4, 6.0))
    assert result.schema == (("id", "bigint"), ("amount", "double"))
    assert [(each.name, each.passed, each.failed) for each in result.expectations] == [("has_amount", 8, 4)]
    assert result.sql == SILVER and result.findings == () and len(result) == 3 and list(result) == list(result.rows)
    assert shell.run("_ is _2 or _.dataset") == "silver"
    shell.run("%ldp graph")
    assert "bronze" in shell.out and "silver" in shell.out


def test_rows_as_tables(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    table = shell.run("_.to_arrow()")
    assert table.column_names == ["amount", "id", "_rescued_data"] and table.num_rows == 12
    assert [str(field.type) for field in table.schema] == ["double", "int64", "string"]
    shell.run(
        "%%ldp r <<\nSELECT id, named_struct('a', id, 'b', array(1, 2)) AS s, DATE '2026-01-02' AS d FROM bronze LIMIT 1"
    )
    frame = shell.run("r.to_pandas()")
    assert list(frame.columns) == ["id", "s", "d"] and len(frame) == 1


@pytest.mark.parametrize(
    "line", ["%%ldp answer <<", "%%ldp answer<<", "%%ldp --out answer", "%%ldp --out=answer --limit 2"]
)
def test_the_answer_has_a_name(shell: Shell, line: str):
    shell.run(f"{line}\nSELECT 1 AS one")
    assert shell.run("answer.rows") == ((1,),)
    assert shell.run("answer.dataset") == ""


def test_the_answer_is_shown_again_where_it_is_asked_for(shell: Shell):
    shell.run("%%ldp --quiet --out answer\nSELECT 41 + 1 AS n")
    assert shell.out.replace("Out[2]:", "").strip() == ""
    shell.run("answer")
    assert "query  1 column · 1 row" in shell.out and "42" in shell.out


def test_a_name_that_is_none(shell: Shell):
    shell.run("%%ldp --out 1x\nSELECT 1")
    assert "the answer cannot be called 1x" in shell.out and "Traceback" not in shell.out


def test_safe_fixes_run_and_are_shown(shell: Shell):
    result = shell.run(f"%%ldp\n{OLD}")
    assert [each.code for each in result.findings] == ["LDP503"] and result.rows
    assert "what runs is the cell with its safe fixes" in shell.out and "-CREATE OR REFRESH STREAMING LIVE" in shell.out
    assert result.sql == BRONZE and not hasattr(shell.ip, "rl_next_input")
    shell.run("%ldp lint")
    assert "no findings" in shell.out, "what is kept is the mended text"


def test_fix_writes_the_cell(shell: Shell):
    shell.run(f"%%ldp --fix\n{OLD}\n")
    assert shell.ip.rl_next_input == f"%%ldp --fix\n{BRONZE}"
    assert "1 fix written into the cell" in shell.out and "no findings" not in shell.out


def test_config_is_a_default_that_a_flag_overrides(shell: Shell):
    shell.run("%config LDPMagics.autofix = True")
    shell.run("%config LDPMagics.limit = 2")
    result = shell.run(f"%%ldp\n{OLD}")
    assert shell.ip.rl_next_input == f"%%ldp\n{BRONZE}" and len(result.rows) == 2
    assert len(shell.run("%%ldp --limit all\nSELECT * FROM bronze").rows) == 12
    shell.run("%config LDPMagics.limit = 'many'")
    shell.run("%%ldp\nSELECT 1")
    assert "--limit cannot be many" in shell.out
    shell.run("%config LDPMagics.preview = False")
    shell.run("%config LDPMagics.limit = 20")
    assert shell.run(f"%%ldp\n{GOLD}").previews == ()
    shell.run("%config LDPMagics")
    assert "LDPMagics.place" in shell.out


def test_an_unsafe_fix_is_offered_and_stops_the_preview(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    result = shell.run(f"%%ldp\n{DECIDE}")
    assert "your decision" in shell.out and "the notebook is as it was before this cell" in shell.out
    assert result.previews == () and result.findings[0].severity == "error"
    with pytest.raises(Exception, match="this cell has no rows"):
        _ = result.rows
    shell.run("%ldp graph")
    assert "late" not in shell.out
    result = shell.run(f"%%ldp --unsafe-fixes\n{DECIDE}")
    assert "approx_count_distinct" in shell.ip.rl_next_input and result.rows == ((12,),)


def test_dry_run_keeps_nothing(shell: Shell):
    result = shell.run(f"%%ldp --dry-run\n{OLD}")
    assert result.findings and not result.previews and shell.ip.meta["ldp_session"].held == ()


def test_no_preview_keeps_the_cell(shell: Shell):
    result = shell.run(f"%%ldp --no-preview\n{BRONZE}")
    assert not result.previews and "no findings" in shell.out
    assert [each.names for each in shell.ip.meta["ldp_session"].held] == [("bronze",)]


def test_rules_are_chosen_as_in_the_terminal(shell: Shell):
    assert shell.run(f"%%ldp --ignore LDP503 --no-preview\n{OLD}").findings == ()
    found = shell.run(f"%%ldp --select LDP101 --no-preview\n{OLD}").findings
    assert found == ()
    shell.run(f"%%ldp --ignore LDP9999\n{OLD}")
    assert "LDP9999" in shell.out and shell.error is not None


def test_a_query_is_shown_and_never_kept(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    result = shell.run("%%ldp\nSELECT count(*) AS n FROM bronze;")
    assert result.rows == ((12,),) and result.findings == ()
    result = shell.run(f"%%ldp\n{GOLD.replace('silver', 'bronze')}\nSELECT n + 1 AS m FROM gold;")
    assert [each.rows for each in result.previews] == [((12,),), ((13,),)]
    texts = [each.cell.source.text for each in shell.ip.meta["ldp_session"].held]
    assert not any("SELECT n + 1" in text for text in texts)
    shell.run("%ldp lint")
    assert "no findings" in shell.out


def test_rows_come_in_the_same_order_each_time(shell: Shell):
    code = "%%ldp\nSELECT id % 7 AS k, if(id % 7 = 3, NULL, 'x') AS v FROM range(700) GROUP BY id % 7, 2"
    assert shell.run(code).rows == tuple((n, None if n == 3 else "x") for n in range(7))
    assert [row[0] for row in shell.run(f"{code} ORDER BY k DESC").rows] == [6, 5, 4, 3, 2, 1, 0]
    assert len(shell.run(f"{code.replace('%%ldp', '%%ldp --limit 3')}").rows) == 3


def test_a_query_alone_in_an_empty_notebook(shell: Shell):
    assert shell.run("%%ldp\nSELECT 'it''s {x} $HOME' AS said").rows == (("it's {x} $HOME",),)


def test_nothing_is_expanded(shell: Shell):
    shell.run("x = 5")
    shell.run("%ldp sql \"SELECT '{x} $x' AS said\"")
    assert "{x} $x" in shell.out
    shell.run("%%ldp --out {x}\nSELECT 1")
    assert "the answer cannot be called {x}" in shell.out


def test_python_is_read_and_only_a_preview_runs_it(shell: Shell, folder: Path):
    code = (
        "from pyspark import pipelines as dp\nopen('ran', 'a').write('x')\n\n\n"
        "@dp.materialized_view\ndef numbers():\n    return spark.range(3)\n"
    )
    result = shell.run(f"%%ldp --python --no-preview\n{code}")
    assert result.dataset == "numbers" and not (folder / "ran").exists()
    result = shell.run("%ldp preview numbers")
    assert sorted(result.rows) == [(0,), (1,), (2,)] and (folder / "ran").exists()


def test_python_cells_share_their_names(shell: Shell):
    shell.run("%%ldp --python --no-preview\nfrom pyspark import pipelines as dp\nHOW_MANY = 4\n")
    result = shell.run("%%ldp --python\n@dp.materialized_view\ndef four():\n    return spark.range(HOW_MANY)\n")
    assert len(result.rows) == 4


def test_a_whole_pipeline(shell: Shell):
    for text in (BRONZE, SILVER, GOLD):
        shell.run(f"%%ldp --no-preview\n{text}")
    ran = shell.run("%ldp run")
    assert ran.exit_code == 0 and "✓ done" in shell.out and "▼ 4 rows dropped" in shell.out
    for line, said in {
        "%ldp expectations silver": "has_amount",
        "%ldp lineage gold.n": "gold.n",
        "%ldp sql 'SELECT n FROM gold'": "8",
        "%ldp preview gold": "8",
        "%ldp events --format text": "gold",
        "%ldp history": "1 update",
        "%ldp run --dry-run": "gold",
        "%ldp lint": "no findings",
        "%ldp quarantine silver": "has_amount",
    }.items():
        shell.run(line)
        assert shell.error is None and said in shell.out, line


@pytest.mark.parametrize("name", verbs.names())
def test_every_verb_has_help(shell: Shell, name: str):
    shell.run(f"%ldp {name} --help")
    assert shell.error is None and f"usage: %ldp {name}" in shell.out
    shell.run(f"%ldp {name} -h")
    assert f"usage: %ldp {name}" in shell.out


@pytest.mark.parametrize("code", ["%ldp", "%ldp --help", "%ldp -h", "%ldp ;"])
def test_help_lists_every_verb(shell: Shell, code: str):
    shell.run(code)
    assert shell.error is None and all(f"  {name} " in shell.out for name in verbs.names())


@pytest.mark.parametrize(
    "code", ["%%ldp --help", "%%ldp -h\n", "%%ldp --help\n\n", "%%ldp --help\nSELECT 1", "%%ldp x << -h"]
)
def test_help_of_a_cell(shell: Shell, code: str):
    shell.run(code)
    assert shell.error is None and "usage: %%ldp" in shell.out and "--unsafe-fixes" in shell.out


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%ldp grph", "did you mean %ldp graph?"),
        ("%ldp lint --fx", "did you mean --fix?"),
        ("%%ldp --limt 3\nSELECT 1", "did you mean --limit?"),
        ("%%ldp --target spark-4.2x\nSELECT 1", "did you mean --target spark-4.2?"),
        ("%%ldp", "the cell is empty"),
        ("%%ldp lint", "write %ldp lint for a verb"),
        ("%%ldp lint\nSELECT 1", "write %ldp lint for a verb"),
        ("%ldp explain it's", "no rule is called it's"),
        ("%ldp preview don't", "no dataset is called don't"),
        ("%ldp preview nothing", "no dataset is called nothing"),
    ],
)
def test_mistakes_are_a_few_plain_lines(shell: Shell, code: str, said: str):
    shell.run(f"%%ldp --no-preview\n{BRONZE}")
    shell.run(code)
    assert shell.error is not None and said in shell.out + shell.err
    assert "Traceback" not in shell.out and len(shell.out.strip().splitlines()) <= 4


def test_a_semicolon_hides_nothing(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}\n;")
    assert "12 rows" in shell.out
    shell.run("%ldp graph;")
    assert "bronze" in shell.out
    shell.run("%ldp sql 'SELECT 7 AS seven';")
    assert "seven" in shell.out


def test_a_value_of_a_verb(shell: Shell):
    shell.run(f"%%ldp --no-preview\n{BRONZE}")
    shell.run("g = %ldp graph")
    assert "bronze" not in shell.out and "bronze" in shell.run("g.mermaid()")
    shell.run("g")
    assert "◊ orders.json" in shell.out
    shell.run("%ldp graph --format mermaid")
    assert "flowchart" in shell.out


def test_several_verbs_in_one_cell_are_all_shown(shell: Shell):
    shell.run(f"%%ldp --no-preview\n{BRONZE}")
    shell.run("%ldp graph\nkept = %ldp rules LDP101\nif True:\n    %ldp sql 'SELECT 7 AS seven'\n%ldp lint")
    assert "◊ orders.json" in shell.out and "seven" in shell.out and "missing-stream" not in shell.out
    assert shell.out.count("no findings") == 1 and "missing-stream" in repr(shell.run("kept"))


def test_answers_are_plain_values(shell: Shell):
    shell.run(f"%%ldp --no-preview\n{BRONZE}")
    assert shell.run("import copy; r = %ldp graph\ncopy.copy(r).pipelines[0].name") == "notebook"
    assert "bronze" in shell.run("str(r)") and shell.run("bool(r)") is True and "mermaid" in shell.run("dir(r)")
    assert "no findings" in repr(shell.run(f"%%ldp --quiet --no-preview\n{BRONZE}"))


def test_tests_are_of_the_cells(shell: Shell, folder: Path):
    (folder / "tests").mkdir()
    (folder / "tests" / "one.yml").write_text(
        "name: rows without an amount go\n"
        "input: {orders.json: [{id: 1, amount: 2.0}, {id: 2, amount: null}]}\n"
        "expect: {silver: [{id: 1, amount: 2.0}]}\n"
    )
    for text in (BRONZE, SILVER):
        shell.run(f"%%ldp --no-preview\n{text}")
    shell.run("%ldp test")
    assert "1 of 1 tests passed" in shell.out


def test_an_error_leaves_the_session_as_it_was(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    before = shell.ip.meta["ldp_session"].held
    for code in (
        "%%ldp\nCREATE STREAMING TABL bronze AS SELECT 1",
        f"%%ldp --limit x\n{SILVER}",
        f"%%ldp --place nowhere\n{SILVER}",
    ):
        shell.run(code)
        assert shell.ip.meta["ldp_session"].held == before, code


def test_a_preview_that_fails_is_said_and_the_rest_goes_on(shell: Shell):
    result = shell.run(
        "%%ldp\nCREATE OR REFRESH MATERIALIZED VIEW broken AS SELECT assert_true(false, 'no') AS a;\nCREATE OR REFRESH MATERIALIZED VIEW fine AS SELECT 1 AS a;"
    )
    assert [each.name for each in result.failed] == ["broken"] and result.rows == ((1,),)
    assert "✗ broken:" in shell.out


def test_a_program_calls_the_magic(shell: Shell):
    shell.run(
        "for n in (1, 2):\n    get_ipython().run_cell_magic('ldp', '--no-preview', f'CREATE OR REFRESH MATERIALIZED VIEW v{n} AS SELECT {n} AS n')"
    )
    shell.run("%ldp graph")
    assert "v1" in shell.out and "v2" in shell.out


def test_without_ids_the_name_is_the_key(shell: Shell):
    shell.run(
        "%%ldp --no-preview\nCREATE OR REFRESH MATERIALIZED VIEW a AS SELECT 1 AS x;\nCREATE OR REFRESH MATERIALIZED VIEW b AS SELECT 2 AS x;"
    )
    result = shell.run("%%ldp\nCREATE OR REFRESH MATERIALIZED VIEW b AS SELECT 3 AS x;")
    assert result.findings == () and result.rows == ((3,),)
    assert shell.run("%ldp preview a").rows == ((1,),)
    shell.run("%ldp forget a")
    shell.run("%ldp graph")
    assert "■ b" in shell.out and "■ a" not in shell.out
    shell.run("%ldp forget c")
    assert "no cell of this notebook makes c" in shell.out


def test_reload_keeps_the_cells_and_unload_leaves_nothing(bare: Shell):
    ip = bare.ip
    ip.register_magic_function(lambda line: "mine", "line", "ldp")

    def state() -> list[object]:
        ours = [each for each in ip.configurables if type(each).__name__ == "LDPMagics"]
        hooks = [ip.events.callbacks["pre_run_cell"], ip.input_transformers_cleanup, ours]
        own = {name for name in vars(ip) if name in ("_inspect", "object_inspect_mime")}
        return [*map(list, hooks), list(ip.Completer.custom_matchers), own, "LDPMagics" in ip.magics_manager.registry]

    before = state()
    bare.run("%load_ext ldp_magic")
    bare.run(f"%%ldp --no-preview\n{BRONZE}")
    bare.run("%config LDPMagics.limit = 3")
    for _ in range(3):
        bare.run("%reload_ext ldp_magic")
        assert bare.error is None
    assert len(state()[0]) == len(before[0]) + 1  # type: ignore[arg-type]
    bare.run("%ldp graph")
    assert "bronze" in bare.out
    bare.run("%unload_ext ldp_magic")
    assert state() == before and live.here() is None
    assert bare.run("%ldp x") == "mine"
    bare.run("%load_ext ldp_magic")
    assert len(bare.run("%%ldp\nSELECT * FROM bronze").rows) == 3


def test_python_calls_see_the_cells(shell: Shell):
    shell.run(f"%%ldp --no-preview\n{BRONZE}")
    assert "bronze" in shell.run("import ldp_magic; ldp_magic.graph().text()")


def test_question_marks(shell: Shell):
    shell.run("%ldp?")
    assert "%ldp VERB" in shell.out + shell.err
    shell.run(f"%%ldp --no-preview\n{BRONZE}")
    shell.run("bronze?")
    assert "streaming table" in shell.out
    shell.run("nothing_like_it?")
    assert "not found" in shell.out


def test_cells_are_not_written_by_lint(shell: Shell):
    shell.run(f"%%ldp --no-preview --ignore LDP503\n{OLD}")
    shell.run("%ldp lint --fix")
    assert "the cells of this notebook are no files: bronze" in shell.out


def test_settings_of_the_folder_count(shell: Shell, folder: Path):
    (folder / "ldp.toml").write_text(
        'ignore = ["LDP503"]\n[local]\nlanded = "orders.json"\n[parameters]\nfactor = "3"\n'
    )
    assert shell.run(f"%%ldp --no-preview\n{OLD}").findings == ()
    result = shell.run(
        "%%ldp\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT max(amount) * ${factor} AS most FROM landed"
    )
    assert result.rows == ((49.5,),)
