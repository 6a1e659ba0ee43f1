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


@intrinsic  # type: ignore[untyped-decorator]
def _count_ones(_context: Any, word: types.Type) -> Any:
    """The number of ones among the bits of a word."""
    return word(word), lambda _context, builder, _signature, arguments: builder.ctpop(arguments[0])


@_compiled
def _products(one, other, mean, sums, product_sums):  # type: ignore[no-untyped-def]
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
def moments(values, weight, bias, eps, found):  # type: ignore[no-untyped-def]
    """Statistics of each channel of each group of images in one sweep, and what a batch norm makes of them.

    Each column is shifted by its first value, so that nothing is lost where the mean is large.

    Args:
        values: (G, M, W).
        weight: of the batch norm, (C,).
        bias: of the batch norm, (C,).
        eps: of the batch norm.
        found: gets the mean, the variance over n, r = 1/√(variance + ε), weight·r and bias − mean·weight·r; (5, G, C).
    """
    groups, rows, width = values.shape
    channels = len(weight)
    columns = width // channels
    sums, squares = np.empty(width, np.float64), np.empty(width, np.float64)
    part, square = np.empty(width, np.float32), np.empty(width, np.float32)
    for group in range(groups):
        shift = values[group, 0]
        sums[:] = 0
        squares[:] = 0
        for start in range(0, rows, BLOCK):
            part[:] = 0
            square[:] = 0
            stop = min(start + BLOCK, rows)
            whole = stop - (stop - start) % 4
            for i in range(start, whole, 4):
                for j in range(width):
                    a, b = values[group, i, j] - shift[j], values[group, i + 1, j] - shift[j]
                    c, d = values[group, i + 2, j] - shift[j], values[group, i + 3, j] - shift[j]
                    part[j] += (a + b) + (c + d)
                    square[j] += (a * a + b * b) + (c * c + d * d)
            for i in range(whole, stop):
                for j in range(width):
                    a = values[group, i, j] - shift[j]
                    part[j] += a
                    square[j] += a * a
            for j in range(width):
                sums[j] += part[j]
                squares[j] += square[j]
        for c in range(channels):
            mean = 0.0
            for j in range(c, width, channels):
                mean += (shift[j] + sums[j] / rows) / columns
            spread = 0.0
            for j in range(c, width, channels):
                off = shift[j] + sums[j] / rows - mean
                spread += squares[j] - sums[j] * sums[j] / rows + rows * off * off
            variance = spread / (rows * columns)
            scale = weight[c] / np.sqrt(variance + eps)
            found[0, group, c] = mean
            found[1, group, c] = variance
            found[2, group, c] = 1 / np.sqrt(variance + eps)
            found[3, group, c] = scale
            found[4, group, c] = bias[c] - mean * scale


@_compiled
def combine(first, second, third, count, scales, shifts, rectified, masked, mask, out):  # type: ignore[no-untyped-def]
    """scale₁·first + scale₂·second + scale₃·third + shift, and what a ReLU makes of it if wanted; all (G, M, W).

    Args:
        first: always read.
        second: read if count > 1.
        third: read if count > 2.
        count: how many are read.
        scales: of those, by group and channel, (count, G, C).
        shifts: (G, C).
        rectified: whether negative sums become zero.
        masked: whether sums become zero where the mask is.
        mask: no negative numbers; read if masked.
        out: gets the sum.
    """
    groups, rows, width = out.shape
    channels = shifts.shape[1]
    a, b, c = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    shift = np.empty(width, np.float32)
    for group in range(groups):
        for j in range(0, width, channels):
            for k in range(channels):
                a[j + k], shift[j + k] = scales[0, group, k], shifts[group, k]
                if count > 1:
                    b[j + k] = scales[1, group, k]
                if count > 2:
                    c[j + k] = scales[2, group, k]
        for i in range(rows):
            if count == 1:
                for j in range(width):
                    out[group, i, j] = first[group, i, j] * a[j] + shift[j]
            elif count == 2:
                for j in range(width):
                    out[group, i, j] = first[group, i, j] * a[j] + second[group, i, j] * b[j] + shift[j]
            else:
                for j in range(width):
                    left = first[group, i, j] * a[j] + second[group, i, j] * b[j]
                    out[group, i, j] = left + third[group, i, j] * c[j] + shift[j]
            if rectified:
                for j in range(width):
                    out[group, i, j] = max(out[group, i, j], np.float32(0))
            if masked:
                for j in range(width):
                    out[group, i, j] = out[group, i, j] if mask[group, i, j] > 0 else np.float32(0)


@_compiled
def jacobian_product(direction, values, found, means, out):  # type: ignore[no-untyped-def]
    """A batch norm's Jacobian at the values times a direction: w·r·(d − mean d − x̂·mean(x̂ ⊙ d)); all (G, M, W).

    Args:
        direction: d.
        values: what the batch norm read.
        found: what `moments` found of the values.
        means: gets mean d and mean(d ⊙ (x − mean x)), (2, G, C).
        out: gets the product.
    """
    groups, rows, width = values.shape
    channels = found.shape[2]
    count = rows * (width // channels)
    a, b, c = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    mean = np.empty(width, np.float32)
    sums, slopes = np.empty(channels, np.float64), np.empty(channels, np.float64)
    for group in range(groups):
        for j in range(0, width, channels):
            for k in range(channels):
                mean[j + k] = found[0, group, k]
        _products(direction[group], values[group], mean, sums, slopes)
        for j in range(0, width, channels):
            for k in range(channels):
                r, scale = np.float64(found[2, group, k]), np.float64(found[3, group, k])
                means[0, group, k], means[1, group, k] = sums[k] / count, slopes[k] / count
                bend = -scale * r * r * means[1, group, k]
                a[j + k], b[j + k] = scale, bend
                c[j + k] = -scale * means[0, group, k] - bend * found[0, group, k]
        for i in range(rows):
            for j in range(width):
                out[group, i, j] = direction[group, i, j] * a[j] + values[group, i, j] * b[j] + c[j]


@_compiled
def contractions(cotangents, one, other, mean, sums):  # type: ignore[no-untyped-def]
    """Σ cotangents ⊙ one, Σ cotangents ⊙ other and Σ one ⊙ (other − mean) by channel; all (M, W).

    Args:
        cotangents: of the values.
        one: a tangent of the values.
        other: another.
        mean: of the other, (C,).
        sums: gets the three, (3, C).
    """
    rows, width = one.shape
    channels = len(mean)
    means, part = np.empty(width, np.float32), np.empty((3, width), np.float32)
    for j in range(width):
        means[j] = mean[j % channels]
    sums[:] = 0
    for start in range(0, rows, BLOCK):
        part[:] = 0
        for i in range(start, min(start + BLOCK, rows)):
            for j in range(width):
                part[0, j] += cotangents[i, j] * one[i, j]
                part[1, j] += cotangents[i, j] * other[i, j]
                part[2, j] += one[i, j] * (other[i, j] - means[j])
        for number in range(3):
            for first in range(0, width, channels):
                for c in range(channels):
                    sums[number, c] += part[number, first + c]


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
def window_sums(values, channels, shares, shares_first, out):  # type: ignore[no-untyped-def]
    """Sums of the 3×3 windows around each pixel, times the pixel's share; values and out are (B, H, W·C).

    Args:
        values: what is added up.
        channels: C.
        shares: of the pixels, (H, W).
        shares_first: whether the values get their shares before they are added up, not the sums.
        out: gets the sums.
    """
    images, height, width = values.shape
    share = np.empty((height, width), np.float32)
    for h in range(height):
        for w in range(width // channels):
            for c in range(channels):
                share[h, w * channels + c] = shares[h, w]
    column = np.zeros(width + 2 * channels, np.float32)
    left, middle, right = column[:width], column[channels : channels + width], column[2 * channels :]
    for image in range(images):
        for h in range(height):
            middle[:] = 0
            for i in range(max(h - 1, 0), min(h + 2, height)):
                if shares_first:
                    for j in range(width):
                        middle[j] += values[image, i, j] * share[i, j]
                else:
                    for j in range(width):
                        middle[j] += values[image, i, j]
            if shares_first:
                for j in range(width):
                    out[image, h, j] = (left[j] + middle[j]) + right[j]
            else:
                for j in range(width):
                    out[image, h, j] = ((left[j] + middle[j]) + right[j]) * share[h, j]


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
