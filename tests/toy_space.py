"""A search space of the tests: two whole numbers, a multilayer perceptron, and none of the capabilities.

It says no more than a space has to: nothing is known of its truth and costs, it cannot be listed or drawn, and its
parameters are drawn one by one.
"""

import re
from itertools import pairwise
from typing import Any

import optuna
from torch import nn

from backend.errors import UserError
from backend.spaces.base import Architecture, ParameterArchitecture, SearchSpace, Words
from backend.spaces.task import Task


class ToySpace(SearchSpace):
    """Depth and width of a multilayer perceptron."""

    name = "toy"
    title = "Toy MLPs"
    words = Words("perceptron", "perceptrons")

    def suggest(self, trial: optuna.Trial) -> ParameterArchitecture:
        depth = trial.suggest_int("depth", 1, 4)
        # Deep ones have a choice of their own: the parameters are no fixed set.
        if depth < 3:
            return ParameterArchitecture.of({"depth": depth, "width": trial.suggest_int("width", 4, 32, step=4)})
        return ParameterArchitecture.of({"depth": depth, "narrow": trial.suggest_int("narrow", 2, 6)})

    def parse(self, text: str) -> ParameterArchitecture:
        match = re.fullmatch(r"depth=(\d+) (width|narrow)=(\d+)", text)
        if match is None:
            raise UserError(f"perceptron {text!r}: expected depth=… with width=… or narrow=…")
        return ParameterArchitecture.of({"depth": int(match[1]), match[2]: int(match[3])})

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        params: dict[str, Any] = dict(architecture.params)
        width = params.get("width") or params["narrow"]
        sizes = [task.batch[0].numel(), *[width] * params["depth"]]
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], task.num_outputs))
