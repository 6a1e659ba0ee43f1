"""``score FILE.py:NAME``: networks and batches of the user's own, named on the command line."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from backend.scoring import score_network
from tests.backend.cli.command_line import backend, refused

NETWORKS = """
import torch
from torch import nn
from torch.nn import functional

import sizes


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, sizes.WIDTH, 3), nn.Linear(sizes.WIDTH, 7)

    def forward(self, x):
        return self.head(functional.relu(self.conv(x)).mean((2, 3)))


def small():
    return Net()


def tokens():
    return nn.Sequential(nn.Embedding(9, 8), nn.Flatten(), nn.Linear(32, 3))


def batch():
    return torch.arange(24).reshape(6, 4) % 9, torch.arange(6) % 3


def nothing():
    return None


def broken():
    return 1 / 0
"""


@pytest.fixture
def networks(tmp_path: Path) -> Path:
    (tmp_path / "sizes.py").write_text("WIDTH = 6\n")
    file = tmp_path / "networks.py"
    file.write_text(NETWORKS)
    return file


def test_a_network_of_ones_own_is_scored_on_noise_a_data_set_and_a_batch(home: Path, networks: Path) -> None:
    named = f"{networks}:small"
    asked = ("score", named, "--input", "3x12x10", "--batch-size", "5", "--device", "cpu")
    (row,) = json.loads(backend(*asked, "--json").stdout)
    assert (row["arch"], row["index"]) == (named, None)
    assert row["scores"]["params"] == 3 * 9 * 6 + 6 + 6 * 7 + 7
    assert {"snip", "naswot_relu", "synflow", "ntk_cond"} <= set(row["scores"])
    assert not {"zen", "linear_regions", "az_expressivity"} & set(row["scores"])
    assert json.loads(backend(*asked, "--json").stdout) == [row]
    printed = backend(*asked, "--proxies", "snip,params").stdout
    assert "5 examples 3x12x10 of Gaussian noise, with classes at random." in printed
    assert "naswot" not in printed
    said = refused("score", named, "--proxies", "snip", "--batch-size", "4", "--dataset", "cifar100")
    assert "labels: expected an int64 tensor (4,) of values from 0 to 6, got values from" in said
    (of_images,) = json.loads(backend("score", named, "--proxies", "jacob_cov", "--batch-size", "4", "--json").stdout)
    assert list(of_images["scores"]) == ["jacob_cov"]
    (of_tokens,) = json.loads(
        backend(
            "score", f"{networks}:tokens", "--batch", f"{networks}:batch", "--proxies", "grad_norm", "--json"
        ).stdout
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Embedding(9, 8), nn.Flatten(), nn.Linear(32, 3))
    batch = torch.arange(24).reshape(6, 4) % 9, torch.arange(6) % 3
    assert of_tokens["scores"] == score_network(network, *batch, ["grad_norm"])


@pytest.mark.slow
def test_explain_says_which_proxies_are_computed_and_why_others_are_not(home: Path, networks: Path) -> None:
    asked = ("score", f"{networks}:small", f"{networks}:tokens", "--explain", "--batch", f"{networks}:batch")
    assert "its forward fails" in refused(*asked)
    asked = ("score", f"{networks}:small", "--explain", "--input", "3x8x8")
    lines = {line.split("│")[1].strip(): line for line in backend(*asked).stdout.splitlines() if line.count("│") > 2}
    assert re.search(r"computed: \d+ ms alone, \d+ ms added", lines["snip"])
    assert "needs batch norms, and the network has none" in lines["zen"]
    (row,) = json.loads(backend(*asked, "--json", "--proxies", "snip,az_expressivity").stdout)
    assert row["reasons"] == {
        "snip": "",
        "az_expressivity": "needs the blocks of the network, and nothing says what these are",
    }
    assert list(row["milliseconds"]) == ["snip"]
    (cell,) = json.loads(backend("score", "1462", "--explain", "--batch-size", "2", "--json").stdout)
    assert set(cell["reasons"].values()) == {""}
    prices = cell["milliseconds"]
    assert set(prices) == set(cell["reasons"])
    assert prices["snip"]["added"] < prices["snip"]["alone"] / 2  # shares its pass
    assert prices["zen"]["added"] == pytest.approx(prices["zen"]["alone"], abs=0.01)  # has a pass of its own
    said = refused("score", f"{networks}:small", "--input", "3x8x8", "--proxies", "zen,snip")
    assert "proxies: zen needs batch norms, and the network has none; computed for this Net: grad_norm, snip" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{}:absent"], "has no absent; it has Net, small, tokens, batch, nothing, broken"),
        (["{}:nothing"], "gives a NoneType, expected a torch.nn.Module"),
        (["{}:broken"], "fails: ZeroDivisionError: division by zero"),
        (["nowhere.py:small"], "network nowhere.py:small: there is no file nowhere.py"),
        (["{}:small", "--input", "3xx8"], "--input 3xx8: expected sizes such as 3x224x224"),
        (["{}:small", "--input", "1x8x8"], "network: its forward fails: RuntimeError: Given groups=1"),
        (["{}:small", "--input", "3x8x8", "--batch", "{}:batch"], "--input: give it or --batch, not both"),
        (
            ["{}:small", "--batch", "{}:nothing"],
            "expected a tensor, a pair (batch, labels), or a backend.spaces.task.Task",
        ),
        (["{}:small", "--batch", "batch"], "batch batch: expected FILE.py:NAME"),
        (["{}:small", "1462"], "give architectures of a space, or networks FILE.py:NAME, not both"),
        (["1462", "--input", "3x8x8"], "--input: only for networks of your own, FILE.py:NAME"),
    ],
)
def test_bad_input_is_one_line(home: Path, networks: Path, arguments: list[str], message: str) -> None:
    assert message in refused("score", *(argument.format(networks) for argument in arguments))
