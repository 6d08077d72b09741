"""The rows of a preview as tables of pyarrow and pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError

if TYPE_CHECKING:
    from ldp_magic.verbs.preview import Preview

__all__ = ["arrow", "pandas"]


def arrow(preview: Preview) -> Any:
    """A pyarrow.Table with the types that the rows have in Spark, as far as Arrow has them."""
    try:
        import pyarrow  # type: ignore[import-untyped]
    except ImportError:
        raise _missing("pyarrow") from None
    names = [name for name, _ in preview.columns]
    arrays = [_array(pyarrow, [row[n] for row in preview.rows], type_) for n, (_, type_) in enumerate(preview.columns)]
    return pyarrow.Table.from_arrays(arrays, names=names)


def _array(pyarrow: Any, values: list[Any], type_: str) -> Any:
    from ldp_magic.lake import arrow_schema
    from ldp_magic.pipeline.model import ColumnType

    try:
        wanted = arrow_schema((ColumnType(name="c", type=type_),)).field(0).type
        return pyarrow.array(values, wanted)
    except (LdpError, ImportError, pyarrow.ArrowException, TypeError, ValueError):
        return _guessed(pyarrow, values)


def _guessed(pyarrow: Any, values: list[Any]) -> Any:
    """What Arrow makes of the values, for types that Delta tables do not have."""
    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowException, TypeError, ValueError):
        return pyarrow.array([None if value is None else str(value) for value in values])


def pandas(preview: Preview) -> Any:
    """A pandas.DataFrame."""
    try:
        return arrow(preview).to_pandas()
    except ModuleNotFoundError:
        raise _missing("pandas") from None


def _missing(name: str) -> LdpError:
    return LdpError(f"{name} is not installed", why="the rows become a table of it", fix=f"pip install {name}")
