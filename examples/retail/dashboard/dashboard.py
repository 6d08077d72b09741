# Databricks notebook source
# The dashboard of the shop: its queries, its tiles and its filters. The job of ldp.toml runs this file as its last
# task, which makes the dashboard or brings it up to date. On your machine it writes the definition into a file:
#   python dashboard/dashboard.py retail.lvdash.json     (to be imported under Dashboards in a workspace)

import json
import sys

NAME = "Retail"
GRID = 6  # columns of a page
VERSIONS = {"counter": 2, "table": 2, "bar": 3, "line": 3, "pie": 3}

QUERIES = {
    "key_figures": "SELECT * FROM key_figures",
    "revenue_by_day": "SELECT * FROM revenue_by_day",
    "revenue_by_hour": "SELECT * FROM revenue_by_hour ORDER BY sale_hour",
    "product_prices": "SELECT * FROM product_prices ORDER BY revenue DESC",
    "quality_by_category": "SELECT * FROM quality_by_category ORDER BY quality_score",
}


def tile(kind, title, dataset, fields, encodings, place):
    """A widget that shows some fields of a query; *place* is column, row, width and height."""
    name = title.lower().replace(" ", "_")
    asked = [{"name": field, "expression": expression} for field, expression in fields.items()]
    query = {"datasetName": dataset, "fields": asked, "disaggregated": kind in ("counter", "table")}
    spec = {
        "version": VERSIONS.get(kind, 2),
        "widgetType": kind,
        "encodings": encodings,
        "frame": {"showTitle": True, "title": title},
    }
    queries = [{"name": "main_query" if kind in VERSIONS else name, "query": query}]
    position = dict(zip(("x", "y", "width", "height"), place, strict=True))
    return {"widget": {"name": name, "queries": queries, "spec": spec}, "position": position}


def counter(title, field, column):
    shown = {"value": {"fieldName": field, "displayName": title}}
    return tile("counter", title, "key_figures", {field: f"`{field}`"}, shown, (column, 0, 1, 2))


def chart(kind, title, dataset, x, y, place):
    """Sums by group: bars, a line, or a pie."""
    total = f"sum({y})"
    group = {"fieldName": x, "scale": {"type": "temporal" if kind == "line" else "categorical"}, "displayName": x}
    value = {"fieldName": total, "scale": {"type": "quantitative"}, "displayName": y}
    encodings = {"color": group, "angle": value} if kind == "pie" else {"x": group, "y": value}
    return tile(kind, title, dataset, {x: f"`{x}`", total: f"SUM(`{y}`)"}, encodings, place)


def table(title, dataset, columns, place):
    shown = {"columns": [{"fieldName": column, "displayName": column} for column in columns]}
    return tile("table", title, dataset, {column: f"`{column}`" for column in columns}, shown, place)


def choice(kind, title, field, column):
    """A filter of everything that is shown by day, category and tier."""
    name = title.lower().replace(" ", "_")
    shown = {"fields": [{"fieldName": field, "queryName": name, "displayName": title}]}
    return tile(kind, title, "revenue_by_day", {field: f"`{field}`"}, shown, (column, 2, 2, 1))


def definition():
    """The whole dashboard, as the workspace keeps it."""
    tiles = [
        counter("Total revenue", "total_revenue", 0),
        counter("Average sale", "average_revenue", 1),
        counter("Total products", "total_products", 2),
        counter("Average price", "average_price", 3),
        counter("Price deviation", "price_deviation", 4),
        counter("Data quality score", "quality_score", 5),
        choice("filter-date-range-picker", "Dates", "sale_date", 0),
        choice("filter-multi-select", "Categories", "category", 2),
        choice("filter-multi-select", "Price tiers", "tier", 4),
        chart("bar", "Revenue by category", "revenue_by_day", "category", "revenue", (0, 3, 2, 5)),
        chart("pie", "Units by tier", "revenue_by_day", "tier", "units", (2, 3, 2, 5)),
        chart("line", "Revenue by day", "revenue_by_day", "sale_date", "revenue", (4, 3, 2, 5)),
        chart("bar", "Revenue by hour", "revenue_by_hour", "sale_hour", "revenue", (0, 8, 3, 5)),
        chart("bar", "Products by hour", "revenue_by_hour", "sale_hour", "products", (3, 8, 3, 5)),
        table(
            "Products",
            "product_prices",
            ["product", "category", "sales", "average_price", "price_deviation", "revenue"],
            (0, 13, 4, 6),
        ),
        table("Data quality", "quality_by_category", ["category", "landed", "valid", "quality_score"], (4, 13, 2, 6)),
    ]
    datasets = [{"name": name, "displayName": name, "queryLines": [query]} for name, query in QUERIES.items()]
    page = {"name": "sales", "displayName": "Sales", "pageType": "PAGE_TYPE_CANVAS", "layout": tiles}
    return {"datasets": datasets, "pages": [page]}


def publish(workspace, catalog, schema, warehouse):
    """Makes the dashboard, or brings the one of that name up to date, and lets others see it."""
    from databricks.sdk.service.dashboards import Dashboard

    mine = [each for each in workspace.lakeview.list() if each.display_name == NAME]
    wanted = Dashboard(display_name=NAME, serialized_dashboard=json.dumps(definition()), warehouse_id=warehouse)
    place = {"dataset_catalog": catalog, "dataset_schema": schema}
    if mine:
        made = workspace.lakeview.update(mine[0].dashboard_id, wanted, **place)
    else:
        made = workspace.lakeview.create(wanted, **place)
    workspace.lakeview.publish(made.dashboard_id, warehouse_id=warehouse)
    return made.dashboard_id


# COMMAND ----------

if "dbutils" in globals():
    from databricks.sdk import WorkspaceClient

    asked = [dbutils.widgets.get(name) for name in ("catalog", "schema", "warehouse")]
    print(publish(WorkspaceClient(), *asked))
elif __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(definition(), file, indent=2)
