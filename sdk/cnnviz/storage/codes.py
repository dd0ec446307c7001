"""Arrays as they are drawn: 8-bit codes between a lowest and a highest value, with what they lose.

A value is `low + codes / 255 * (high - low)`, up to half a code. Non-finite values have code 0 and
are counted.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Codes", "decode_codes", "encode_codes", "quantise", "shrink"]

Array = NDArray[Any]
Codes = dict[str, Array]
"""codes (K, …) uint8, low (K) float32, high (K), mean (K), zeros (K) share, nonfinite (K) int32."""

TOP: Final = 255


def quantise(values: Array, *, symmetric: bool = False) -> Codes:
    """Scale each picture into 0 … 255.

    Args:
        values: (K, …) of any real dtype, one picture each.
        symmetric: take -max|v| … max|v|, so that 0 is in the middle.

    Returns:
        See `Codes`; `low`, `high`, `mean` and `zeros` are those of the finite values, 0 where
        there is none.
    """
    if not values.size:
        return _nothing(values)
    flat = np.ascontiguousarray(values, dtype=np.float32).reshape(len(values), -1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    nonfinite = np.zeros(len(values), np.int32)
    # min and max carry a NaN or Inf along, so clean pictures need no further pass.
    if np.isfinite(low).all() and np.isfinite(high).all():
        mean = flat.mean(axis=1, dtype=np.float32)
        zeros = (flat == 0).mean(axis=1, dtype=np.float32)
    else:
        low, high, mean, zeros, nonfinite = _finite_part(flat)
    if symmetric:
        high = np.maximum(np.abs(low), np.abs(high))
        low = -high
    codes = encode_codes(flat, low, high).reshape(values.shape)
    summary = {"low": low, "high": high, "mean": mean, "zeros": zeros, "nonfinite": nonfinite}
    return {"codes": codes, **summary}


def encode_codes(values: Array, low: Array, high: Array) -> Array:
    """Scale pictures (K, …) into codes between given values (K); non-finite values get 0."""
    flat: Array = np.asarray(values, dtype=np.float32).reshape(len(values), -1)
    spread = high.astype(np.float64) - low
    factor = np.divide(TOP, spread, out=np.zeros_like(spread), where=spread > 0)
    # The spread of two float32, or 255 over a tiny one, may be too large for float32.
    narrow = bool((spread < 1e38).all() and (factor < 1e38).all())
    dtype: Any = np.float32 if narrow else np.float64
    with np.errstate(invalid="ignore"):
        codes: Array = (flat - low.astype(dtype)[:, None]) * factor.astype(dtype)[:, None]
    codes += 0.5
    finite = np.isfinite(codes)
    if not finite.all():
        codes[~finite] = 0
    small: Array = codes.clip(0, TOP, out=codes).astype(np.uint8)
    return small.reshape(values.shape)


def decode_codes(codes: Array, low: Array, high: Array) -> Array:
    """Give back the values, float32, that codes (K, …) between low (K) and high (K) stand for."""
    shape = (-1,) + (1,) * (codes.ndim - 1)
    spread = (high.astype(np.float64) - low).reshape(shape)
    values = low.astype(np.float64).reshape(shape) + codes * (spread / TOP)
    return values.astype(np.float32)


def shrink(values: Array, side: int) -> Array:
    """Average pictures (…, h, w) over boxes until neither side is above `side`, >= 1.

    The mean is that of a box's finite values; a box without any gives NaN.
    """
    small = np.asarray(values, dtype=np.float32)
    for axis in (-2, -1):
        size = small.shape[axis]
        if size > side:
            edges = np.arange(side) * size // side
            finite = np.isfinite(small)
            number = np.add.reduceat(finite, edges, axis=axis, dtype=np.int32)
            total = np.add.reduceat(np.where(finite, small, 0), edges, axis=axis, dtype=np.float64)
            empty = np.full(total.shape, np.nan)
            small = np.divide(total, number, out=empty, where=number > 0).astype(np.float32)
    return small


def _finite_part(flat: Array) -> tuple[Array, ...]:
    finite = np.isfinite(flat)
    number = finite.sum(axis=1)
    some = number > 0
    low = np.where(some, np.where(finite, flat, np.inf).min(axis=1), 0).astype(np.float32)
    high = np.where(some, np.where(finite, flat, -np.inf).max(axis=1), 0).astype(np.float32)
    share = 1 / np.maximum(number, 1)
    total = np.where(finite, flat, 0).sum(axis=1, dtype=np.float64)
    mean = (total * share).astype(np.float32)
    zeros = ((flat == 0).sum(axis=1) * share).astype(np.float32)
    nonfinite = (flat.shape[1] - number).astype(np.int32)
    return low, high, mean, zeros, nonfinite


def _nothing(values: Array) -> Codes:
    count = len(values)
    return {
        "codes": np.zeros(values.shape, np.uint8),
        **{name: np.zeros(count, np.float32) for name in ("low", "high", "mean", "zeros")},
        "nonfinite": np.zeros(count, np.int32),
    }
