"""Sees in a forward pass what the proxies are about: layers, ReLUs, norms and feature maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from backend.scoring.engines.autograd.calls import RECURRENT, ForwardMode, tensors
from backend.spaces.task import Tree, leaves

_CONVOLUTIONS = frozenset(f"conv{kind}{axes}d" for kind in ("", "_transpose") for axes in (1, 2, 3))
_PRODUCTS = _CONVOLUTIONS | {
    *("linear", "bilinear", "embedding", "embedding_bag", "einsum", "tensordot", "inner", "mm", "mv", "bmm"),
    *("matmul", "__matmul__", "__rmatmul__", "addmm", "addmv", "addbmm", "baddbmm", "addmm_", "addbmm_", "baddbmm_"),
}
"""What multiplies data by the matrix or kernel of a layer."""

_CELLS = frozenset(["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"])
_HIDDEN = RECURRENT | _CELLS
"""Kernels that keep the outputs of their layers to themselves."""

DATA = "data"
"""The origin of what is computed from the batch."""


class Use(NamedTuple):
    """A product of data with the weights of layers.

    Attributes:
        name: of the function.
        parts: for each weight that it multiplies by, the ``id`` of the parameter, and which part of it that is.
        channels: the dimension of the output's channels.
    """

    name: str
    parts: tuple[tuple[int, tuple[int, ...]], ...]
    channels: int


class Observer(ForwardMode):
    """Follows what comes from the batch and what from parameters; subclasses note what they want.

    Args:
        network: whose forward it is.
        batch: what forward gets, made for this pass.
        seed: see `ForwardMode`.
        **given: see `ForwardMode`.
    """

    def __init__(self, network: nn.Module, batch: Tree, seed: int, **given: Any) -> None:
        super().__init__(seed, **given)
        self._parameters = {id(weight): weight for weight in network.parameters() if weight.requires_grad}
        self._parameters |= {
            id(place): self._parameters[key] for key, place in self._places.items() if key in self._parameters
        }
        # Kept alive: a buffer that the forward replaces would leave its id to another tensor.
        self._lasting = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
        self._count = max((leaf.shape[0] for leaf in leaves(batch)), default=0)
        for leaf in leaves(batch):
            self._mark(leaf, DATA)

    def on_use(self, use: Use, output: Tensor) -> None:
        """A product of data with weights."""

    def before_relu(self, value: Tensor) -> None:
        """A ReLU is about to run."""

    def on_relu(self, result: Tensor) -> None:
        """The same ReLU has run, in place perhaps."""

    def on_batch_norm(self, value: Tensor, result: Tensor) -> None:
        """A batch norm."""

    def on_collapse(self, value: Tensor, result: Tensor) -> None:
        """Feature maps lose their positions: global pooling, or flattening."""

    def on_hidden(self, name: str) -> None:
        """A kernel that keeps the outputs of its layers to itself."""

    def before_change(self, value: Tensor) -> None:
        """A tensor is about to be changed in place."""

    def call(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        """See `ForwardMode`."""
        inputs = tensors(args, given)
        if name == "__get__":
            return self._passed_on(super().call(name, function, args, given), inputs)
        first = inputs[0] if inputs else None
        rectifies = first is not None and _is_relu(name, args, given) and self._is_data(first)
        if first is not None:
            if rectifies:
                self.before_relu(first)
            if _changes(name):
                self.before_change(first)
        result = super().call(name, function, args, given)
        if first is not None and isinstance(result, Tensor):
            if rectifies:
                self.on_relu(result)
            elif name == "batch_norm":
                self.on_batch_norm(first, result)
            elif self._collapses(first, result):
                self.on_collapse(first, result)
        return self._passed_on(result, inputs, name)

    def _passed_on(self, result: Any, inputs: Sequence[Tensor], name: str = "") -> Any:
        """Marks what a call yields with its origins."""
        outputs = [result] if isinstance(result, Tensor) else list(leaves(result))
        if not outputs:
            return result
        data = any(self._is_data(value) for value in inputs)
        weights = [(value, origins) for value in inputs if (origins := self._origins(value))]
        if data and weights:
            self._note(name, outputs[0], weights)
        origin: object = DATA if data else frozenset().union(*(origins for _, origins in weights))
        if origin:
            for output in outputs:
                self._mark(output, origin)
        return result

    def _note(self, name: str, output: Tensor, weights: Sequence[tuple[Tensor, frozenset[int]]]) -> None:
        if name in _HIDDEN:
            self.on_hidden(name)
        if name not in _PRODUCTS:
            return
        parts = tuple(
            (key, (value.storage_offset(), *value.shape))
            for value, origins in weights
            for key in sorted(origins)
            if self._parameters[key].dim() > 1
        )
        if parts:
            self.on_use(Use(name, parts, 1 if name in _CONVOLUTIONS else output.dim() - 1), output)

    def _mark(self, value: Tensor, origin: object) -> None:
        if id(value) not in self._lasting:
            value._origin = origin  # type: ignore[attr-defined]

    def _origins(self, value: Tensor) -> frozenset[int]:
        """The parameters that a tensor is computed from, and from nothing else but constants."""
        if id(value) in self._parameters:
            return frozenset({id(self._parameters[id(value)])})
        found = getattr(value, "_origin", None)
        return found if isinstance(found, frozenset) else frozenset()

    def _is_data(self, value: Tensor) -> bool:
        origin = getattr(value, "_origin", None)
        # What a function of the user's own computes comes without a mark.
        return origin == DATA or (origin is None and value.grad_fn is not None)

    def _collapses(self, value: Tensor, result: Tensor) -> bool:
        if not self._is_data(value) or value.dim() < 3 or value.shape[0] != self._count:
            return False
        positions = math.prod(value.shape[2:])
        left = result.numel() // (self._count * value.shape[1]) if result.shape[:1] == value.shape[:1] else 0
        if positions <= 1 or not left:
            return False
        pooled = left == 1 and result.shape[:2] == value.shape[:2]
        return pooled or (result.dim() == 2 and left == positions)


def _changes(name: str) -> bool:
    """Whether a function changes its first argument in place, by its name."""
    if name.startswith("__"):
        return name == "__setitem__" or (name.startswith("__i") and name not in ("__init__", "__invert__", "__index__"))
    return name.endswith("_")


def _is_relu(name: str, args: tuple[Any, ...], given: dict[str, Any]) -> bool:
    """Whether a call sets what is negative to zero, and keeps what is positive, up to a bound perhaps."""

    def argument(position: int, key: str, default: object = None) -> object:
        return args[position] if len(args) > position else given.get(key, default)

    match name.removesuffix("_"):
        case "relu" | "relu6":
            return True
        case "hardtanh":
            return argument(1, "min_val", -1.0) == 0
        case "clamp" | "clip" | "clamp_min":
            low = argument(1, "min")
            return not isinstance(low, Tensor) and low == 0
        case "threshold":
            return argument(1, "threshold") == 0 and argument(2, "value") == 0
    return False


class Examples(NamedTuple):
    """Where the examples are in a tensor.

    Attributes:
        axis: the dimension that grows with the batch.
        inner: whether along it the same example comes again after all others, not at once.
    """

    axis: int
    inner: bool = False

    def first(self, value: Tensor, count: int) -> Tensor:
        """The tensor with its examples first: (count, of one example, the other dimensions).

        Args:
            value: the tensor.
            count: of the examples.
        """
        moved = value.movedim(self.axis, 0)
        rest = moved.shape[1:]
        return moved.reshape(-1, count, *rest).transpose(0, 1) if self.inner else moved.reshape(count, -1, *rest)


FIRST = Examples(0)
"""Where they are in what a convolution gives."""


class Seen(NamedTuple):
    """A product with weights, or a ReLU, of the forward that was scouted.

    Attributes:
        name: of the function.
        live: whether the outputs depend on it.
        examples: where they are in its output, or the ReLU's input; None where it has none.
    """

    name: str
    live: bool
    examples: Examples | None


@dataclass(frozen=True)
class Structure:
    """What a network's forward does, found out with a few examples.

    Attributes:
        layers: the weights of two dimensions or more that the outputs depend on, each once, in the order in which the
            network registers them.
        uses: each product of data with weights.
        relus: each ReLU.
        batch_norms: of each batch norm, whether the outputs depend on it.
        collapse: which loss of positions comes last; None where there is none.
        hidden: kernels that keep the outputs of their layers to themselves.
        outputs: shape of the outputs.
        nodes: names of the derivatives on the way back.
    """

    layers: tuple[Tensor, ...]
    uses: tuple[Seen, ...]
    relus: tuple[Seen, ...]
    batch_norms: tuple[bool, ...]
    collapse: int | None
    hidden: tuple[str, ...]
    outputs: torch.Size
    nodes: frozenset[str]

    @property
    def convolves(self) -> bool:
        """Whether any live layer is a convolution."""
        return any(use.live and use.name in _CONVOLUTIONS for use in self.uses)


@dataclass
class _Found:
    """A product or a ReLU, while the forward is scouted."""

    name: str
    value: Tensor
    node: object
    examples: Examples | None = FIRST


class Scout(Observer):
    """Finds out what a forward does; afterwards, with its outputs, :meth:`found`.

    Args:
        network: any.
        batch: a few examples.
        seed: see `ForwardMode`.

    Attributes:
        batch: these.
    """

    def __init__(self, network: nn.Module, batch: Tree, seed: int) -> None:
        super().__init__(network, batch, seed)
        self.batch = batch
        self._network = network
        self._uses: list[_Found] = []
        self._relus: list[_Found] = []
        self._batch_norms: list[object] = []
        self._collapses_seen: list[object] = []
        self._hidden: dict[str, None] = {}

    def on_use(self, use: Use, output: Tensor) -> None:
        """See `Observer`."""
        self._uses.append(_Found(use.name, self._kept(use.name, output), output.grad_fn))

    def before_relu(self, value: Tensor) -> None:
        """See `Observer`."""
        self._relus.append(_Found("relu", self._kept("relu", value), None))

    def on_relu(self, result: Tensor) -> None:
        """See `Observer`."""
        self._relus[-1].node = result.grad_fn

    def on_batch_norm(self, _value: Tensor, result: Tensor) -> None:
        """See `Observer`."""
        self._batch_norms.append(result.grad_fn)

    def on_collapse(self, _value: Tensor, result: Tensor) -> None:
        """See `Observer`."""
        self._collapses_seen.append(result.grad_fn)

    def on_hidden(self, name: str) -> None:
        """See `Observer`."""
        self._hidden[name] = None

    def _kept(self, name: str, value: Tensor) -> Tensor:
        """A copy where the examples have to be looked for; it may be changed in place."""
        return value.detach().clone() if self._is_unsure(name, value) else value.detach()[:0]

    def _is_unsure(self, name: str, value: Tensor) -> bool:
        if name in _CONVOLUTIONS:
            return False
        # Images, and rows: an example is a slice of the first dimension.
        return not (value.dim() in (2, 4, 5) and value.shape[0] == self._count)

    @property
    def unsure(self) -> bool:
        """Whether it is not sure where the examples are in some tensor."""
        return any(found.value.numel() for found in (*self._uses, *self._relus))

    def settle(self, rolled: Scout) -> None:
        """Find out where the examples are from a pass in which the last of them came first."""
        for mine, others in ((self._uses, rolled._uses), (self._relus, rolled._relus)):
            for one, other in zip(mine, others, strict=False):
                if one.value.numel() and one.value.shape == other.value.shape:
                    one.examples = self._place(one.value, other.value)

    def _place(self, value: Tensor, rolled: Tensor) -> Examples | None:
        """Of all places where examples can be, that in which rolling them explains the difference best."""

        def distance(place: Examples) -> float:
            expected = place.first(value, self._count).roll(1, 0)
            return float((expected.double() - place.first(rolled, self._count).double()).abs().sum())

        divisible = [axis for axis, size in enumerate(value.shape) if size % self._count == 0 and size]
        places = [Examples(axis, inner) for axis in divisible for inner in (False, True)]
        return min(places, key=distance, default=None)

    def found(self, outputs: Tensor) -> Structure:
        """The structure, with what the outputs depend on told from what they do not.

        Args:
            outputs: of the forward that was watched.
        """
        reached = _ancestors(outputs.grad_fn)
        variables = {id(node.variable) for node in reached if hasattr(node, "variable")}

        def live(node: object) -> bool:
            return node is None or node in reached

        def seen(found: list[_Found]) -> tuple[Seen, ...]:
            return tuple(Seen(one.name, live(one.node), one.examples) for one in found)

        collapses = [number for number, node in enumerate(self._collapses_seen) if live(node)]
        return Structure(
            layers=tuple(
                weight for weight in self._network.parameters() if weight.dim() > 1 and id(weight) in variables
            ),
            uses=seen(self._uses),
            relus=seen(self._relus),
            batch_norms=tuple(live(node) for node in self._batch_norms),
            collapse=collapses[-1] if collapses else None,
            hidden=tuple(self._hidden),
            outputs=outputs.shape,
            nodes=frozenset(node.name() for node in reached),
        )


def _ancestors(node: Any) -> set[Any]:
    """All nodes of the graph of derivatives that a node leads back to."""
    reached, waiting = set(), [node] if node is not None else []
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += [before for before, _ in current.next_functions if before is not None]
    return reached
