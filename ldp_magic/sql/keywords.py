"""The words of pipeline SQL, for surfaces that colour and complete it: gathered from the tables that read it."""

from __future__ import annotations

from ldp_magic.sql import failures, flows, functions, outline, statements, types
from ldp_magic.sql.functions import names

__all__ = ["functions_known", "keywords", "type_names"]

# what the readers of statements ask for one by one, and no table of theirs holds
_ASKED = names(
    """ABORT ACCESS ACROSS ADDED ADJUST ALWAYS AND AS AT AUTO BITEMPORAL BY CALLED CASCADE CATALOG CDC CHANGES CHECK
    CLONE COLLATE COLUMN CONSTRAINT CREATE CRON CURRENT DAILY DATA DEFAULT DELAY DELETE DETERMINISTIC DISTINCT DROP
    EVERY EXCEPT EXISTS EXPECT FAIL FALSE FIRST FLOW FOLLOWING FOR FOREIGN FROM FULL FUNCTION GENERATED HISTORY
    IDENTITY IF INCREMENTAL INSERT INTO KEY LANGUAGE LAST LIKE LOCAL MASK MATCHED METRICS MOST NAME NO NOT NULL
    NULLS OF ON ONCE ONLY OR ORDER OVERWRITE PARTITION PRECEDING PRIMARY REFERENCES RELY REPLACE RETURN RETURNS ROW
    ROWS SCD SCHEMA SNAPSHOT SOURCE START STRATEGY STRICT SYNC TIME TO TRUE TYPE UNBOUNDED UNIQUE UPDATE VAR
    VARIABLE VIEW VIOLATION VOLUME WATERMARK ZONE"""
)


def keywords() -> tuple[str, ...]:
    """Every word that means something to a statement or a query, in upper case."""
    phrases = (*statements.CLAUSES, *flows.CDC_CLAUSES)
    heads = {word for words, _ in statements.KINDS for word in words}
    clauses = {word for word in outline.KEYWORDS | failures.KEYWORDS if word.isalpha()}
    found = _ASKED | statements.MODIFIERS | statements.STATEMENTS | heads | clauses | functions.NOT_CALLS
    return tuple(sorted(found | outline.JOIN_WORDS | {word for words in phrases for word in words}))


def type_names() -> tuple[str, ...]:
    """The names of types, in lower case."""
    return tuple(
        sorted(types.CASTS | names("array char interval long map short struct timestamp_ntz varchar variant void"))
    )


def functions_known() -> tuple[str, ...]:
    """The functions that are known by name, in lower case."""
    known = functions.AGGREGATES | functions.FILE_READERS | functions.TABLE_READERS | functions.EVENT_READERS
    known |= functions.NONDETERMINISTIC | functions.CLOCK | functions.GENERATORS | functions.RANKING
    return tuple(sorted(known | names("coalesce concat cast try_cast nvl date_trunc to_date to_timestamp window")))
