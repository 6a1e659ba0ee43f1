"""Keeps a search to some options of a space's parameters, whatever the space.

What parameters a space has is known of one with `FixedDistributions`; any other is asked for architectures at random.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from backend.errors import UserError
from backend.spaces.base import Architecture, Narrowing, Range, SearchSpace
from backend.spaces.capabilities import Enumerable, FixedDistributions

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_DRAWN = 200
_learned: dict[int, tuple[SearchSpace, Mapping[str, BaseDistribution]]] = {}
"""By the identity of a space, which is kept: it is asked once."""


def distributions_of(space: SearchSpace) -> Mapping[str, BaseDistribution]:
    """The parameters of a space; of those whose range depends on others, all that was seen.

    Args:
        space: of the registry.

    Returns:
        By name; empty where the space proposes nothing.
    """
    if isinstance(space, FixedDistributions):
        return space.distributions
    known = _learned.get(id(space))
    if known is None or known[0] is not space:
        known = _learned[id(space)] = space, _seen(space)
    return known[1]


def _seen(space: SearchSpace) -> Mapping[str, BaseDistribution]:
    import optuna  # noqa: PLC0415 - what only names a space needs none of it

    found: dict[str, BaseDistribution] = {}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(_DRAWN):
        trial = study.ask()
        try:
            space.suggest(trial)
        except Exception:  # noqa: BLE001 - a user's space may fail in any way, and for some architectures alone
            continue
        for name, kind in trial.distributions.items():
            found[name] = _joined(found[name], kind) if name in found else kind
    return found


def _joined(one: BaseDistribution, other: BaseDistribution) -> BaseDistribution:
    """What holds the values of two distributions of a parameter; the first where they are of two kinds."""
    if one == other or type(one) is not type(other) or hasattr(one, "choices"):
        return one
    both: Any = copy.copy(one)
    low, high = min(both.low, cast("Any", other).low), max(both.high, cast("Any", other).high)
    return cast("BaseDistribution", type(both)(low, high, log=both.log, step=both.step))


def problems_of(space: SearchSpace, parameters: Mapping[str, Narrowing]) -> Iterator[tuple[str, str]]:
    """What is wrong with the options that a search file keeps to: the parameter's name and a message each.

    Args:
        space: of the registry.
        parameters: by name, a list of options, or the range of a number.
    """
    known = distributions_of(space) if parameters else {}
    for name, narrowing in parameters.items():
        if name not in known:
            valid = f"valid: {', '.join(known)}" if known else "it has none that can be narrowed"
            yield name, f"{space.title} has no such {space.words.parameter}; {valid}"
        elif said := _problem(known[name], narrowing):
            yield name, said


def _problem(kind: Any, narrowing: Narrowing) -> str:
    if hasattr(kind, "choices"):
        options = ", ".join(map(_shown, kind.choices))
        if isinstance(narrowing, Range):
            return f"has options, not a range; give a list of some of them: [{options}]"
        unknown = [option for option in narrowing if not _holds(option, kind.choices)]
        return f"{_shown(unknown[0])} is none of its options; valid: {options}" if unknown else ""
    valid = f"{{low = {kind.low}, high = {kind.high}}}"
    if not isinstance(narrowing, Range):
        return f"is a number; give a range within {valid}"
    for said, value in (("low", narrowing.low), ("high", narrowing.high)):
        if value is not None and not kind.low <= value <= kind.high:
            return f"{said} = {value} is outside; give a range within {valid}"
    if _bounds(narrowing, kind.low, kind.high, kind.step) is None:
        return f"no value is in this range: they go from {kind.low} to {kind.high} in steps of {kind.step}"
    return ""


def _shown(option: object) -> str:
    return f"{option!r}"[:80] if isinstance(option, str) else str(option)


def _same(option: object, choice: object) -> bool:
    """Whether a file's option is a choice; what TOML has no word for is named by its text, such as "None"."""
    if isinstance(choice, int | float | str):
        return option == choice and isinstance(option, bool) == isinstance(choice, bool)
    return option == str(choice)


def _holds(option: object, choices: Sequence[object]) -> bool:
    return any(_same(option, choice) for choice in choices)


def kept(choices: Sequence[Any], options: Sequence[object]) -> list[Any]:
    """The choices that a file's options name, in the space's order."""
    return [choice for choice in choices if any(_same(option, choice) for option in options)]


def _bounds(narrowing: Range, low: Any, high: Any, step: Any) -> tuple[Any, Any] | None:
    """The lowest and highest value of a distribution that a range allows; None where there is none."""
    least = low if narrowing.low is None else max(low, narrowing.low)
    most = high if narrowing.high is None else min(high, narrowing.high)
    if step:
        # Rounded, as 0.1 × 3 is a little more than the 0.3 that Optuna takes for the step.
        least = round(low + step * math.ceil((least - low) / step - 1e-9), 12)
        most = round(low + step * math.floor((most - low) / step + 1e-9), 12)
    return None if least > most else (least, most)


def narrowed(space: SearchSpace, parameters: Mapping[str, Narrowing]) -> SearchSpace:
    """A space that proposes what a file allows alone; in all else it is the same, capabilities included.

    Args:
        space: any.
        parameters: by name, a list of options, or the range of a number; valid ones (see `problems_of`).
    """
    if not parameters:
        return space

    def suggest(_: SearchSpace, trial: optuna.Trial) -> Architecture:
        return space.suggest(cast("optuna.Trial", NarrowedTrial(trial, parameters)))

    methods: dict[str, Any] = {"suggest": suggest}
    if isinstance(space, FixedDistributions):
        fixed = space
        within = {name: _within(kind, parameters.get(name)) for name, kind in space.distributions.items()}
        single = {name: _only_value(kind) for name, kind in within.items() if kind.single()}
        methods["distributions"] = property(
            lambda _: {name: kind for name, kind in within.items() if name not in single}
        )
        methods["of_params"] = lambda _, params: fixed.of_params({**single, **params})
    if isinstance(space, Enumerable):
        listed = space
        methods["members"] = lambda _: (item for item in listed.members() if allows(item, parameters))
    same = copy.copy(space)
    same.__class__ = type(type(space).__name__, (type(space),), methods)
    return same


def _within(kind: Any, narrowing: Narrowing | None) -> BaseDistribution:
    if narrowing is None:
        return cast("BaseDistribution", kind)
    if hasattr(kind, "choices"):
        options = kept(kind.choices, narrowing) if isinstance(narrowing, list) else []
        return cast("BaseDistribution", type(kind)(options or kind.choices))
    bounds = _bounds(narrowing, kind.low, kind.high, kind.step) if isinstance(narrowing, Range) else None
    return cast("BaseDistribution", type(kind)(*(bounds or (kind.low, kind.high)), log=kind.log, step=kind.step))


def _only_value(kind: Any) -> Any:
    return kind.choices[0] if hasattr(kind, "choices") else kind.low


def allows(architecture: Architecture, parameters: Mapping[str, Narrowing]) -> bool:
    """Whether the parameters of an architecture are all among what a file keeps to."""
    return all(_allows_value(parameters.get(name), value) for name, value in architecture.params.items())


def _allows_value(narrowing: Narrowing | None, value: Any) -> bool:
    if isinstance(narrowing, list):
        return any(_same(option, value) for option in narrowing)
    return narrowing is None or _bounds(narrowing, value, value, None) is not None


class NarrowedTrial:
    """A trial that offers a space what a file allows alone; in all else it is the trial.

    Args:
        trial: of Optuna, whatever kind.
        parameters: as for `narrowed`.
    """

    def __init__(self, trial: Any, parameters: Mapping[str, Narrowing]) -> None:
        self._trial, self._parameters = trial, parameters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trial, name)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of the choices that are allowed."""
        narrowing = self._parameters.get(name)
        options = kept(choices, narrowing) if isinstance(narrowing, list) else list(choices)
        if not options:
            raise UserError(f"{name}: nothing of {', '.join(map(_shown, choices))} is allowed")
        return self._trial.suggest_categorical(name, options)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """A whole number in the range that is allowed."""
        least, most = self._range(name, low, high, step)
        return int(self._trial.suggest_int(name, int(least), int(most), step=step, log=log))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number in the range that is allowed."""
        least, most = self._range(name, low, high, step)
        return float(self._trial.suggest_float(name, least, most, step=step, log=log))

    def _range(self, name: str, low: Any, high: Any, step: Any) -> tuple[Any, Any]:
        narrowing = self._parameters.get(name)
        bounds = _bounds(narrowing, low, high, step) if isinstance(narrowing, Range) else (low, high)
        if bounds is None:
            raise UserError(f"{name}: nothing from {low} to {high} is allowed")
        return bounds
