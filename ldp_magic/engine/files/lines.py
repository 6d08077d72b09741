"""The text of files in pieces of whole lines: many small files together, a large one cut."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from ldp_magic.engine.files.failure import FilesError, Unreadable
from ldp_magic.engine.files.format import Format
from ldp_magic.engine.files.listing import File

PIECE = 4_000_000  # bytes that are read and parsed at once
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """So many lines of a file, from that one on."""

    file: int  # its place in the list of files
    line: int
    lines: int
    open: bool = False  # its last line has no end: it may still be being written


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines, each ended by one newline."""

    data: bytes
    parts: tuple[Part, ...]
    header: str = ""

    def place(self, index: int) -> tuple[Part, int]:
        """The part and the number of the line at *index*."""
        for part in self.parts:
            if index < part.lines:
                return part, part.line + index
            index -= part.lines
        raise IndexError(index)

    @property
    def lines(self) -> int:
        return sum(part.lines for part in self.parts)


def pieces(files: Sequence[File], format: Format, *, header: bool = False, most: int | None = None) -> Iterator[Piece]:
    """The lines of the files in order. *header*: the first one of each is its names. *most*: of so many bytes."""
    data: list[bytes] = []
    parts: list[Part] = []
    size, title, total = 0, "", 0
    for number, file in enumerate(files):
        first = header
        own = ""
        line = 1
        for chunk, open_ in _chunks(file, format):
            if first:
                lead, own, chunk = _headed(chunk, format)
                line, first = line + lead, not own
                if not own:
                    continue
            if parts and (size + len(chunk) > PIECE or own != title):
                yield Piece(b"".join(data), tuple(parts), title)
                data, parts, size = [], [], 0
            title = own
            count = chunk.count(b"\n")
            parts.append(Part(number, line, count, open_))
            data.append(chunk)
            line, size, total = line + count, size + len(chunk), total + len(chunk)
            if most is not None and total >= most:
                break
        if most is not None and total >= most:
            break
    if parts:
        yield Piece(b"".join(data), tuple(parts), title)


def _headed(chunk: bytes, format: Format) -> tuple[int, str, bytes]:
    comment, lead = format.option("comment").encode(), 0
    while chunk:
        line, _, chunk = chunk.partition(b"\n")
        lead += 1
        if line.strip() and not (comment and line.startswith(comment)):
            return lead, line.decode("utf-8", "replace"), chunk
    return lead, "", b""


def _chunks(file: File, format: Format) -> Iterator[tuple[bytes, bool]]:
    """Whole lines of one file, UTF-8, and whether the last of them has no end of its own."""
    rest = b""
    for block in blocks(file, format):
        block = rest + block if rest else block
        cut = block.rfind(b"\n") + 1
        rest = block[cut:]
        if cut:
            yield block[:cut] if rest else _trimmed(block), False
    if rest.strip(b" \t\r\n"):
        yield rest + b"\n", True


def _trimmed(block: bytes) -> bytes:
    """Without blank lines at its end."""
    if not block.endswith((b"\n\n", b" \n", b"\t\n")):
        return block
    return block[: block.find(b"\n", len(block.rstrip(b" \t\n"))) + 1]


def blocks(file: File, format: Format) -> Iterator[bytes]:
    """What a file holds as UTF-8, with newlines for all ends of lines."""
    encoding = format.option("encoding", format.option("charset", "utf-8")).lower()
    own_end = format.option("lineSep")
    decoder: codecs.IncrementalDecoder | None = None
    last = b""
    for n, block in enumerate(raw(file)):
        if n == 0:
            block, encoding = _marked(block, encoding, file)
            decoder = None if encoding in ("utf-8", "utf8", "us-ascii", "ascii") else _decoder(encoding, file)
        if decoder is not None:
            block = decoder.decode(block).encode("utf-8", "replace")
        if own_end and own_end not in ("\n", "\r\n", "\r"):
            block = last + block.replace(b"\n", b" ") if format.name != "text" else last + block
            end = own_end.encode()
            cut = block.rfind(end) + len(end) if end in block else 0
            block, last = block[:cut].replace(end, b"\n"), block[cut:]
        elif b"\r" in block or last:
            block = last + block
            last = b"\r" if block.endswith(b"\r") else b""
            block = block[: len(block) - len(last)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield block
    if last:
        yield last.replace(b"\r", b"\n")


def raw(file: File, *, packed: bool = False) -> Iterator[bytes]:
    """A file's bytes, unpacked unless *packed*."""
    try:
        with open(file.path, "rb") if packed else _opened(file.path) as stream:
            while block := stream.read(PIECE):
                yield block
    except (EOFError, zlib.error, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise FilesError(
                f"{file.shown} is not there any more", why="it was listed, then went away", fix="run it again"
            ) from None
        reason = (
            "it ends in the middle"
            if isinstance(error, EOFError)
            else str(getattr(error, "strerror", "") or error).lower()
        )
        raise Unreadable(
            f"{file.shown} cannot be read: {reason}",
            why="its rows are missing",
            fix="write the file again, or take it away",
        ) from None


def _opened(path: str) -> IO[bytes]:
    if path.endswith(".gz"):
        import gzip

        return io.BufferedReader(gzip.open(path, "rb"))
    if path.endswith(".bz2"):
        import bz2

        return bz2.open(path, "rb")
    return open(path, "rb", buffering=0) if not path.endswith((".zst", ".snappy", ".lz4")) else _refused(path)


def _refused(path: str) -> IO[bytes]:
    raise FilesError(
        f"{path.rpartition('/')[2]} is packed in a way that is not read here",
        why="gz and bz2 are",
        fix="pack it with gzip",
    )


def _marked(block: bytes, encoding: str, file: File) -> tuple[bytes, str]:
    """Without the mark of its byte order, which also tells the encoding."""
    for mark, name in _MARKS:
        if block.startswith(mark):
            return block[len(mark) :], encoding if encoding.replace("_", "-").startswith(
                ("utf-16", "utf-32")
            ) and encoding[-2:] in ("le", "be") else name
    if b"\0" in block[:4096] and encoding in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise FilesError(
            f"{file.shown}:1 is not text: it holds zero bytes",
            why="it was to be read as UTF-8",
            fix="name its encoding, or take the file away",
        )
    return block, encoding


def _decoder(encoding: str, file: File) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)("replace")
    except LookupError:
        raise FilesError(
            f"there is no encoding {encoding}",
            why=f"{file.shown} was to be read with it",
            fix="use UTF-8, UTF-16LE or ISO-8859-1",
        ) from None


def whole(file: File, format: Format) -> str:
    """All of a file's text, its ends of lines as they are."""
    encoding = format.option("encoding", format.option("charset", "utf-8")).lower()
    data = b"".join(raw(file))
    data, encoding = _marked(data, encoding, file) if data else (data, encoding)
    return io.IncrementalNewlineDecoder(_decoder(encoding, file), translate=False).decode(data, final=True)
