"""PNG pictures: small ones made up, large ones with fewer colours, so that they take less room."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

HEAD = b"\x89PNG\r\n\x1a\n"
COLOURS = 256


def plain(width: int = 8, height: int = 8, colour: bytes = b"\x2f\x80\xd0") -> bytes:
    """Return a picture in one colour."""
    return _file(width, height, 2, b"".join(b"\0" + colour * width for _ in range(height)))


def reduced(picture: bytes) -> bytes:
    """Return a picture of a browser in at most 256 colours: the most frequent ones, and the nearest for all others."""
    width, height, kind, rows = _read(picture)
    step = {2: 3, 6: 4}[kind]
    pixels = [row[at : at + 3] for row in rows for at in range(0, len(row), step)]
    often = Counter(pixels)
    buckets: dict[bytes, tuple[int, bytes]] = {}
    for colour, count in often.most_common():
        key = bytes(part >> 3 for part in colour)
        total, known = buckets.get(key, (0, colour))
        buckets[key] = (total + count, known)
    palette = [colour for _, colour in sorted(buckets.values(), reverse=True)[:COLOURS]]
    index = {colour: _nearest(colour, palette) for colour in often}
    lines = b"".join(
        b"\0" + bytes(index[colour] for colour in pixels[at * width : (at + 1) * width]) for at in range(height)
    )
    return _file(width, height, 3, lines, _chunk(b"PLTE", b"".join(palette)))


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    red, green, blue = colour
    return min(
        range(len(palette)),
        key=lambda at: (palette[at][0] - red) ** 2 + (palette[at][1] - green) ** 2 + (palette[at][2] - blue) ** 2,
    )


def _read(picture: bytes) -> tuple[int, int, int, list[bytes]]:
    """Return width, height, kind of colours and the rows of a picture of 8 bits without interlacing."""
    width, height, bits, kind, *_, interlaced = struct.unpack(">IIBBBBB", picture[16:29])
    assert (bits, interlaced) == (8, 0)
    packed, at = b"", len(HEAD)
    while at < len(picture):
        (size,) = struct.unpack(">I", picture[at : at + 4])
        if picture[at + 4 : at + 8] == b"IDAT":
            packed += picture[at + 8 : at + 8 + size]
        at += size + 12
    data, step = zlib.decompress(packed), {2: 3, 6: 4}[kind]
    stride = width * step
    rows = [bytes(stride)]
    for start in range(0, len(data), stride + 1):
        rows.append(_unfiltered(data[start], bytearray(data[start + 1 : start + 1 + stride]), rows[-1], step))
    return width, height, kind, rows[1:]


def _unfiltered(way: int, row: bytearray, above: bytes, step: int) -> bytes:
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[way]
        row[at] = (row[at] + guess) & 255
    return bytes(row)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))[2]


def _file(width: int, height: int, kind: int, lines: bytes, palette: bytes = b"") -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    return HEAD + head + palette + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
