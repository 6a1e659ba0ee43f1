"""Searches that differ in their seed alone, taken together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from backend.search.config import SearchConfig

_SEED = "strategy.setup.seed"


def seed_groups(configs: Mapping[str, SearchConfig]) -> list[list[str]]:
    """The studies by configuration, where the seed counts as none.

    Args:
        configs: of each study by name.

    Returns:
        Names of the studies of each group; groups and names in the given order.
    """
    groups: dict[str, list[str]] = {}
    for name, config in configs.items():
        unseeded = config.model_copy(deep=True)
        unseeded.setup.seed = 0
        groups.setdefault(unseeded.to_toml(), []).append(name)
    return list(groups.values())


def settings_that_differ(configs: Mapping[str, SearchConfig]) -> pd.DataFrame:
    """The settings, the seed left out, in which some of the studies differ.

    Args:
        configs: of each study by name.

    Returns:
        One row a setting (its dotted key below ``search``), one column a study; None where a study lacks the setting.
    """
    flat = {name: dict(_flattened(config.model_dump())) for name, config in configs.items()}
    keys = dict.fromkeys(key for settings in flat.values() for key in settings if key != _SEED)
    table = {key: [settings.get(key) for settings in flat.values()] for key in keys}
    differing = {key: row for key, row in table.items() if any(value != row[0] for value in row)}
    frame = pd.DataFrame.from_dict(differing, orient="index", columns=list(flat), dtype=object)
    return frame.rename_axis("setting")


def median_band(curves: Sequence[pd.Series[float]]) -> pd.DataFrame:
    """Median and quartiles of several step curves, each of which holds a value until its next one.

    Args:
        curves: indexed by a rising position, such as the number of cells or seconds; none is empty.

    Returns:
        Indexed by every position of any curve from where all have begun to where the first one ends: low (25%),
        median and high (75%).
    """
    steps = [curve[~curve.index.duplicated(keep="last")] for curve in curves]
    first, last = max(step.index[0] for step in steps), min(step.index[-1] for step in steps)
    together = pd.concat(steps, axis="columns").sort_index().ffill()
    together = together[(together.index >= first) & (together.index <= last)]
    low, median, high = (together.quantile(share, axis="columns") for share in (0.25, 0.5, 0.75))
    return pd.DataFrame({"low": low, "median": median, "high": high})


def _flattened(tables: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in tables.items():
        pairs += _flattened(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(f"{prefix}{key}", value)]
    return pairs
