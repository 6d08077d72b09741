"""What cannot be answered as Spark would, by name and with the reason."""

from __future__ import annotations

from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site

_ELSEWHERE = "preview it with --place databricks"


def _no_such_function(node: Node, site: Site) -> None:
    raise Refused(
        f"Spark has no function {node.word} in SQL",
        why="the embedded engine has one, so it would work here and fail there",
        fix="write it with aggregate(collect_list(x), 1.0D, (a, x) -> a * x)",
    )


def _precision(node: Node, site: Site) -> None:
    if node.parts:
        raise Refused(
            f"{node.word} with a precision is not known to the embedded engine",
            why="Spark refuses it as well, unless timestamps of nanoseconds are switched on",
            fix=f"write {node.word}()",
        )


def _of_time(node: Node, site: Site) -> None:
    """make_timestamp_ltz(date, time) and its kin"""
    if len(node.parts) in (2, 3):
        raise Refused(
            f"{node.word} of a date and a TIME is not known to the embedded engine",
            why="Spark's type TIME is new, and off by default",
            fix=f"give {node.word} years, months, days, hours, minutes and seconds, or {_ELSEWHERE}",
        )


def _format_string(node: Node, site: Site) -> None:
    pattern = site.value(node.parts[0]) or ""
    if any(letter in pattern for letter in "feg") and any(
        site.type(part).startswith("decimal(") for part in node.parts[1:]
    ):
        raise Refused(
            f"{node.word} does not take a DECIMAL for %f",
            why="Spark refuses it when it runs",
            fix="cast the DECIMAL to DOUBLE",
        )


def _code_book(node: Node, site: Site) -> None:
    """aes_encrypt(x, key, 'ECB')"""
    if len(node.parts) > 2 and (site.value(node.parts[2]) or "").upper() == "ECB":
        raise Refused(f"{node.word} in the mode ECB gives other bytes here than in Spark", fix=_ELSEWHERE)


def _variant_schema(node: Node, site: Site) -> None:
    raise Refused(
        f"{node.word} finds other types of numbers here than in Spark", why="1.23 is a DOUBLE here", fix=_ELSEWHERE
    )


CALLS: dict[str, Rule] = {
    "product": _no_such_function,
    "current_timestamp": _precision,
    "localtimestamp": _precision,
    "make_timestamp_ltz": _of_time,
    "try_make_timestamp_ltz": _of_time,
    "try_make_timestamp_ntz": _of_time,
    "aes_encrypt": _code_book,
    "schema_of_variant_agg": _variant_schema,
    "format_string": _format_string,
    "printf": _format_string,
}
