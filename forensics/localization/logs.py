"""Sums of probabilities that are held as logarithms."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["log_sum"]


def log_sum(logs: "NDArray[np.float64]", axis: int | None = None) -> "NDArray[np.float64]":
    """The logarithm of a sum of exponentials."""
    import numpy as np

    top = np.max(logs, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = np.log(np.exp(logs - top).sum(axis=axis)) + np.squeeze(top, axis=axis)
    return found
