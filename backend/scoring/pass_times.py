"""What a set of proxies costs, worked out from the measured seconds of the passes that it needs.

Proxies that read what one pass yields share it, so that what one more adds depends on the set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PassTimes(BaseModel):
    """Measured seconds for one architecture.

    Attributes:
        reads: of each proxy that is known, by pass, what it reads of that pass.
        values: seconds that the proxy's own formula takes.
        passes: a pass, what it yielded, and the seconds that it took.
    """

    model_config = ConfigDict(frozen=True)

    reads: dict[str, dict[int, frozenset[str]]]
    values: dict[str, Seconds]
    passes: tuple[tuple[int, frozenset[str], Seconds], ...]

    def total(self, proxies: Iterable[str]) -> float | None:
        """Seconds of a set of proxies; None where one is not known.

        >>> both, one = frozenset({"gradients", "saliencies"}), frozenset({"gradients"})
        >>> reads = {"snip": {0: one}, "fisher": {0: both - one}}
        >>> times = PassTimes(reads=reads, values={"snip": 0.0, "fisher": 0.25}, passes=((0, one, 1.0), (0, both, 1.5)))
        >>> times.total(["snip"]), times.total(["snip", "fisher"]), times.total(["zen"])
        (1.0, 1.75, None)
        """
        names = set(proxies)
        if not names <= self.reads.keys():
            return None
        wanted: dict[int, frozenset[str]] = {}
        for name in names:
            for number, read in self.reads[name].items():
                wanted[number] = wanted.get(number, frozenset()) | read
        found = [self._pass(number, yields) for number, yields in wanted.items()]
        known = [seconds for seconds in found if seconds is not None]
        return sum(known) + sum(self.values[name] for name in names) if len(known) == len(found) else None

    def added(self, proxy: str, others: Collection[str]) -> float | None:
        """Seconds that a proxy adds to others, of which those that are not known count for nothing; None if not known.

        Args:
            proxy: any; where it is among the others, what it adds to the rest.
            others: names.
        """
        rest = [name for name in others if name != proxy and name in self.reads]
        without, beside = self.total(rest), self.total([*rest, proxy])
        return None if without is None or beside is None else max(0.0, beside - without)

    def scaled(self, factor: float) -> PassTimes:
        """The same with all seconds multiplied."""
        values = {name: seconds * factor for name, seconds in self.values.items()}
        passes = tuple((number, yields, seconds * factor) for number, yields, seconds in self.passes)
        return PassTimes(reads=self.reads, values=values, passes=passes)

    def updated(self, newer: PassTimes) -> PassTimes:
        """The same with what newer measurements say, which count where both do."""
        old = {(number, yields): seconds for number, yields, seconds in self.passes}
        new = {(number, yields): seconds for number, yields, seconds in newer.passes}
        return PassTimes(
            reads=self.reads | newer.reads,
            values=self.values | newer.values,
            passes=tuple((*step, seconds) for step, seconds in (old | new).items()),
        )

    def _pass(self, number: int, yields: frozenset[str]) -> float | None:
        """Seconds of a pass: measured, or put together from parts of what it yields, the largest first.

        What each part has beyond the others adds what it took beyond them.
        """
        measured = {part: seconds for each, part, seconds in self.passes if each == number and part <= yields}
        covered: frozenset[str] = frozenset()
        total = 0.0
        for part in sorted(measured, key=lambda part: (-len(part), sorted(part))):
            if not part <= covered:
                shared = [seconds for other, seconds in measured.items() if other <= covered & part]
                total += max(0.0, measured[part] - max(shared, default=0.0))
                covered |= part
        return total if covered == yields else None
