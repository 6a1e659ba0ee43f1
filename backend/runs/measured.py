"""The time that scoring takes on this machine: measured as a search scores, and kept in the storage folder.

A file for each machine, space, size, kind and number of images, device and number of parallel jobs. It holds the pace,
and what passes take, from which the time of other sets of proxies follows.
"""

from __future__ import annotations

import hashlib
import socket
import tempfile
import time
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field

from backend import proxies
from backend.config.model import SearchConfig
from backend.datasets.info import is_own
from backend.errors import StorageError, UserError
from backend.scoring import Scorer
from backend.scoring.pass_times import PassTimes
from backend.scoring.side_by_side import SideBySide, jobs_on
from backend.settings import check_writable, home, make_folder
from backend.spaces.base import Architecture
from backend.spaces.building import SpaceFailedError, draw

_SCORED, _DRAWS = 3, 200
_LONGEST, _LONGEST_TIMES = 20.0, 20.0
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Measurement(BaseModel):
    """What was measured with one set of proxies.

    Attributes:
        proxies: the set.
        seconds: for one architecture, while as many are scored at once as the search does.
        scored: how many architectures it is the median of.
        jobs: how many were scored at once.
        gain: how many times as many that gave as one at a time in one thread of it.
        times: of the passes, for the architecture of the median.
        measured: when (UTC).
    """

    model_config = ConfigDict(frozen=True)

    proxies: tuple[str, ...]
    seconds: _Positive
    scored: Annotated[int, Field(ge=1)]
    jobs: Annotated[int, Field(ge=1)]
    gain: _Positive
    times: PassTimes
    measured: datetime

    def seconds_of(self, chosen: Collection[str]) -> float | None:
        """Seconds for one architecture with another set of proxies; None where one of them was not measured."""
        if set(chosen) == set(self.proxies):
            return self.seconds
        before, after = self.times.total(self._known), self.times.total(chosen)
        return None if before is None or after is None else max(after, self.seconds + after - before)

    def prices(self, chosen: Collection[str]) -> dict[str, float]:
        """Seconds that each proxy adds to the others that are chosen, for one architecture; what is not known is out.

        Args:
            chosen: names; the price of one of them is what leaving it out saves.
        """
        found = {name: self.times.added(name, chosen) for name in self.times.reads}
        return {name: seconds for name, seconds in found.items() if seconds is not None}

    @property
    def _known(self) -> list[str]:
        return [name for name in self.proxies if name in self.times.reads]


def find(config: SearchConfig) -> Measurement | None:
    """What was measured on this machine with a configuration's settings, whatever its proxies; None if nothing was."""
    try:
        return Measurement.model_validate_json(_file(config).read_bytes())
    except (OSError, ValueError):  # none, or a damaged one, which the next measurement replaces
        return None


def measure(config: SearchConfig) -> Measurement:
    """Score a few architectures of the space as a search does, take the time of each pass, and keep what they say.

    Takes seconds, up to some forty.

    Raises:
        UserError: images or device are not there, or no network of the space can be scored.
        StorageError: nothing can be written to the storage folder.
    """
    check_writable()
    before = find(config)
    scorer = Scorer(
        config.dataset,
        config.proxy_names,
        batch_size=config.runner.num_samples,
        device=config.runner.device,
        image_source=config.runner.images,
        split=config.split,
        space=config.space,
    )
    with SideBySide(jobs_on(config.setup.n_jobs, scorer.device)) as lanes:
        scored = _scored(scorer, lanes)
        middle = sorted(scored, key=lambda one: one.seconds)[len(scored) // 2]
        alone = middle.seconds if lanes.jobs == 1 else _timed(scorer, middle.architecture).seconds
        gain = min(lanes.jobs, lanes.jobs * alone / middle.seconds)
        # Those that time did not suffice for come first the next time, and what was measured before stays known.
        others = sorted(proxies.available(), key=lambda name: before is not None and name in before.times.reads)
        times = scorer.times(middle.architecture, others, _LONGEST_TIMES).scaled(1 / gain)
    seconds = middle.seconds / lanes.jobs
    if before:
        then = before.seconds_of(config.proxy_names)  # the machine may be faster or slower now
        times = before.times.scaled(seconds / then if then else 1.0).updated(times)
    found = Measurement(
        proxies=tuple(config.proxy_names),
        seconds=seconds,
        scored=len(scored),
        jobs=lanes.jobs,
        gain=gain,
        times=times,
        measured=datetime.now(UTC),
    )
    _keep(found, _file(config))
    return found


class _Scored(NamedTuple):
    architecture: Architecture
    seconds: float


def _timed(scorer: Scorer, architecture: Architecture) -> _Scored:
    begun = time.perf_counter()
    scorer.score(architecture)
    return _Scored(architecture, time.perf_counter() - begun)


def _scored(scorer: Scorer, lanes: SideBySide) -> list[_Scored]:
    """A few architectures, each begun while other jobs were busy, and one at least."""
    begun = time.perf_counter()
    drawn = draw(scorer.space, _DRAWS)
    first = _first(scorer, drawn)  # warms the libraries up, and tells what memory one takes
    lanes.widen()
    most, scored = max(_SCORED, lanes.jobs), list[_Scored]()
    running: set[Future[_Scored]] = set()
    for architecture in drawn:
        running.add(lanes.submit(partial(_timed, scorer, architecture)))
        if len(running) == lanes.jobs:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            scored += [future.result() for future in done if future.exception() is None]
        if len(scored) >= most or time.perf_counter() - begun > _LONGEST:
            break
    wait(running)
    return scored[:most] or [first]


def _first(scorer: Scorer, drawn: Iterator[Architecture]) -> _Scored:
    """The first that can be scored: a user's space may fail for some, and a search passes over these."""
    begun, failure = time.perf_counter(), None
    for architecture in drawn:
        try:
            return _timed(scorer, architecture)
        except Exception as error:  # noqa: BLE001
            failure = error
        if time.perf_counter() - begun > _LONGEST:
            break
    raise SpaceFailedError(scorer.space, failure or UserError("it gives no architecture"))


def _file(config: SearchConfig) -> Path:
    """Of all that the time depends on beside the proxies."""
    runner, device = config.runner, config.runner.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    images = runner.images if is_own(runner.images) else config.dataset.startswith("ImageNet")
    setting = (socket.gethostname(), config.space.version, config.search_space.scale(), images, runner.num_samples)
    digest = hashlib.sha256(repr((*setting, device, config.setup.n_jobs)).encode()).hexdigest()
    return home() / "measured" / f"{digest[:16]}.json"


def _keep(found: Measurement, file: Path) -> None:
    """Write it in one go: another session may be reading."""
    make_folder(file.parent)
    try:
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as written:
            written.write(found.model_dump_json())
        Path(written.name).replace(file)
    except OSError as error:
        raise StorageError(f"storage: cannot write {file}: {error.strerror}") from None
