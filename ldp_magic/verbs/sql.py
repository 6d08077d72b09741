"""Run a query over the datasets of a pipeline and print its rows.

It reads tables as the last update left them, and computes what has none yet as `ldp preview` does; nothing is written.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Literal

from ldp_magic.verbs.graph import Paths
from ldp_magic.verbs.preview import LIMIT, Preview, ShownPreview, limit_of, place_arguments, set_up

FORMATS = ("table", "json", "csv")


def sql(
    query: str,
    paths: Paths = ".",
    *,
    limit: int | None = None,
    place: str | None = None,
    env: str | None = None,
    pipeline: str | None = None,
    fresh: bool = False,
) -> Preview:
    """The rows of a query, all of them unless a *limit* is given."""
    from ldp_magic.engine.preview import query as computed

    stage = set_up(paths, place=place, env=env, pipeline=pipeline, fresh=fresh)
    return Preview(computed(stage.place, stage.scene, stage.pipeline_of(query), query, limit), stage.errors)


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp sql`."""
    parser.add_argument("query", help="a query in quotes")
    place_arguments(parser)
    parser.add_argument("--limit", metavar="N", help=f"how many rows, or all (default: all, in a table {LIMIT})")
    parser.add_argument("--format", choices=FORMATS, default="table", help="a table, or all rows as JSON or CSV")


def command(args: Namespace) -> ShownPreview:
    """`ldp sql QUERY [paths] [--limit N] [--format table|json|csv] [--place PLACE]`."""
    said = args.limit or (str(LIMIT) if args.format == "table" else "all")
    value = sql(
        args.query,
        args.paths or ["."],
        limit=limit_of("sql", said),
        place=args.place,
        env=args.env,
        pipeline=args.pipeline,
        fresh=args.fresh,
    )
    shown: Literal["text", "json", "csv"] = "text" if args.format == "table" else args.format
    return ShownPreview(value, shown)
