"""Takes training results out of a pickle while it is read, and keeps the final values only."""

from array import array
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.importing import records
from backend.truth.importing.records import ReleaseFormatError
from backend.truth.tables import NAS_BENCH_201, NAS_BENCH_201_V1_0, NATS_BENCH

_EPOCHS: Final = {"less": 12, "full": 200, "12": 12, "200": 200}
_NAS_BENCH: Final = frozenset({"less", "full"})
_NATS: Final = frozenset({"12", "200"})


class Collector:
    """Collects the runs of a release; call it with each dict that is read.

    Attributes:
        architectures: the official indices of those collected.
    """

    def __init__(self, on_architecture: Callable[[], None]) -> None:
        """Nothing is collected yet.

        Args:
            on_architecture: called after each architecture.
        """
        self.architectures: set[int] = set()
        self._on_architecture = on_architecture
        self._keys: frozenset[str] = frozenset()
        self._index = array("i")
        self._dataset = array("b")
        self._epochs = array("h")
        self._seed = array("q")
        self._values = array("d")

    def __call__(self, found: dict[Any, Any]) -> object:
        """What is to stand in a dict's place: the final values of a run, or of all runs of an architecture.

        Raises:
            ReleaseFormatError: it is not in the official format.
        """
        keys = found.keys()
        if keys >= records.RUN_KEYS:
            return records.read_run(found)
        if keys >= records.ARCHITECTURE_KEYS:
            return records.read_architecture(found)
        if keys in (_NAS_BENCH, _NATS):
            self._add(frozenset(keys), found)
            return None
        return found

    @property
    def release(self) -> str:
        """The release that the runs are of."""
        if self._keys == _NATS:
            return NATS_BENCH
        # The first release trained for 12 epochs on cifar10-valid only.
        datasets = {dataset for dataset, epochs in zip(self._dataset, self._epochs, strict=True) if epochs == 12}
        return NAS_BENCH_201_V1_0 if datasets <= {TRAINED_ON.index("cifar10-valid")} else NAS_BENCH_201

    def frame(self) -> pd.DataFrame:
        """The runs, one a row: index, dataset, epochs, seed and ``records.VALUES``."""
        frame = pd.DataFrame(
            np.frombuffer(self._values, np.float64).reshape(-1, len(records.VALUES)), columns=list(records.VALUES)
        )
        frame.insert(0, "index", np.frombuffer(self._index, np.int32))
        datasets = np.array(TRAINED_ON)[np.frombuffer(self._dataset, np.int8)]
        frame.insert(1, "dataset", pd.Series(datasets, dtype="category"))
        frame.insert(2, "epochs", np.frombuffer(self._epochs, np.int16))
        frame.insert(3, "seed", np.frombuffer(self._seed, np.int64))
        return frame

    def _add(self, keys: frozenset[str], found: Mapping[str, object]) -> None:
        if self._keys not in (frozenset(), keys):
            raise ReleaseFormatError("it mixes NAS-Bench-201 and NATS-Bench")
        self._keys = keys
        indices = set()
        for key, trained in found.items():
            if not isinstance(trained, records.Trained):
                raise ReleaseFormatError(f"it has no training results under {key!r}")
            indices.add(trained.index)
            for seed, run in trained.runs:
                if run.epochs != _EPOCHS[key]:
                    raise ReleaseFormatError(f"it has a run of {run.epochs} epochs among those of {_EPOCHS[key]}")
                self._index.append(trained.index)
                self._dataset.append(TRAINED_ON.index(run.dataset))
                self._epochs.append(run.epochs)
                self._seed.append(seed)
                self._values.extend(run.values)
        if len(indices) != 1 or indices & self.architectures:
            raise ReleaseFormatError(f"it has results of architecture {min(indices)} in two places")
        self.architectures |= indices
        self._on_architecture()
