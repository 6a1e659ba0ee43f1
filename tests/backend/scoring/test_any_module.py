"""Scores of any module: what the plain definitions say, refused where they mean nothing, and without a trace."""

from __future__ import annotations

import pytest
import torch

from backend import proxies
from backend.scoring import explain_network, score_network
from tests.backend.scoring.ordinary import NETWORKS
from tests.backend.scoring.plain import DEFINITIONS

NEVER = {"linear_regions", "tenas", "az_expressivity", "az_progressivity", "az_trainability"}
"""What no module on its own can have: a thin copy, or named blocks."""

IMAGES = torch.randn(6, 3, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 3, 4, 0])


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_are_what_the_plain_definitions_say(name: str) -> None:
    network, modular = NETWORKS[name]()
    computed = [proxy for proxy, reason in explain_network(network, IMAGES, LABELS).items() if not reason]
    has_norms = name in ("ResNet", "MobileNet", "1-D CNN")
    assert set(proxies.available()) - set(computed) - NEVER == (set() if has_norms else {"zen"})
    scores = score_network(network, IMAGES, LABELS, computed)
    for proxy in set(computed) - {"flops"}:
        assert scores[proxy] == pytest.approx(DEFINITIONS[proxy](modular, IMAGES, LABELS), rel=1e-7), proxy
