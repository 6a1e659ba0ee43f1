import numpy as np
import pandas as pd

from dashboard.figures.proxy_agreement import proxy_agreement


def matrix(number: int = 3) -> pd.DataFrame:
    names = [f"p{position}" for position in range(number)]
    values = np.full((number, number), -0.25)
    np.fill_diagonal(values, 1)
    return pd.DataFrame(values, index=names, columns=names)


def test_every_pair_is_a_square_with_its_number() -> None:
    frame = matrix()
    frame.loc["p0", "p1"] = np.nan
    heat, numbers = proxy_agreement(frame).data
    assert np.array_equal(heat.z, frame.to_numpy(), equal_nan=True)
    assert (heat.zmin, heat.zmax) == (-1, 1)
    assert len(numbers.text) == 8
    assert set(numbers.text) == {"1.00", "−0.25"}
    assert ("p1", "p0") not in set(zip(numbers.x, numbers.y, strict=True))


def test_many_proxies_have_no_room_for_numbers() -> None:
    assert len(proxy_agreement(matrix(40)).data) == 1


def test_one_proxy_has_no_pair() -> None:
    assert "Two" in proxy_agreement(matrix(1)).layout.annotations[0].text
