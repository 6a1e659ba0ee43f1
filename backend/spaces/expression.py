"""What a cell computes: its live part, reduced to a form that equal cells share.

A node of a cell is a sum. Skip connections are the identity and average pooling is linear, so every node is a sum of
*terms*, each the cell's input or the output of one convolution, pooled zero or more times. Edges on no path from input
to output drop out by themselves. Two convolutions are never merged, whatever they read: each has its own weights. A
shortcut that has weights wherever the shape changes counts as a convolution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product
from typing import NamedTuple

INPUT = -1
"""The source of a term that starts at the cell's input."""

_KERNELS = {"nor_conv_3x3": 3, "nor_conv_1x1": 1, "shortcut": 0}


class Term(NamedTuple):
    """One summand: the cell's input (`INPUT`) or a convolution (by its number), average-pooled `pools` times."""

    source: int
    pools: int


Sum = tuple[Term, ...]
"""A node's value: its terms, sorted; a term that occurs twice is added twice. The empty sum is zero."""


class Convolution(NamedTuple):
    """A ReLU–Conv–BN block: its kernel size (0: a shortcut) and the sum that it reads."""

    kernel: int
    reads: Sum


@dataclass(frozen=True)
class Expression:
    """The function of a cell up to its weights; equal for two cells exactly if they are of one class.

    Attributes:
        convolutions: the live convolutions, each after those that it reads.
        output: the cell's output; empty for a disconnected cell.
        edges: for each convolution the edge of the literal cell that holds its weights; not part of the identity.
    """

    convolutions: tuple[Convolution, ...]
    output: Sum
    edges: tuple[int, ...] = field(compare=False, repr=False)

    def __str__(self) -> str:
        """A formula such as ``x + P(conv3(x))``; two convolutions with the same text still have their own weights."""
        return self._text(self.output)

    def _text(self, terms: Sum) -> str:
        return " + ".join("P(" * t.pools + self._source_text(t.source) + ")" * t.pools for t in terms) or "0"

    def _source_text(self, source: int) -> str:
        if source == INPUT:
            return "x"
        kernel, reads = self.convolutions[source]
        return f"conv{kernel}({self._text(reads)})" if kernel else f"shortcut({self._text(reads)})"


def reduce_cell(operations: Sequence[str], edges: Sequence[tuple[int, int]]) -> Expression:
    """Reduces a cell, given edge by edge, to its expression.

    Args:
        operations: the operation's name on each edge.
        edges: (source node, target node) of each edge, in topological order of the targets; node 0 is the input, the
            highest node the output.
    """
    nodes: dict[int, list[Term]] = {0: [Term(INPUT, 0)]}
    convolutions: dict[int, Convolution] = {}
    for number, (operation, (source, target)) in enumerate(zip(operations, edges, strict=True)):
        value = nodes.get(source, [])
        terms = nodes.setdefault(target, [])
        if operation == "skip_connect":
            terms.extend(value)
        elif operation == "avg_pool_3x3":
            terms.extend(Term(term.source, term.pools + 1) for term in value)
        elif operation in _KERNELS and value:
            convolutions[number] = Convolution(_KERNELS[operation], tuple(sorted(value)))
            terms.append(Term(number, 0))
    output = tuple(sorted(nodes[max(target for _, target in edges)]))
    return _number_canonically(_live(convolutions, output), output)


def _live(convolutions: Mapping[int, Convolution], output: Sum) -> dict[int, Convolution]:
    """The convolutions that the output depends on, in their given (topological) order."""
    needed = {term.source for term in output}
    for number in sorted(convolutions, reverse=True):
        if number in needed:
            needed.update(term.source for term in convolutions[number].reads)
    return {number: convolution for number, convolution in convolutions.items() if number in needed}


def _number_canonically(convolutions: Mapping[int, Convolution], output: Sum) -> Expression:
    """Renumbers the convolutions so that equal functions give equal expressions, whatever edges they sit on.

    What a convolution reads, written without numbers, orders them; among those that this can't tell apart every order
    is tried and the smallest result kept.
    """
    shapes: dict[int, str] = {}
    depths: dict[int, int] = {INPUT: 0}
    for number, (kernel, reads) in convolutions.items():
        shapes[number] = repr((kernel, sorted((shapes.get(source, "x"), pools) for source, pools in reads)))
        depths[number] = 1 + max(depths[source] for source, _ in reads)
    groups: dict[tuple[int, str], list[int]] = {}
    for number in sorted(convolutions, key=lambda n: (depths[n], shapes[n])):
        groups.setdefault((depths[number], shapes[number]), []).append(number)
    orders = (sum(choice, ()) for choice in product(*(permutations(group) for group in groups.values())))
    return min(
        (_renumber(convolutions, output, order) for order in orders),
        key=lambda expression: (expression.convolutions, expression.output),
    )


def _renumber(convolutions: Mapping[int, Convolution], output: Sum, order: Sequence[int]) -> Expression:
    names = {INPUT: INPUT} | {number: name for name, number in enumerate(order)}

    def rename(terms: Iterable[Term]) -> Sum:
        return tuple(sorted(Term(names[source], pools) for source, pools in terms))

    return Expression(
        tuple(Convolution(convolutions[number].kernel, rename(convolutions[number].reads)) for number in order),
        rename(output),
        tuple(order),
    )
