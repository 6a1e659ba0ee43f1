"""A forward pass, call by call: what a module computes, whatever the types of its modules.

PyTorch hands every call of its functions to the modes that are active. :class:`ForwardMode` takes them at the level of
autograd, so that functional code is seen like modules, and the projections inside ``nn.MultiheadAttention`` like any
linear layer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from backend.scoring.engines.autograd.twice import Twice, attention
from backend.spaces.building import make_seeded
from backend.spaces.task import leaves, map_leaves

_ASKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")
"""What functions written in Python ask before they call others: true in a mode."""

_PYTHON = ("torch.nn.functional", "torch.functional")
"""Modules of such functions."""

_DROPOUT = frozenset(
    f"{kind}dropout{place}" for kind in ("", "alpha_", "feature_", "feature_alpha_") for place in ("", "_")
)
_RANDOM = frozenset(
    [
        *("bernoulli", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "multinomial", "normal"),
        *("normal_", "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "random_"),
        *("randperm", "rrelu", "rrelu_", "rrelu_with_noise", "uniform_"),
    ]
)
RECURRENT = frozenset(["gru", "lstm", "rnn_relu", "rnn_tanh"])
"""Kernels that run whole recurrent layers."""

_NORMS = frozenset(["batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm"])
_opened: dict[Callable[..., Any], Callable[..., Any] | None] = {}


def opened(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """A function of PyTorch that is written in Python, in a version that asks for no mode; None for all others.

    Called inside the mode, what it calls reaches the mode, and it does not itself.
    """
    if function not in _opened:
        _opened[function] = _open(function)
    return _opened[function]


def _open(function: Callable[..., Any]) -> Callable[..., Any] | None:
    code = getattr(function, "__code__", None)
    if code is None or function.__module__ not in _PYTHON or set(_ASKS).isdisjoint(code.co_names):
        return None
    assert isinstance(function, FunctionType)
    names = {**function.__globals__, **dict.fromkeys(_ASKS, lambda *_: False)}
    copied = FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied


def tensors(args: Iterable[Any], given: Mapping[str, Any]) -> list[Tensor]:
    """The tensors among the arguments of a call, those in lists too; made for speed.

    Args:
        args: positional arguments.
        given: keyword arguments.
    """
    found: list[Tensor] = []
    for value in (*args, *given.values()) if given else args:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, tuple | list | dict):
            found += leaves(value)
    return found


class ForwardMode(TorchFunctionMode):
    """Runs a forward pass without dropout, with random numbers of its own, and with tensors put in others' places.

    Args:
        seed: of what a forward draws beside dropout: each draw is a function of the seed and of its number.
        places: by the ``id`` of a parameter or buffer, the tensor that takes its place.
        norms: whether norms do anything; otherwise they hand on what they get.
        double: whether everything is computed in float64.
        twice: computes layers so that they can be differentiated twice; None if nothing is to be.
    """

    def __init__(
        self,
        seed: int,
        *,
        places: Mapping[int, Tensor] | None = None,
        norms: bool = True,
        double: bool = False,
        twice: Twice | None = None,
    ) -> None:
        super().__init__()
        self._seed, self._draws = seed, 0
        self._places, self._norms, self._double, self._twice = places or {}, norms, double, twice

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """See PyTorch."""
        given = dict(kwargs or {})
        inside = opened(func)
        if inside is not None and (self._norms or inside.__name__ not in _NORMS):
            with self:
                return inside(*args, **given)
        if self._places and not self._places.keys().isdisjoint(map(id, tensors(args, given))):
            args, given = self._placed(args), self._placed(given)
        return self.call(getattr(func, "__name__", ""), func, args, given)

    def call(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        """Computes one call; subclasses watch.

        Args:
            name: of the function, such as "conv2d".
            function: what is called.
            args: its positional arguments.
            given: its keyword arguments.
        """
        result: Any
        if name == "__get__":
            return function(*args, **given)
        if name in _DROPOUT:
            return args[0] if args else given["input"]
        if name in _NORMS and not self._norms:
            return args[0] if args else given["input"]
        if name == "scaled_dot_product_attention":
            result = self._attention(function, *args, **given)
        elif name in RECURRENT:
            # The share of units that they drop is their only float.
            result = function(*(0.0 if isinstance(value, float) else value for value in args), **given)
        elif name in _RANDOM and given.get("generator") is None:
            result = self._draw(function, args, given)
        elif self._twice is None or (result := self._twice.compute(name, args, given)) is None:
            result = function(*args, **given)
        return map_leaves(_in_double, result) if self._double else result

    def _placed(self, values: Any) -> Any:
        return map_leaves(lambda leaf: self._places.get(id(leaf), leaf), values)

    def _draw(self, function: Callable[..., Any], args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        digest = hashlib.sha256(f"{self._seed} draw {self._draws}".encode()).digest()
        self._draws += 1
        gpus = sorted({leaf.device.index or 0 for leaf in leaves([args, given]) if leaf.device.type == "cuda"})
        seed = int.from_bytes(digest[:8], "little") >> 1
        return make_seeded(lambda: function(*args, **given), seed, gpus)

    def _attention(
        self,
        function: Callable[..., Any],
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,  # noqa: ARG002  evaluated without
        is_causal: bool = False,
        **given: Any,
    ) -> Tensor:
        if self._twice is not None:
            function = attention
        found: Tensor = function(query, key, value, attn_mask=attn_mask, dropout_p=0.0, is_causal=is_causal, **given)
        return found


def _in_double(value: Tensor) -> Tensor:
    return value.double() if value.is_floating_point() and value.dtype != torch.float64 else value
