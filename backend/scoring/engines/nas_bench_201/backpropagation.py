"""The network in train mode, forward and backward, by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.engines.nas_bench_201.arithmetic import (
    Norm,
    Statistics,
    Term,
    Value,
    combine,
    halve,
    halve_adjoint,
    image_products,
    jacobian_sweep,
    pool,
    pool_adjoint,
    statistics_of,
)
from backend.scoring.engines.nas_bench_201.live import (
    Layer,
    LiveCell,
    LiveNetwork,
    LiveReduction,
    block_output,
    last_features,
)


class TrainingArithmetic:
    """Batch statistics; running statistics are neither used nor changed.

    Args:
        weights: of each layer.
        norms: each batch norm.
        groups: of equally many images, each with batch statistics of its own.
        on_relu: called with the outputs of ReLUs.
        on_norm: called with the statistics of each batch norm.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        norms: Sequence[Norm],
        *,
        groups: int = 1,
        on_relu: Callable[[Tensor], None] | None = None,
        on_norm: Callable[[Statistics], None] | None = None,
    ) -> None:
        self._weights, self._norms, self._groups = weights, norms, groups
        self._on_relu, self._on_norm = on_relu, on_norm

    def convolve(self, layer: Layer, value: Value) -> Value:
        """See `Arithmetic`."""
        weight = self._weights[layer.number]
        output = Value.of(functional.conv2d(value.tensor, weight, None, layer.stride, layer.padding))
        return output if layer.norm is None else self.normalise(layer.norm, output)

    def normalise(self, norm: int, value: Value) -> Value:
        """See `Arithmetic`."""
        statistics = statistics_of(value.tensor, self._norms[norm], self._groups)
        if self._on_norm:
            self._on_norm(statistics)
        return Value(Term(value.tensor, statistics))

    def rectify(self, value: Value, _readers: int = 1) -> Value:
        """See `Arithmetic`."""
        output = value.rectified
        if self._on_relu:
            self._on_relu(output)
        return Value.of(output)

    def pool(self, value: Value) -> Value:
        """See `Arithmetic`."""
        return Value.of(pool(value.tensor))

    def halve(self, value: Value) -> Value:
        """See `Arithmetic`."""
        return Value.of(halve(value.tensor))

    def add(self, values: Sequence[Value]) -> Value:
        """See `Arithmetic`."""
        return Value.total(values)


def channels_last(images: Tensor) -> Tensor:
    """The same images in the memory layout in which convolutions and poolings are fastest."""
    return images.contiguous(memory_format=torch.channels_last)


class _Slot:
    """Where the cotangents of one value add up on the way back.

    Args:
        mask: the value, if it is the output of a ReLU, through which the sum goes back at once.
    """

    def __init__(self, mask: Tensor | None = None) -> None:
        self._parts: list[Tensor] = []
        self._mask = mask

    def receive(self, cotangents: Tensor) -> None:
        """Takes what one reader of the value sends; the tensor stays the sender's."""
        self._parts.append(cotangents)

    def take(self) -> Tensor:
        """The sum of what has arrived; empties the slot."""
        parts, self._parts = self._parts, []
        assert parts, "every live value reaches the output"
        if len(parts) == 1 and self._mask is None:
            return parts[0]
        return combine([Term(part) for part in parts], mask=self._mask)


class Variable(NamedTuple):
    """A value of the forward pass, and where its cotangents add up."""

    value: Value
    slot: _Slot


class LayerTrace(NamedTuple):
    """A convolution as it was.

    Attributes:
        inputs: what it read.
        output: before its batch norm.
        cotangents: at the output; None before the first layer without a batch norm.
    """

    inputs: Tensor
    output: Tensor
    cotangents: Tensor | None


class NormTrace(NamedTuple):
    """A batch norm as it was.

    Attributes:
        value: what it read.
        statistics: of the value.
        cotangents: at the value; None before the first layer without a batch norm.
        at_weight: the gradient at its weight, float64 (C,).
    """

    value: Tensor
    statistics: Statistics
    cotangents: Tensor | None
    at_weight: Tensor


@dataclass
class Trace:
    """What a sweep back came by, for derivatives of higher order.

    Attributes:
        layers: the convolutions by number.
        norms: the batch norms by number.
        rectified: outputs of the ReLUs, the last first.
        blocks: of blocks that keep no more than that, inputs and cotangents at the output, the last first; None where
            no layer's are kept.
        pooled: what the classifier read, (B, C).
    """

    layers: dict[int, LayerTrace] = field(default_factory=dict)
    norms: dict[int, NormTrace] = field(default_factory=dict)
    rectified: list[Tensor] = field(default_factory=list)
    blocks: list[tuple[Variable, Tensor | None]] = field(default_factory=list)
    pooled: Tensor | None = None


@dataclass
class Gradients:
    """What one sweep back yields.

    Attributes:
        wants_weights: whether gradients at the weights are computed.
        wants_saliencies: whether saliencies are computed.
        wants_images: whether gradients at the images are computed.
        weights: by layer.
        saliencies: by layer Σ over positions of a ⊙ ∂/∂a, a the output before its batch norm, (B, C_out).
        images: at the images, (B, 3, H, W).
        trace: of the sweep, if wanted.
    """

    wants_weights: bool
    wants_saliencies: bool
    wants_images: bool
    weights: dict[int, Tensor] = field(default_factory=dict)
    saliencies: dict[int, Tensor] = field(default_factory=dict)
    images: Tensor | None = None
    trace: Trace | None = None

    def note(self, number: int, output: Tensor, cotangents: Tensor, at_weight: Tensor) -> None:
        """Notes what is wanted of one layer."""
        if self.wants_weights:
            self.weights[number] = at_weight
        if self.wants_saliencies:
            self.saliencies[number] = image_products(output, cotangents)

    def in_order(self, of: dict[int, Tensor]) -> tuple[Tensor, ...]:
        """The tensors from the first layer to the last."""
        return tuple(of[number] for number in sorted(of))


class Tape:
    """An arithmetic in train mode that remembers how to go back.

    Args:
        network: the network.
        recording: whether there will be a way back.
        frugal: whether to save memory at the price of a second forward pass.
        on_layer: called with each layer's number and output, before its batch norm; the logits come last.
        on_relu: called with the outputs of ReLUs and the number of equal ones that it stands for.
    """

    def __init__(
        self,
        network: LiveNetwork,
        *,
        recording: bool = True,
        frugal: bool = False,
        on_layer: Callable[[int, Tensor], None] | None = None,
        on_relu: Callable[[Tensor, int], None] | None = None,
    ) -> None:
        self._network, self._recording, self._frugal = network, recording, frugal and recording
        self._on_layer, self._on_relu = on_layer, on_relu
        self._steps: list[tuple[_Slot, Callable[[Tensor, Gradients], None]]] = []
        self._inputs, self._outputs = _Slot(), _Slot()

    def logits(self, images: Tensor) -> Tensor:
        """The forward pass: (B, 3, H, W) to (B, num_classes)."""
        network, number = self._network, self._network.classifier.number
        variable = self.convolve(network.stem, Variable(Value.of(channels_last(images)), self._inputs))
        for block in network.blocks:
            through = self._through_frugally if self._frugal else partial(block_output, network, self)
            variable = through(block, variable)
        value, slot = last_features(network, self, variable)
        height, width = value.tensor.shape[2:]
        pooled = value.tensor.mean((2, 3))
        output = functional.linear(pooled, network.weights[number], network.classifier_bias)
        if self._on_layer:
            self._on_layer(number, output)

        def back(cotangents: Tensor, found: Gradients) -> None:
            found.note(number, output, cotangents, cotangents.T @ pooled)
            if found.trace:
                found.trace.pooled = pooled
            at_pooled = cotangents @ network.weights[number] / (height * width)
            slot.receive(channels_last(at_pooled[:, :, None, None].expand(-1, -1, height, width)))

        self._outputs = self._record(Value.of(output), back).slot
        return output

    def backward(
        self,
        cotangents: Tensor,
        *,
        weights: bool = False,
        saliencies: bool = False,
        images: bool = False,
        trace: bool = False,
        keep: bool = False,
    ) -> Gradients:
        """One sweep back.

        Args:
            cotangents: at the logits, (B, num_classes).
            weights: whether gradients at the weights are wanted.
            saliencies: whether saliencies are wanted.
            images: whether gradients at the images are wanted.
            trace: whether a trace is wanted; it holds what the tape would give back.
            keep: whether there will be another sweep; otherwise the memory is given back on the way.
        """
        found = Gradients(weights, saliencies, images, trace=Trace() if trace else None)
        self._outputs.receive(cotangents)
        self._go_back(found, keep)
        if images:
            found.images = self._inputs.take()
        return found

    def variable(self, value: Tensor) -> Variable:
        """A value to start from in the middle of the network; `pull_back` leads back to it."""
        return Variable(Value.of(value), _Slot())

    def pull_back(self, output: Variable, cotangents: Tensor, inputs: Variable) -> Tensor:
        """The cotangents at the inputs, given those at the output: one sweep, for which the tape is used up.

        Args:
            output: the last value.
            cotangents: at the output, of its shape.
            inputs: what `variable` gave.
        """
        output.slot.receive(cotangents)
        self._go_back(Gradients(False, False, False), keep=False)
        return inputs.slot.take()

    def convolve(self, layer: Layer, variable: Variable) -> Variable:
        """See `Arithmetic`."""
        network, slot, value = self._network, variable.slot, variable.value.tensor
        weight = network.weights[layer.number]
        output = functional.conv2d(value, weight, None, layer.stride, layer.padding)
        if self._on_layer:
            self._on_layer(layer.number, output)

        def back(cotangents: Tensor, found: Gradients) -> None:
            to_value = layer.number > 0 or found.wants_images
            wanted = (to_value, found.wants_weights)
            at_value, at_weight = _convolution_gradients(cotangents, value, weight, layer, wanted)
            found.note(layer.number, output, cotangents, at_weight)
            if found.trace:
                found.trace.layers[layer.number] = LayerTrace(
                    value, output, cotangents if layer.number >= network.first_bare.number else None
                )
            if to_value:
                slot.receive(at_value)

        convolved = self._record(Value.of(output), back)
        return convolved if layer.norm is None else self.normalise(layer.norm, convolved)

    def normalise(self, norm: int, variable: Variable) -> Variable:
        """See `Arithmetic`."""
        network, slot, value = self._network, variable.slot, variable.value.tensor
        parameters = network.norms[norm]
        statistics = statistics_of(value, parameters)

        def back(cotangents: Tensor, found: Gradients) -> None:
            sweep = jacobian_sweep(cotangents, value, parameters, statistics)
            if found.trace:
                count = value.numel() // value.shape[1]
                at_weight = sweep.means[1, 0] * statistics.inverse_deviation[0] * count
                kept = sweep.product if norm >= network.norms_before_bare else None
                found.trace.norms[norm] = NormTrace(value, statistics, kept, at_weight)
            slot.receive(sweep.product)

        return self._record(Value(Term(value, statistics)), back)

    def rectify(self, variable: Variable, readers: int = 1) -> Variable:
        """See `Arithmetic`."""
        output, slot = variable.value.rectified, variable.slot
        if self._on_relu:
            self._on_relu(output, readers)

        def back(cotangents: Tensor, found: Gradients) -> None:
            if found.trace:
                found.trace.rectified.append(output)
            slot.receive(cotangents)

        return self._record(Value.of(output), back, mask=output)

    def pool(self, variable: Variable) -> Variable:
        """See `Arithmetic`."""
        slot = variable.slot
        output = Value.of(pool(variable.value.tensor))
        return self._record(output, lambda cotangents, _: slot.receive(pool_adjoint(cotangents)))

    def halve(self, variable: Variable) -> Variable:
        """See `Arithmetic`."""
        slot = variable.slot
        output = Value.of(halve(variable.value.tensor))
        return self._record(output, lambda cotangents, _: slot.receive(halve_adjoint(cotangents)))

    def add(self, variables: Sequence[Variable]) -> Variable:
        """See `Arithmetic`."""
        if len(variables) == 1:
            return variables[0]
        slots = [variable.slot for variable in variables]

        def back(cotangents: Tensor, _found: Gradients) -> None:
            for slot in slots:
                slot.receive(cotangents)

        return self._record(Value.total([variable.value for variable in variables]), back)

    def _through_frugally(self, block: LiveCell | LiveReduction, inputs: Variable) -> Variable:
        """A block of which the tape keeps no more than the inputs."""
        network = self._network
        once = Tape(network, recording=False, on_layer=self._on_layer, on_relu=self._on_relu)
        output = block_output(network, once, block, inputs).value.settled()

        def back(cotangents: Tensor, found: Gradients) -> None:
            if found.trace:
                found.trace.blocks.append((inputs, None if block in network.blocks_before_bare else cotangents))
            again = Tape(network)
            block_output(network, again, block, inputs).slot.receive(cotangents)
            again._go_back(replace(found, trace=None), keep=False)

        return self._record(output, back)

    @classmethod
    def trace_of(
        cls, network: LiveNetwork, block: LiveCell | LiveReduction, inputs: Variable, cotangents: Tensor | None
    ) -> Trace:
        """The trace of one block.

        Args:
            network: the network.
            block: one of its blocks.
            inputs: of the block.
            cotangents: at its output; anything if None.
        """
        tape, found = cls(network), Gradients(False, False, False, trace=Trace())
        output = block_output(network, tape, block, Variable(inputs.value, _Slot()))
        output.slot.receive(torch.zeros_like(output.value.tensor) if cotangents is None else cotangents)
        del output, cotangents
        tape._go_back(found, keep=False)
        assert found.trace is not None, "wanted"
        return found.trace

    def _go_back(self, found: Gradients, keep: bool) -> None:
        for number in reversed(range(len(self._steps))):
            slot, back = self._steps[number] if keep else self._steps.pop()
            back(slot.take(), found)

    def _record(self, value: Value, back: Callable[[Tensor, Gradients], None], mask: Tensor | None = None) -> Variable:
        slot = _Slot(mask)
        if self._recording:
            self._steps.append((slot, back))
        return Variable(value, slot)


def _convolution_gradients(
    cotangents: Tensor, value: Tensor, weight: Tensor, layer: Layer, wanted: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """The gradients at value and weight, as far as wanted."""
    at_value, at_weight, _ = torch.ops.aten.convolution_backward(
        cotangents,
        value,
        weight,
        None,
        [layer.stride] * 2,
        [layer.padding] * 2,
        [1, 1],
        False,
        [0, 0],
        1,
        [*wanted, False],
    )
    return at_value, at_weight
