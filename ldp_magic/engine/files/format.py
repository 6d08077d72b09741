"""What is read and how: a format and its options, the same for `read_files`, Auto Loader and `spark.read`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.values import Clock

FORMATS = ("json", "csv", "parquet", "orc", "avro", "xml", "text", "binaryfile")
_ENDINGS = {"ndjson": "json", "jsonl": "json", "tsv": "csv", "txt": "text", "log": "text"}
# what is followed, and what has nothing to say to a reading of files that are listed already
_FOLLOWED = {
    "format", "schema", "schemahints", "inferschema", "infercolumntypes", "rescueddatacolumn", "schemaevolutionmode",
    "mode", "columnnameofcorruptrecord", "partitioncolumns", "recursivefilelookup", "pathglobfilter",
    "filenamepattern", "modifiedafter", "modifiedbefore", "multiline", "encoding", "charset", "linesep", "header",
    "sep", "delimiter", "quote", "escape", "comment", "nullvalue", "emptyvalue", "ignoreleadingwhitespace",
    "ignoretrailingwhitespace", "enforceschema", "dateformat", "timestampformat", "timestampntzformat", "timezone",
    "primitivesasstring", "prefersdecimal", "infertimestamp", "wholetext", "mergeschema", "rowtag", "attributeprefix",
    "valuetag", "excludeattribute", "schemalocation", "includeexistingfiles", "maxfilespertrigger",
    "maxbytespertrigger", "usenotifications", "allowoverwrites", "validateoptions", "backfillinterval",
    "usemanagedfileevents", "useincrementallisting", "maxfileage", "cleansource", "path",
}  # fmt: skip
_MODES = ("PERMISSIVE", "DROPMALFORMED", "FAILFAST")


@dataclass(frozen=True, slots=True)
class Format:
    """*style* is `read_files`, `cloudFiles` or `spark`: they differ in what they infer and what they rescue."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)  # lower case, without `cloudFiles.`
    schema: str | None = None
    hints: str = ""
    style: str = "spark"

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name.lower(), default)

    def on(self, name: str, default: bool = False) -> bool:
        return self.option(name, str(default)).strip().lower() == "true"

    @property
    def unfollowed(self) -> tuple[str, ...]:
        """Options that change nothing here, though they may elsewhere."""
        return tuple(name for name in self.options if name not in _FOLLOWED)

    @property
    def mode(self) -> str:
        mode = self.option("mode", "PERMISSIVE").upper()
        if mode not in _MODES:
            raise FilesError(
                f"there is no mode {mode}", why="it says what becomes of broken records", fix=f"use {', '.join(_MODES)}"
            )
        return mode

    @property
    def typed(self) -> bool:
        """Whether columns of text formats get types by what they hold."""
        if self.style == "spark":
            return self.name == "json" or self.on("inferSchema", self.name == "xml")
        return self.on("inferColumnTypes", self.style == "read_files" or self.on("inferSchema"))

    @property
    def rescued(self) -> str:
        """The column for what did not fit, empty if there is none."""
        asked = self.option("rescuedDataColumn")
        evolving = self.option("schemaEvolutionMode").lower() != "none"
        unasked = self.style != "spark" and self.schema is None and evolving
        able = self.name in ("json", "csv", "xml", "avro", "parquet")
        return (asked or ("_rescued_data" if unasked else "")) if able else ""

    @property
    def corrupt(self) -> str:
        return self.option("columnNameOfCorruptRecord", "_corrupt_record")

    @property
    def header(self) -> bool:
        """Auto Loader takes the first line for names when it infers, unless it is told otherwise."""
        return self.on("header", self.style != "spark" and self.schema is None)

    @property
    def by_name(self) -> bool:
        """Whether the columns of a CSV file are found by its header rather than by their place."""
        return self.header and (bool(self.rescued) or not self.on("enforceSchema", True))

    @property
    def partitions(self) -> tuple[str, ...] | None:
        """The names that were asked for; None: whatever the folders say."""
        text = self.options.get("partitioncolumns")
        return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())

    def clock(self, zone: str) -> Clock:
        zone = self.option("timeZone", zone)
        day, at = self.option("dateFormat"), self.option("timestampFormat")
        return Clock(_zone(zone), day, at, self.option("timestampNTZFormat", at))


def _zone(name: str) -> str:
    return "UTC" if name in ("Etc/UTC", "GMT", "Z", "") else name


def format_of(name: str, options: Mapping[str, str], schema: str | None = None, *, style: str = "spark") -> Format:
    """A format from the arguments of `read_files` (then *style* says so) or from a reader's format and options;
    `cloudFiles` takes its own from `cloudFiles.format`."""
    plain = {key.lower().removeprefix("cloudfiles."): str(value) for key, value in options.items()}
    style = "cloudFiles" if name.lower() == "cloudfiles" else style
    name = plain.get("format", "") if style != "spark" else name
    schema = schema or plain.get("schema") or None
    return Format(known(name) if name else "", plain, schema, plain.get("schemahints", ""), style)


def known(name: str) -> str:
    """The format's name if it can be read here."""
    low = name.lower().rpartition(".")[2]
    low = {"binary": "binaryfile"}.get(low, low)
    if low not in FORMATS:
        raise FilesError(
            f"files of the format {name} cannot be read here",
            why="the local engine has no reader for it",
            fix=f"convert them to one of {', '.join(FORMATS)}, or preview on Databricks",
        )
    return low


def guessed(path: str) -> str:
    """The format that a file's name tells."""
    parts = path.lower().rpartition("/")[2].split(".")
    parts = parts[:-1] if parts[-1] in ("gz", "bz2", "xz") else parts
    ending = _ENDINGS.get(parts[-1], parts[-1]) if len(parts) > 1 else ""
    if ending not in FORMATS:
        raise FilesError(
            f"the format of {path.rpartition('/')[2]} is not clear from its name",
            why="it decides how the file is read",
            fix="name it: format => 'json'",
        )
    return ending
