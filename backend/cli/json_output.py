"""JSON on standard output."""

import json
from typing import Any


def print_json(value: Any) -> None:
    """Print strict JSON on standard output."""
    print(json.dumps(value, indent=1, allow_nan=False))
