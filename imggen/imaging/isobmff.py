"""Properties of the main picture of AVIF and HEIC files, which are nested boxes (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def main_properties(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of the properties of the main picture, such as ``colr``, ``irot`` and ``imir``.

    Args:
        data: the file.

    Returns:
        An empty list when the file is damaged or holds no still picture.
    """
    try:
        meta = dict(_boxes(memoryview(data)))[b"meta"]
        inside = dict(_boxes(meta[4:]))
        parts = dict(_boxes(inside[b"iprp"]))
        properties = list(_boxes(parts[b"ipco"]))
        wide = inside[b"pitm"][0] > 0
        item = int.from_bytes(inside[b"pitm"][4 : 8 if wide else 6])
        numbers = _associated(parts[b"ipma"], item)
        found = [properties[number - 1] for number in numbers if 0 < number <= len(properties)]
        return [(kind, bytes(content)) for kind, content in found]
    except (KeyError, IndexError, struct.error):
        return []


def nclx(properties: list[tuple[bytes, bytes]]) -> tuple[int, int] | None:
    """The numbers of primaries and transfer curve (ITU-T H.273), where the file gives them."""
    for kind, content in properties:
        if kind == b"colr" and content[:4] == b"nclx" and len(content) >= 8:
            return struct.unpack(">HH", content[4:8])
    return None


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    start = 0
    while start + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if length == 1:
            (length,), header = struct.unpack_from(">Q", data, start + 8), 16
        elif length == 0:
            length = len(data) - start
        if length < header:
            return
        yield kind, data[start + header : start + length]
        start += length


def _associated(ipma: memoryview, item: int) -> Iterator[int]:
    """Numbers, from 1, of the properties of an item."""
    version, wide = ipma[0], ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, 4)
    place = 8
    for _ in range(count):
        length = 4 if version else 2
        found = int.from_bytes(ipma[place : place + length])
        place += length
        associations, place = ipma[place], place + 1
        for _ in range(associations):
            number = int.from_bytes(ipma[place : place + 1 + wide]) & (0x7FFF if wide else 0x7F)
            place += 1 + wide
            if found == item:
                yield number
