"""Names, units and origin of the fields."""

from pathlib import Path

import pytest

from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.fields import truth_fields
from backend.truth.lookup import query, release


@pytest.mark.parametrize("dataset", TRAINED_ON)
@pytest.mark.parametrize("epochs", [12, 200])
def test_fields_describe_what_a_query_gives(dataset: str, epochs: int) -> None:
    fields = truth_fields(dataset)
    assert [field.name for field in fields] == list(query(0, dataset, epochs))
    assert {field.name.split("-", 1)[1]: field.unit for field in fields} == {
        "loss": "nats",
        "accuracy": "%",
        "per-time": "s",
        "all-time": "s",
    }
    assert len({field.label for field in fields}) == len(fields)


def test_a_field_says_on_which_images_it_was_measured() -> None:
    fields = {field.name: field for field in truth_fields("cifar100")}
    assert fields["test-accuracy"].label == "Test accuracy"
    assert "5,000" in fields["test-accuracy"].images
    assert "10,000" in fields["valtest-accuracy"].images


@pytest.mark.parametrize(
    ("dataset", "epochs", "field", "expected"),
    [
        ("cifar10", 12, "test-accuracy", "NAS-Bench-201-v1_1-096897"),
        ("cifar10", 200, "test-accuracy", "NATS-Bench tss v1_0"),
        ("cifar10-valid", 12, "valid-accuracy", "NAS-Bench-201-v1_1-096897"),
        ("cifar10-valid", 200, "train-loss", "NATS-Bench tss v1_0"),
        ("cifar100", 200, "test-accuracy", "NATS-Bench tss v1_0"),
        ("cifar100", 200, "valid-accuracy", "NAS-Bench-201-v1_1-096897"),
        ("ImageNet16-120", 200, "valid-accuracy", "NAS-Bench-201-v1_1-096897"),
        ("cifar100", 200, "train-loss", None),
    ],
)
def test_release_names_the_origin_of_a_number(
    home: Path, dataset: str, epochs: int, field: str, expected: str | None
) -> None:
    assert release(dataset, epochs, field) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cifar", 200, "test-accuracy"), "^dataset 'cifar' is unknown"),
        (("cifar10", 100, "test-accuracy"), "^epochs 100 is not in the benchmark"),
        (
            ("cifar10", 200, "valid-accuracy"),
            "^field 'valid-accuracy' is not one of cifar10; valid are train-loss, .*test-",
        ),
    ],
)
def test_release_of_something_unknown_is_refused(arguments: tuple[str, int, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        release(*arguments)
