"""What examples cannot say of the Python rules: notebooks whose cells share their names, helpers, odd texts, memory."""

import pytest

from ldp_magic.cells import Cell
from ldp_magic.lint.fix import fixed
from ldp_magic.lint.run import Linter
from ldp_magic.lint.select import Selection
from ldp_magic.lint.sources import pythons
from ldp_magic.project import Members, graph
from ldp_magic.text import Source
from tests.clock import assert_quick

DP = "from pyspark import pipelines as dp\n"


def members(*texts: str, name: str = "n.ipynb", target: str = "databricks") -> Members:
    cells = tuple(
        Cell(Source(name, f"#{n}" if name.endswith("ipynb") else None, t), "python") for n, t in enumerate(texts)
    )
    return Members(name="p", cells=cells, origin="a test", target=target)


def codes(some: Members, *select: str) -> list[tuple[str, str]]:
    found = Linter(Selection(select=select)).lint(graph(some), pythons=pythons(some))
    return [(f.code, f.location.text) for f in found]


def test_one_fix_renames_dlt_in_every_cell() -> None:
    some = members(
        "import dlt",
        "@dlt.view\ndef v():\n    return dlt.read('main.raw.s')\n",
        "@dlt.table\ndef t():\n    return dlt.read('v')\n",
    )
    done = fixed(some, Linter(Selection(select=("LDP801",))))
    assert [c.source.text for c in done.members.cells] == [
        "from pyspark import pipelines as dp",
        "@dp.temporary_view\ndef v():\n    return spark.read.table('main.raw.s')\n",
        "@dp.table\ndef t():\n    return spark.read.table('v')\n",
    ]
    assert not done.findings


def test_the_fix_is_not_safe_where_another_file_uses_the_import() -> None:
    used = Cell(Source("b.py", None, "@dlt.table\ndef b():\n    return dlt.read('a')\n"), "python")
    first = Cell(Source("a.py", None, "import dlt\n\n@dlt.table\ndef a():\n    return spark.range(3)\n"), "python")
    some = Members(name="p", cells=(first, used), origin="a test")
    (finding,) = Linter(Selection(select=("LDP801",))).lint(graph(some), pythons=pythons(some))
    assert finding.fix is not None and not finding.fix.safe


def test_no_fix_where_a_use_has_no_successor() -> None:
    some = members("import dlt\n\n@dlt.table\ndef t():\n    return dlt.read('a', 'b')\n\nhelper(dlt)\n", name="a.py")
    (finding,) = Linter(Selection(select=("LDP801",))).lint(graph(some), pythons=pythons(some))
    assert finding.fix is None and finding.fixes


@pytest.mark.parametrize(
    "text", ["import dlt\nimport dlt as d\n", "try:\n    import dlt\nexcept ImportError:\n    dlt = None\n"]
)
def test_odd_imports_are_told_once_each(text: str) -> None:
    some = members(text + "\n@dlt.table\ndef t():\n    return spark.range(3)\n", name="a.py")
    assert len(codes(some, "LDP801")) == text.count("import dlt")


def test_names_of_another_cell_count_for_the_session() -> None:
    some = members(
        DP, "spark.conf.set('a', 'b')", "@dp.table\ndef t():\n    return spark.readStream.table('main.raw.s')\n"
    )
    assert codes(some, "LDP804") == [("LDP804", "spark.conf.set")]


def test_files_that_define_nothing_may_do_what_they_like() -> None:
    text = "spark.conf.set('a', 'b')\nspark.sql('DROP TABLE x')\nopen('x', 'w')\ndf.writeStream.start()\n"
    assert codes(members(text, name="tool.py"), "LDP804", "LDP805", "LDP809", "LDP814") == []


def test_code_that_nobody_calls_is_not_judged() -> None:
    text = (
        DP + "def later(df):\n    df.writeStream.start()\n    spark.sql('DROP TABLE x')\n    spark.conf.set('a', 'b')\n"
    )
    text += "\n\n@dp.table\ndef t():\n    return spark.readStream.table('main.raw.s')\n"
    assert codes(members(text, name="a.py"), "LDP804", "LDP805", "LDP809", "LDP814") == []


def test_helpers_that_are_called_are_judged_where_they_stand() -> None:
    text = (
        DP
        + "def log():\n    spark.sql('INSERT INTO x VALUES (1)')\n\n\n"
        + "@dp.table\ndef t():\n    log()\n    return spark.readStream.table('s')\n"
    )
    assert codes(members(text, name="a.py"), "LDP805") == [("LDP805", "INSERT")]


def test_a_helper_of_many_datasets_is_told_once() -> None:
    body = "def h(df):\n    df.count()\n    return df\n\n\n"
    body += "\n\n".join(
        f"@dp.materialized_view\ndef m{n}():\n    return h(spark.read.table('main.raw.s'))\n" for n in range(5)
    )
    assert codes(members(DP + body, name="a.py"), "LDP803") == [("LDP803", "count()")]


def test_a_flow_without_a_target_is_told_once() -> None:
    some = members(
        DP + "\n\n@dp.append_flow()\ndef f():\n    return spark.readStream.table('main.raw.s')\n", name="a.py"
    )
    assert codes(some, "LDP001", "LDP808") == [("LDP808", "@dp.append_flow()")]


def test_places_inside_f_strings_are_never_edited_wrongly() -> None:
    text = 'import dlt\n\n@dlt.table\ndef t():\n    print(f"""🙂\n{dlt.read("a").x} {  dlt.table }""")\n    '
    text += "return spark.range(3)\n"
    some = members(text, name="a.py")
    done = fixed(some, Linter(Selection(select=("LDP801",))), unsafe=True)
    compile(done.members.cells[0].source.text, "a.py", "exec")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "\0",
        "def f(:\n",
        "@dp.table\n",
        "(" * 500,
        "import dlt\r\n" * 3,
        "x = 1\n" * 2000,
        "@dp.table(name=)\ndef f(): pass",
    ],
)
def test_bad_texts_are_read(text: str) -> None:
    codes(members(DP + text, name="a.py"), "LDP8", "LDP7")
    codes(members(text, DP, name="n.ipynb"), "LDP8", "LDP7")


def test_findings_are_kept_until_the_file_changes() -> None:
    linter = Linter(Selection(select=("LDP804",)))
    text = DP + "spark.conf.set('a', 'b')\n\n\n@dp.table\ndef t():\n    return spark.readStream.table('main.raw.s')\n"
    for count, now in ((1, text), (1, text), (0, text.replace("spark.conf.set('a', 'b')", "")), (1, text)):
        some = members(now, name="a.py")
        assert len(linter.lint(graph(some), pythons=pythons(some))) == count


@pytest.mark.parametrize("piece", ["--", "/**/", "/*", "-- x\n", "(", "'", '"', "password=", "://a:b", "${"])
def test_long_texts_take_no_longer_than_they_are(piece: str) -> None:
    text = piece * 20_000
    body = DP + f"\n\n@dp.table\ndef t():\n    spark.sql({text!r})\n    return spark.readStream.table('main.raw.s')\n"
    assert_quick(lambda: codes(members(body, name="a.py"), "LDP7", "LDP8"), 20)


def test_branches_without_number_are_followed() -> None:
    text = DP + "\n\n@dp.table\ndef t():\n    if a:\n        return x\n"
    text += "    elif b:\n        return y\n" * 900 + "    else:\n        return z\n"
    assert codes(members(text, name="a.py"), "LDP806") == []
