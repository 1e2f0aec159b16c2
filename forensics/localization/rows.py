"""Bits of integers as rows of numbers, for arithmetic on many of them at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["rows_of"]


def rows_of(masks: Sequence[int], count: int) -> "NDArray[np.float32]":
    """The lowest bits of integers as 0 and 1, bit 0 first; shape (masks, count)."""
    import numpy as np

    width = max((count + 7) // 8, 1)
    lowest = (1 << count) - 1
    packed = bytearray().join((mask & lowest).to_bytes(width, "little") for mask in masks)
    bits = np.unpackbits(np.array(packed, dtype=np.uint8).reshape(len(masks), width), axis=1, bitorder="little")
    return bits[:, :count].astype(np.float32)
