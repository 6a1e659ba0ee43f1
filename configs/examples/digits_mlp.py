"""Multilayer perceptrons on scikit-learn's handwritten digits, 8×8 pixels of one channel."""

import torch
from sklearn.datasets import load_digits
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}


def batch(count, seed):
    """A mini-batch: the search file names this function as its images."""
    digits = load_digits()
    chosen = torch.randperm(len(digits.target), generator=torch.Generator().manual_seed(seed))[:count]
    images = torch.tensor(digits.images, dtype=torch.float32)[chosen, None]
    return (images - images.mean()) / images.std(), torch.tensor(digits.target)[chosen]


def suggest(trial):
    trial.suggest_int("depth", 1, 4)
    trial.suggest_int("width", 16, 128, step=16)
    trial.suggest_categorical("activation", list(ACTIVATIONS))
    trial.suggest_categorical("norm", [False, True])


def build(params, task):
    size, layers = task.batch[0].numel(), [nn.Flatten()]
    for _ in range(params["depth"]):
        layers.append(nn.Linear(size, params["width"]))
        if params["norm"]:
            layers.append(nn.LayerNorm(params["width"]))
        layers.append(ACTIVATIONS[params["activation"]]())
        size = params["width"]
    return nn.Sequential(*layers, nn.Linear(size, task.num_outputs))
