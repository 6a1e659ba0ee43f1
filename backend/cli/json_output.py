"""JSON on standard output."""

import json
from typing import Any


def print_json(value: Any) -> None:
    """Print strict JSON on standard output."""
    # JSON escapes whatever a terminal would act on.
    print(json.dumps(value, indent=1, allow_nan=False))  # noqa: T201
