"""Retail: three layers, figures for a dashboard, and the dashboard itself, as plain Python computes them."""

from __future__ import annotations

import importlib.util
import json
import re
import statistics
import threading
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

import ldp_magic
from tests.examples.example import Example, Row, arrived, check, moment, parsed

CATEGORIES = ("electronics", "home", "toys", "books")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return arrived("retail", tmp_path_factory.mktemp("retail"))


@pytest.fixture(scope="module")
def landed(example: Example) -> list[Row]:
    return [row for part in example.landed for line in part["sales"] if (row := parsed(line))]


def valid(sale: Row) -> bool:
    price = sale["price"] if isinstance(sale["price"], float) else 0
    return price > 0 and sale["quantity"] > 0 and moment(sale["sold_at"]) is not None


@pytest.fixture(scope="module")
def sold(landed: list[Row]) -> list[Row]:
    """The sales that have to be in silver, with what is computed of each."""
    return [
        {
            **sale,
            "price": cents(sale["price"]),
            "revenue": cents(sale["price"] * sale["quantity"]),
            "tier": "budget" if sale["price"] < 30 else "standard" if sale["price"] < 150 else "premium",
            "sold_at": moment(sale["sold_at"]),
        }
        for sale in landed
        if valid(sale)
    ]


def cents(value: float | Decimal) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def by(rows: list[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return found


def total(rows: list[Row]) -> Decimal:
    return sum((row["revenue"] for row in rows), Decimal(0))


def test_bronze_has_every_sale_and_the_column_that_came_later(example: Example, landed: list[Row]) -> None:
    found = example.rows("bronze_sales")
    assert len(found) == len(landed) == 600
    assert {row["channel"] for row in found} == {None, "shop", "web"}
    assert {row["source_file"] for row in found} == {f"sales-{part}.json" for part in (1, 2, 3)}
    texts = [sale["id"] for sale in landed if sale["price"] == "on request"]
    assert sorted(row["id"] for row in found if row["_rescued_data"]) == texts and len(texts) == 6


def test_silver_has_what_can_be_summed_up(example: Example, sold: list[Row]) -> None:
    names = ("id", "product", "category", "tier", "price", "quantity", "revenue", "sold_at")
    check(example.rows("silver_sales"), ({name: sale[name] for name in names} for sale in sold))
    assert len(sold) == 576, "the README says so"
    counts = {each.name: each.failed for each in ldp_magic.expectations("silver_sales", example.root).outcome.checks}
    assert counts["known_category"] == 2, "of the last update: an unknown category is recorded and kept"


def test_gold_has_the_figures(example: Example, landed: list[Row], sold: list[Row]) -> None:
    for sale in sold:
        sale |= {"sale_date": sale["sold_at"].date(), "sale_hour": sale["sold_at"].hour}
    check(
        example.rows("revenue_by_day"),
        (
            {
                "sale_date": day,
                "category": category,
                "tier": tier,
                "sales": len(sales),
                "units": sum(sale["quantity"] for sale in sales),
                "revenue": total(sales),
            }
            for (day, category, tier), sales in by(sold, "sale_date", "category", "tier").items()
        ),
    )
    check(
        example.rows("revenue_by_hour"),
        (
            {
                "sale_hour": hour,
                "sales": len(sales),
                "products": len(by(sales, "product")),
                "revenue": total(sales),
            }
            for (hour,), sales in by(sold, "sale_hour").items()
        ),
    )
    check(
        example.rows("quality_by_category"),
        (
            {"category": category, "landed": len(sales), "valid": sum(map(valid, sales))}
            for (category,), sales in by(landed, "category").items()
        ),
    )


def test_the_key_figures(example: Example, landed: list[Row], sold: list[Row]) -> None:
    prices = [sale["price"] for sale in sold]
    (found,) = example.rows("key_figures")
    assert found["total_revenue"] == total(sold) and found["total_products"] == len(by(sold, "product"))
    assert found["average_revenue"] == cents(total(sold) / len(sold))
    assert found["average_price"] == cents(sum(prices) / len(prices))
    assert found["price_deviation"] == pytest.approx(statistics.stdev(map(float, prices)), abs=0.006)
    assert found["quality_score"] == pytest.approx(100 * len(sold) / len(landed), abs=0.051)
    deviations = {row["product"]: row["price_deviation"] for row in example.rows("product_prices")}
    assert deviations["lamp"] > 0


@pytest.fixture(scope="module")
def dashboard(example: Example) -> Any:
    spec = importlib.util.spec_from_file_location("dashboard", example.root / "dashboard" / "dashboard.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_tile_of_the_dashboard_shows_what_its_query_gives(example: Example, dashboard: Any) -> None:
    found = json.loads(json.dumps(dashboard.definition()))
    widgets = [tile["widget"] for page in found["pages"] for tile in page["layout"]]
    assert len({widget["name"] for widget in widgets}) == len(widgets) == 16
    asked = [query["query"] for widget in widgets for query in widget["queries"]]
    for dataset in found["datasets"]:
        fields = {
            field["name"]: field["expression"]
            for query in asked
            if query["datasetName"] == dataset["name"]
            for field in query["fields"]
        }
        query, sums = "".join(dataset["queryLines"]), [name for name in fields if "(" in name]
        plain = ", ".join(fields[name] for name in fields if name not in sums)
        assert ldp_magic.sql(f"SELECT {plain} FROM ({query})", example.root).rows
        for name in sums:
            assert ldp_magic.sql(f"SELECT {fields[name]} AS `{name}` FROM ({query})", example.root).rows
    for widget in widgets:
        shown = {field["name"] for query in widget["queries"] for field in query["query"]["fields"]}
        assert set(re.findall(r'"fieldName": "([^"]+)"', json.dumps(widget["spec"]))) == shown


def test_the_tiles_do_not_overlap(dashboard: Any) -> None:
    taken: set[tuple[int, int]] = set()
    for tile in dashboard.definition()["pages"][0]["layout"]:
        x, y, width, height = (tile["position"][name] for name in ("x", "y", "width", "height"))
        cells = {(x + right, y + down) for right in range(width) for down in range(height)}
        assert not cells & taken and x + width <= dashboard.GRID
        taken |= cells


class Workspace(BaseHTTPRequestHandler):
    """A workspace that knows dashboards only, and remembers what it was asked."""

    asked: ClassVar[list[tuple[str, str, Any]]] = []
    known: ClassVar[list[Any]] = []

    def answer(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        self.asked.append((self.command, self.path, body))
        made = {"dashboard_id": "d1", "display_name": "Retail"}
        if self.command == "POST" and self.path.split("?")[0].endswith("/dashboards"):
            self.known.append(made)
        said = {"dashboards": self.known} if self.command == "GET" else made
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_: object) -> None:
        pass


def test_the_dashboard_is_made_once_and_then_brought_up_to_date(dashboard: Any) -> None:
    from databricks.sdk import WorkspaceClient

    with ThreadingHTTPServer(("127.0.0.1", 0), Workspace) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = WorkspaceClient(host=f"http://127.0.0.1:{server.server_port}", token="t", auth_type="pat")
        for _ in range(2):
            assert dashboard.publish(client, "main", "retail", "w1") == "d1"
        server.shutdown()
    sent = [
        (how, path.split("?")[0].rpartition("/2.0/lakeview/")[2]) for how, path, _ in Workspace.asked if how != "GET"
    ]
    assert sent == [
        ("POST", "dashboards"),
        ("POST", "dashboards/d1/published"),
        ("PATCH", "dashboards/d1"),
        ("POST", "dashboards/d1/published"),
    ]
    _, path, body = next(each for each in Workspace.asked if each[0] == "POST")
    assert "dataset_catalog=main" in path and "dataset_schema=retail" in path and body["warehouse_id"] == "w1"
    assert json.loads(body["serialized_dashboard"]) == dashboard.definition()


def test_its_own_tests_pass_and_nothing_is_wrong_with_it(example: Example) -> None:
    assert example.failed_tests() == (4, [])
    assert example.problems("dev", "prod") == []


def test_a_sale_without_an_id_stops_the_update(tmp_path: Path) -> None:
    example = Example.of("retail", tmp_path)
    example.land(1, "--poison")
    ran = ldp_magic.run(example.root)
    states = {flow.name: flow.word for flow in ran.updated.flows}
    assert ran.exit_code == 1 and states["silver_sales"] == "failed" and states["revenue_by_day"] == "skipped"
    assert "expectation valid_id failed for 1 of 201 rows" in ran.text()


def test_the_old_spelling_runs_and_is_written_anew(tmp_path: Path) -> None:
    example = Example.of("retail", tmp_path)
    example.land(1)
    old = example.root / "legacy"
    codes = {each.code for each in ldp_magic.lint(old).findings if each.severity != "info"}
    assert codes == {"LDP501", "LDP502", "LDP503", "LDP506"}
    assert ldp_magic.run(old).exit_code == 0
    before = example.rows("gold_table")
    ldp_magic.lint(old, fix=True, unsafe_fixes=True)
    text = (old / "retail.sql").read_text(encoding="utf-8")
    assert "LIVE" not in text.replace("Delta Live", "") and "STREAM read_files(" in text
    assert [each.code for each in ldp_magic.lint(old).findings if each.severity != "info"] == []
    assert ldp_magic.run(old, full_refresh="all").exit_code == 0
    check(example.rows("gold_table"), before)
