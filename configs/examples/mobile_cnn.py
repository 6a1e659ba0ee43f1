"""Small mobile CNNs."""

from torch import nn


def suggest(trial):
    params = {"stages": trial.suggest_int("stages", 1, 3), "width": trial.suggest_int("width", 8, 32, step=8)}
    for stage in range(params["stages"]):
        params[f"kernel_{stage}"] = trial.suggest_categorical(f"kernel_{stage}", [3, 5])
        params[f"expansion_{stage}"] = trial.suggest_int(f"expansion_{stage}", 1, 4)
    return params


def build(params, task):
    width = params["width"]
    layers = [nn.Conv2d(task.batch.shape[1], width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    for stage in range(params["stages"]):
        kernel, hidden = params[f"kernel_{stage}"], params[f"expansion_{stage}"] * width
        layers += [nn.Conv2d(width, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU()]
        layers += [nn.Conv2d(hidden, hidden, kernel, 2, kernel // 2, groups=hidden, bias=False), nn.BatchNorm2d(hidden)]
        layers += [nn.ReLU(), nn.Conv2d(hidden, 2 * width, 1, bias=False), nn.BatchNorm2d(2 * width)]
        width *= 2
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, task.num_outputs))
