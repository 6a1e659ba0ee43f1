from backend.spaces import registry
from backend.truth import measures
from dashboard.figures import accuracy_histogram

WORDS = registry.get().words

BOTH = measures.known_accuracies("cifar10")


def test_each_training_is_a_histogram_of_all_cells_named_with_its_release() -> None:
    figure = accuracy_histogram(measures.measured(BOTH), BOTH)
    assert [sum(trace.y) for trace in figure.data] == [15_625, 15_625]
    assert [trace.name for trace in figure.data] == [
        "Test accuracy, 200 epochs [NATS-Bench tss v1_0]",
        "Test accuracy, 12 epochs [NAS-Bench-201-v1_1-096897]",
    ]
    assert len({trace.marker.color for trace in figure.data}) == 2


def test_the_selected_cell_is_marked_in_both() -> None:
    figure = accuracy_histogram(measures.measured(BOTH), BOTH, selected=6111, words=WORDS)
    assert [round(shape.x0, 2) for shape in figure.layout.shapes] == [94.37, 88.79]
    assert "cell 6,111, 200 epochs" in figure.layout.annotations[0].text


def test_an_accuracy_that_is_not_there_is_said() -> None:
    figure = accuracy_histogram(measures.measured([]), [])
    assert len(figure.data) == 0
    assert "no such accuracy" in figure.layout.annotations[0].text
