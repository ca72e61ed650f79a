"""Cut a picture into tiles that a network works on one after the other."""

from __future__ import annotations

import itertools
import math


def tiles(height: int, width: int, limit: int, multiple: int = 1) -> list[tuple[range, range]]:
    """The rows and the columns of each tile, row by row; together they cover the picture once.

    Args:
        height: of the picture, in pixels.
        width: likewise.
        limit: longest side of a tile; with a ``multiple``, it can be exceeded by less than that.
        multiple: tiles start at whole multiples of it.
    """
    return list(itertools.product(_spans(height, limit, multiple), _spans(width, limit, multiple)))


def _spans(length: int, limit: int, multiple: int) -> list[range]:
    count = math.ceil(length / limit)
    starts = [round(index * length / count / multiple) * multiple for index in range(count)]
    return [range(start, stop) for start, stop in itertools.pairwise([*starts, length])]
