"""Scores of five ordinary networks beside what the authors' own package gives for them.

The values are those that ``foresight`` of SamsungLabs/zero-cost-nas (commit a43bfbc), the code of Abdelfattah et al.,
"Zero-Cost Proxies for Lightweight NAS", printed for the networks in float64 and without dropout. It finds layers by the
types of modules, and sees these networks in the form that is written with modules alone.
"""

import pytest
import torch

from backend.scoring import score_network
from tests.backend.scoring.ordinary import NETWORKS

IMAGES = torch.randn(6, 3, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 3, 4, 0])
FORESIGHT = {
    "ResNet": {
        "grad_norm": 2.50470698764,
        "snip": 2.39306740086,
        "grasp": -0.223360155599,
        "fisher": 0.24779316783,
        "jacob_cov": -6.11086063546,
        "plain": 0.0509794502597,
        "synflow": 17284.1670481,
    },
    "MobileNet": {
        "grad_norm": 1.71875982717,
        "snip": 1.48963333649,
        "grasp": -0.0500077896655,
        "fisher": 0.0592199414968,
        "jacob_cov": -6.18217540734,
        "plain": 0.118805693822,
        "synflow": 106.604756938,
    },
    "VGG": {
        "grad_norm": 1.20425068781,
        "snip": 1.27783032062,
        "grasp": -1.21877990772,
        "fisher": 0.0256422795355,
        "jacob_cov": -6.07148388674,
        "plain": -0.0729316800997,
        "synflow": 1937.62929889,
    },
    "CNN": {
        "grad_norm": 0.573792956711,
        "snip": 0.555199662917,
        "grasp": -0.111645226066,
        "fisher": 0.0101662678644,
        "jacob_cov": -7.20996748651,
        "plain": -0.00921226665754,
        "synflow": 91.2680162665,
    },
    "MLP": {
        "grad_norm": 3.54471780467,
        "snip": 4.06649920969,
        "grasp": -9.09177631,
        "fisher": 0.223812282085,
        "jacob_cov": -30.2189991262,
        "plain": 0.27376130439,
        "synflow": 239.730673108,
    },
}
OTHER_NORMS = ("CNN", "MLP")
"""Networks with group or layer norms. Theirs switches off batch norms alone for synflow, and ours every norm."""


@pytest.mark.parametrize("name", FORESIGHT)
def test_scores_are_those_of_the_authors_package(name: str) -> None:
    expected = dict(FORESIGHT[name])
    scores = score_network(NETWORKS[name]().network, IMAGES, LABELS, expected)
    if name in OTHER_NORMS:
        assert scores.pop("synflow") > 1.5 * expected.pop("synflow")
    # Theirs sums fisher in float32.
    assert scores == pytest.approx(expected, rel=1e-6)
