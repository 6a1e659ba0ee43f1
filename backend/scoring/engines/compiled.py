"""Loops that numba compiles for the CPU, each when it is first called; `fused.py` says when they are used.

They run in the caller's thread, without the interpreter's lock, and a result does not depend on the number of threads.
Values come as rows (M, W) of consecutive float32 numbers in the channels-last layout, W a multiple of the C channels:
position j of a row is of channel j mod C. Sums are taken down the columns, so that the inner loops become vector
instructions, in float32 over `BLOCK` rows and in float64 over the blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.core import types
from numba.extending import intrinsic

BLOCK = 32
"""Rows of a partial sum in float32."""

_OPTIONS = {"nogil": True, "fastmath": {"contract", "nsz"}, "error_model": "numpy"}


def _compiled(function: Callable[..., None]) -> Any:
    """The function to be compiled, kept on disk for other processes where there is a folder that can be written."""
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return njit(**_OPTIONS)(function)


@intrinsic
def _count_ones(_context: Any, word: types.Type) -> Any:
    """The number of ones among the bits of a word."""
    return word(word), lambda _context, builder, _signature, arguments: builder.ctpop(arguments[0])


@_compiled
def moments(values, channels, eps, mean, variance, inverse_deviation):  # type: ignore[no-untyped-def]
    """Mean, variance over n, and 1/√(variance + ε) of each channel, (C,) each, in one sweep.

    Each column is shifted by its first value, so that nothing is lost where the mean is large.
    """
    rows, width = values.shape
    shift = values[0].copy()
    sums, squares = np.zeros(width, np.float64), np.zeros(width, np.float64)
    part, square = np.empty(width, np.float32), np.empty(width, np.float32)
    for start in range(0, rows, BLOCK):
        part[:] = 0
        square[:] = 0
        stop = min(start + BLOCK, rows)
        whole = stop - (stop - start) % 4
        for i in range(start, whole, 4):
            for j in range(width):
                a, b = values[i, j] - shift[j], values[i + 1, j] - shift[j]
                c, d = values[i + 2, j] - shift[j], values[i + 3, j] - shift[j]
                part[j] += (a + b) + (c + d)
                square[j] += (a * a + b * b) + (c * c + d * d)
        for i in range(whole, stop):
            for j in range(width):
                a = values[i, j] - shift[j]
                part[j] += a
                square[j] += a * a
        for j in range(width):
            sums[j] += part[j]
            squares[j] += square[j]
    columns = width // channels
    for c in range(channels):
        middle = 0.0
        for j in range(c, width, channels):
            middle += (shift[j] + sums[j] / rows) / columns
        spread = 0.0
        for j in range(c, width, channels):
            off = shift[j] + sums[j] / rows - middle
            spread += squares[j] - sums[j] * sums[j] / rows + rows * off * off
        mean[c] = middle
        variance[c] = spread / (rows * columns)
        inverse_deviation[c] = 1 / np.sqrt(spread / (rows * columns) + eps)


@_compiled
def products(one, other, mean, sums, product_sums):  # type: ignore[no-untyped-def]
    """Of each channel Σ one and Σ one ⊙ (other − mean), (C,) each in float64; the mean is given for each column."""
    rows, width = one.shape
    channels = len(sums)
    part, product = np.empty(width, np.float32), np.empty(width, np.float32)
    sums[:] = 0
    product_sums[:] = 0
    for start in range(0, rows, BLOCK):
        part[:] = 0
        product[:] = 0
        stop = min(start + BLOCK, rows)
        whole = stop - (stop - start) % 4
        for i in range(start, whole, 4):
            for j in range(width):
                a, b, c, d = one[i, j], one[i + 1, j], one[i + 2, j], one[i + 3, j]
                part[j] += (a + b) + (c + d)
                left = a * (other[i, j] - mean[j]) + b * (other[i + 1, j] - mean[j])
                right = c * (other[i + 2, j] - mean[j]) + d * (other[i + 3, j] - mean[j])
                product[j] += left + right
        for i in range(whole, stop):
            for j in range(width):
                part[j] += one[i, j]
                product[j] += one[i, j] * (other[i, j] - mean[j])
        for first in range(0, width, channels):
            for c in range(channels):
                sums[c] += part[first + c]
                product_sums[c] += product[first + c]


@_compiled
def image_products(one, other, channels, sums):  # type: ignore[no-untyped-def]
    """Σ one ⊙ other over the positions of each image, (B, C) in float32; one and other are (B, M, W)."""
    images, rows, width = one.shape
    part = np.empty(width, np.float32)
    for image in range(images):
        total = np.zeros(channels, np.float64)
        for start in range(0, rows, BLOCK):
            part[:] = 0
            for i in range(start, min(start + BLOCK, rows)):
                for j in range(width):
                    part[j] += one[image, i, j] * other[image, i, j]
            for first in range(0, width, channels):
                for c in range(channels):
                    total[c] += part[first + c]
        for c in range(channels):
            sums[image, c] = total[c]


@_compiled
def affine(one, scale, shift, out):  # type: ignore[no-untyped-def]
    """scale·one + shift; scale and shift are given for each column."""
    rows, width = one.shape
    for i in range(rows):
        for j in range(width):
            out[i, j] = one[i, j] * scale[j] + shift[j]


@_compiled
def affine_of_two(one, other, scale, other_scale, shift, out):  # type: ignore[no-untyped-def]
    """scale·one + other_scale·other + shift; scales and shift are given for each column."""
    rows, width = one.shape
    for i in range(rows):
        for j in range(width):
            out[i, j] = one[i, j] * scale[j] + other[i, j] * other_scale[j] + shift[j]


@_compiled
def sign_words(values, words):  # type: ignore[no-untyped-def]
    """Whether the values (B, n) are positive, 64 in a word; words is (B, ⌈n/64⌉)."""
    images, units = values.shape
    whole = units // 64
    for image in range(images):
        for number in range(whole):
            word = np.uint64(0)
            for bit in range(64):
                word |= np.uint64(values[image, number * 64 + bit] > 0) << np.uint64(bit)
            words[image, number] = word
        if units % 64:
            word = np.uint64(0)
            for bit in range(units % 64):
                word |= np.uint64(values[image, whole * 64 + bit] > 0) << np.uint64(bit)
            words[image, whole] = word


@_compiled
def differing_bits(words, counts):  # type: ignore[no-untyped-def]
    """In how many bits the words of two images differ, (B, B) in float32."""
    images, length = words.shape
    for i in range(images):
        for j in range(i):
            total = np.uint64(0)
            for k in range(length):
                total += _count_ones(words[i, k] ^ words[j, k])
            counts[i, j] = total
            counts[j, i] = total
        counts[i, i] = 0
