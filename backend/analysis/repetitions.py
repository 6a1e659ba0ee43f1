"""Searches that differ in their seed alone, taken together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from backend.config.model import SearchConfig

_SEED = "strategy.setup.seed"
_MOST_SETTINGS = 3


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


def group_name(group: Sequence[str], groups: Sequence[Sequence[str]], configs: Mapping[str, SearchConfig]) -> str:
    """What to call a group beside others.

    Args:
        group: names of its studies.
        groups: all groups.
        configs: of each study by name.

    Returns:
        The study's own name for a group of one; else the settings that tell its group from the others, or its data set
        and sampler where these are none or many, and the number of seeds.
    """
    if len(group) == 1:
        return group[0]
    first = group[0]
    differing = settings_that_differ({members[0]: configs[members[0]] for members in groups if members[0] in configs})
    if 0 < len(differing) <= _MOST_SETTINGS:
        words = ", ".join(_setting(str(key), value) for key, value in differing[first].items())
    else:
        words = f"{configs[first].dataset} {configs[first].setup.sampler}"
    return f"{words} ({len(group)} seeds)"


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
        curves: indexed by a rising position, such as the number of architectures or seconds; none is empty.

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


def _setting(key: str, value: Any) -> str:
    """A setting in few words; a name needs no key beside it."""
    shown = value[0] if isinstance(value, list) and len(value) == 1 else value
    return str(shown) if isinstance(shown, str) else f"{key.rpartition('.')[2]} {shown}"


def _flattened(tables: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in tables.items():
        pairs += _flattened(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(f"{prefix}{key}", value)]
    return pairs
