"""The form's values in the session, and their way to a search configuration and back.

Widgets write what the user typed under the keys below, valid or not; the backend's own validation of the tables made
from them says what is wrong, so that form, file and command line use the same words.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import streamlit as st

from backend import proxies
from backend.images import SPLITS
from backend.search.config import EDGE_KEYS, HARDWARE_METRICS, SearchConfig
from backend.search.launch import example_config_path

PREFIX = "search_"
FOLDER = "folder"
IMAGE_SOURCES = ("bundled", "random", FOLDER)
SEVERAL, SUM = "several", "sum"
_READY = "search_form_ready"
_CARRIED = "search_form_carried"
"""Settings of the runner that have no field: a file's own go with the form unchanged."""
_SHOWN_OF_RUNNER = {"metrics", "data_loader", "num_samples", "images", "device", "nasbench_epochs"}
_BITWIDTH = HARDWARE_METRICS[0]

State = MutableMapping[Any, Any]


def key(field: str) -> str:
    """Session key of a field, which is its widget's key as well."""
    return PREFIX + field


def scale_key(metric: str) -> str:
    """Session key of a metric's scale."""
    return key(f"scale_{metric}")


def direction_key(metric: str) -> str:
    """Session key of a metric's direction."""
    return key(f"direction_{metric}")


def begin() -> None:
    """Fill the form with the example for this machine when the session sees it first."""
    if _READY not in st.session_state:
        fill(st.session_state, SearchConfig.from_file(example_config_path()))
        st.session_state[_READY] = True


def fill(state: State, config: SearchConfig) -> None:
    """Put a configuration into the form's fields."""
    cells, runner, setup = config.cells, config.runner, config.setup
    is_folder = runner.images not in {"bundled", "random"}
    hardware = config.strategy.hw_runner.average_bitwidth
    values: dict[str, Any] = {
        "dataset": config.dataset,
        "images": FOLDER if is_folder else runner.images,
        "folder": runner.images if is_folder else "",
        "split": config.split,
        "num_samples": runner.num_samples,
        "C": _joined(cells.C),
        "N": _joined(cells.N),
        **{edge: sorted(cells.options(edge)) for edge in EDGE_KEYS},
        "proxies": config.proxy_names,
        "bitwidth": bool(config.hardware_metrics),
        "compare_to": hardware.compare_to if hardware else 32,
        "goal": SUM if setup.sum_scaled_metrics else SEVERAL,
        "sum_direction": setup.direction or "maximize",
        "sampler": setup.sampler,
        "n_trials": setup.n_trials,
        "timeout": setup.timeout,
        "seed": setup.seed,
        "n_jobs": setup.n_jobs,
        "distinct_cells": setup.distinct_cells,
        "device": runner.device,
        "epochs": runner.nasbench_epochs,
    }
    for field, value in values.items():
        state[key(field)] = value
    state[_CARRIED] = runner.model_dump(exclude=_SHOWN_OF_RUNNER)
    for metric in [*config.proxy_names, *config.hardware_metrics]:
        goal = config.strategy.metrics.get(metric)
        state[scale_key(metric)] = goal.scale if goal else 0.0
        state[direction_key(metric)] = goal.direction if goal else default_direction(metric)


def config_of_form(state: Mapping[Any, Any]) -> SearchConfig:
    """The configuration that the form's fields say.

    Raises:
        ConfigError: a field is wrong; the message names the key and what is valid.
    """
    return SearchConfig.from_mapping(form_tables(state))


def form_tables(state: Mapping[Any, Any]) -> dict[str, Any]:
    """The tables of a search file, as the form's fields say them: not validated."""

    def value(field: str) -> Any:
        return state.get(key(field))

    metrics = metrics_of(state)
    sums = value("goal") == SUM
    setup = {
        "n_jobs": value("n_jobs"),
        "n_trials": value("n_trials"),
        "timeout": value("timeout"),
        "sampler": value("sampler"),
        "sum_scaled_metrics": sums,
        "direction": value("sum_direction") if sums else None,
        "seed": value("seed"),
        "distinct_cells": value("distinct_cells"),
    }
    runner = {
        **state.get(_CARRIED, {}),
        "metrics": list(value("proxies") or []),
        "data_loader": f"{value('split')}_dataloader",
        "num_samples": value("num_samples"),
        "images": (value("folder") or "").strip() if value("images") == FOLDER else value("images"),
        "device": (value("device") or "").strip(),
        "nasbench_epochs": value("epochs"),
    }
    choices = {
        "dataset": [value("dataset")],
        "C": _listed(value("C")),
        "N": _listed(value("N")),
        **{edge: sorted(value(edge) or []) for edge in EDGE_KEYS},
    }
    hardware = {_BITWIDTH: {"compare_to": value("compare_to")}} if value("bitwidth") else {}
    goals = {
        name: {"scale": state.get(scale_key(name)), "direction": state.get(direction_key(name))} for name in metrics
    }
    return {
        "search": {
            "search_space": {"nas_zero_cost": {"config": choices}},
            "strategy": {
                "setup": setup,
                "sw_runner": {"zero_cost": runner},
                "hw_runner": hardware,
                "metrics": goals,
            },
        }
    }


def metrics_of(state: Mapping[Any, Any]) -> list[str]:
    """Metrics that the form computes: the proxies chosen, then hardware metrics."""
    chosen = list(state.get(key("proxies")) or [])
    return [*chosen, *(HARDWARE_METRICS if state.get(key("bitwidth")) else ())]


def default_direction(metric: str) -> str:
    """Which way a metric is better unless the user says otherwise."""
    return proxies.get(metric).direction if metric in proxies.available() else "minimize"


def splits() -> tuple[str, ...]:
    """The splits that a mini-batch can come from."""
    return tuple(SPLITS)


def _joined(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _listed(text: str | None) -> list[int | str]:
    """The numbers of a comma-separated list; what is no number stays as it is, for the validation to name."""
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    return [int(part) if re.fullmatch(r"-?[0-9]{1,9}", part) else part for part in parts]
