"""The live network: the layers that matter for the output, and its evaluation in any arithmetic.

Every pass evaluates the network through `features`, with its own *arithmetic*: training statistics, absolute weights
without norms, tangents. Edges on no path don't occur, equal nodes are computed once, and so are their ReLU and pooling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import Generic, NamedTuple, Protocol, TypeVar

from torch import Tensor, nn

from backend.scoring.engines.nas_bench_201.arithmetic import Norm
from backend.spaces.expression import INPUT, Expression, Sum
from backend.spaces.nas_bench_201.network import CellBlock, CellNetwork, ConvBlock, ReductionBlock

V = TypeVar("V")


class Layer(NamedTuple):
    """A live convolution, or the classifier.

    Attributes:
        number: position among the live layers, from input to output.
        stride: of the convolution.
        padding: of the convolution.
        norm: position of the batch norm that follows at once among the live batch norms; None if there is none.
    """

    number: int
    stride: int = 1
    padding: int = 0
    norm: int | None = None


class LiveCell(NamedTuple):
    """The layers of one cell, in the order of its expression's convolutions."""

    layers: tuple[Layer, ...]


class LiveReduction(NamedTuple):
    """The layers of a reduction block."""

    conv_a: Layer
    conv_b: Layer
    shortcut: Layer


@dataclass(frozen=True)
class LiveNetwork:
    """The live part of a network, its parameters detached from the module's.

    Attributes:
        expression: what each cell computes.
        stem: the first layer.
        blocks: cells and reduction blocks from input to output.
        last_norm: number of the batch norm before the global pooling.
        classifier: the last layer.
        weights: of each layer.
        norms: each batch norm.
        classifier_bias: (num_classes,).
    """

    expression: Expression
    stem: Layer
    blocks: tuple[LiveCell | LiveReduction, ...]
    last_norm: int
    classifier: Layer
    weights: tuple[Tensor, ...]
    norms: tuple[Norm, ...]
    classifier_bias: Tensor

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """All layers from input to output; the position of each is its number."""
        inner = [layer for block in self.blocks for layer in (block.layers if isinstance(block, LiveCell) else block)]
        return (self.stem, *inner, self.classifier)

    @cached_property
    def first_bare(self) -> Layer:
        """The first layer that no batch norm follows."""
        return next(layer for layer in self.layers if layer.norm is None)

    @cached_property
    def norms_before_bare(self) -> int:
        """The number of batch norms before it, or beside it."""
        return sum(layer.norm is not None for layer in self.layers[: self.first_bare.number])

    @cached_property
    def blocks_before_bare(self) -> tuple[LiveCell | LiveReduction, ...]:
        """The blocks before the one that it is in."""
        return tuple(takewhile(lambda block: isinstance(block, LiveCell), self.blocks))

    def with_weights(self, weights: Sequence[Tensor], norms: Sequence[Norm] | None = None) -> LiveNetwork:
        """The same network with other weights, and other batch norms if given."""
        return replace(self, weights=tuple(weights), norms=self.norms if norms is None else tuple(norms))

    @classmethod
    def of(cls, network: CellNetwork) -> LiveNetwork:
        """The live part of a network that `backend.network.build_network` made."""
        expression = network.cell.canonical()
        weights: list[Tensor] = []
        norms: list[Norm] = []

        def add_norm(norm: nn.BatchNorm2d) -> int:
            norms.append(Norm(norm.weight.detach(), norm.bias.detach(), norm.eps))
            return len(norms) - 1

        def add(conv: nn.Conv2d, norm: nn.BatchNorm2d | None) -> Layer:
            weights.append(conv.weight.detach())
            number = None if norm is None else add_norm(norm)
            return Layer(len(weights) - 1, conv.stride[0], int(conv.padding[0]), number)

        def add_block(block: nn.Module) -> LiveCell | LiveReduction:
            if isinstance(block, CellBlock):
                chosen = [block.convolutions[str(edge)] for edge in expression.edges]
                return LiveCell(tuple(add(c.conv, c.norm) for c in chosen if isinstance(c, ConvBlock)))
            assert isinstance(block, ReductionBlock)
            conv_a, conv_b = (add(conv.conv, conv.norm) for conv in (block.conv_a, block.conv_b))
            return LiveReduction(conv_a, conv_b, add(block.shortcut, None))

        stem = add(*network.stem)
        blocks = tuple(add_block(block) for block in network.blocks)
        last_norm = add_norm(network.norm)
        weights.append(network.classifier.weight.detach())
        return cls(
            expression=expression,
            stem=stem,
            blocks=blocks,
            last_norm=last_norm,
            classifier=Layer(len(weights) - 1),
            weights=tuple(weights),
            norms=tuple(norms),
            classifier_bias=network.classifier.bias.detach(),
        )


class Arithmetic(Protocol[V]):
    """How a pass computes with values of its own kind."""

    def convolve(self, layer: Layer, value: V) -> V:
        """The convolution and, where one follows at once, its batch norm."""

    def normalise(self, norm: int, value: V) -> V:
        """The batch norm of that number."""

    def rectify(self, value: V, readers: int = 1) -> V:
        """The ReLU, computed once for all the convolutions that read it; each of these `readers` has one of its own."""

    def pool(self, value: V) -> V:
        """Average pooling 3×3 that keeps the size and leaves the padding out of the mean."""

    def halve(self, value: V) -> V:
        """Average pooling 2×2 with stride 2."""

    def add(self, values: Sequence[V]) -> V:
        """The sum of one or more values."""


def features(network: LiveNetwork, arithmetic: Arithmetic[V], inputs: V, stem: bool = True) -> V:
    """The features after the last ReLU, before global pooling.

    Args:
        network: the network.
        arithmetic: how to compute.
        inputs: the images, or without the stem what the first cell reads.
        stem: whether the inputs go through the stem.
    """
    value = arithmetic.convolve(network.stem, inputs) if stem else inputs
    for block in network.blocks:
        value = block_output(network, arithmetic, block, value)
    return last_features(network, arithmetic, value)


def block_output(network: LiveNetwork, arithmetic: Arithmetic[V], block: LiveCell | LiveReduction, inputs: V) -> V:
    """What one of the network's blocks makes of its inputs."""
    if isinstance(block, LiveCell):
        return _CellEvaluation(network.expression, arithmetic, inputs).run(block.layers)
    residual = arithmetic.convolve(block.conv_a, arithmetic.rectify(inputs))
    residual = arithmetic.convolve(block.conv_b, arithmetic.rectify(residual))
    return arithmetic.add([arithmetic.convolve(block.shortcut, arithmetic.halve(inputs)), residual])


def last_features(network: LiveNetwork, arithmetic: Arithmetic[V], value: V) -> V:
    """The last batch norm and ReLU, behind the last block."""
    return arithmetic.rectify(arithmetic.normalise(network.last_norm, value))


class _CellEvaluation(Generic[V]):
    """One cell at work: every sum and every ReLU once, each forgotten after its last reader.

    Args:
        expression: what the cell computes.
        arithmetic: how to compute.
        inputs: the cell's input.
    """

    def __init__(self, expression: Expression, arithmetic: Arithmetic[V], inputs: V) -> None:
        self._expression, self._arithmetic = expression, arithmetic
        self._outputs = {INPUT: inputs}
        self._sums: dict[Sum, V] = {}
        self._rectified: dict[Sum, V] = {}

    def run(self, layers: Sequence[Layer]) -> V:
        """The cell's output, given the layer of each convolution."""
        convolutions = self._expression.convolutions
        readers = Counter(convolution.reads for convolution in convolutions)
        for number, layer in enumerate(layers):
            reads = convolutions[number].reads
            if reads not in self._rectified:
                self._rectified[reads] = self._arithmetic.rectify(self._sum(reads), readers[reads])
            rectified = self._rectified[reads]
            self._forget([convolution.reads for convolution in convolutions[number + 1 :]])
            self._outputs[number] = self._arithmetic.convolve(layer, rectified)
        return self._sum(self._expression.output)

    def _sum(self, terms: Sum) -> V:
        """Adds the terms; pooling is linear, so what has to be pooled is added up first."""
        if terms not in self._sums:
            parts = [self._outputs[term.source] for term in terms if not term.pools]
            if pooled := _inside_the_pooling(terms):
                parts.append(self._arithmetic.pool(self._sum(pooled)))
            self._sums[terms] = self._arithmetic.add(parts)
        return self._sums[terms]

    def _forget(self, later: Sequence[Sum]) -> None:
        """Gives back what neither the later convolutions, which read these sums, nor the cell's output need."""
        self._rectified = {terms: value for terms, value in self._rectified.items() if terms in later}
        needed = {self._expression.output, *later} - self._rectified.keys()
        sources = {term.source for terms in needed for term in terms}
        while inner := {pooled for terms in needed if (pooled := _inside_the_pooling(terms))} - needed:
            needed |= inner
        self._sums = {terms: value for terms, value in self._sums.items() if terms in needed}
        self._outputs = {source: value for source, value in self._outputs.items() if source in sources}


def _inside_the_pooling(terms: Sum) -> Sum:
    """The sum that is pooled, once, to give the pooled terms."""
    return tuple(term._replace(pools=term.pools - 1) for term in terms if term.pools)
