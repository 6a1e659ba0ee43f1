"""Numbers as people read them: four significant digits, durations in two units."""

import math
from collections.abc import Mapping

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def readable(value: float | None, unit: str = "") -> str:
    """A number with four significant digits and its unit; a dash for an unknown one, ∞ for an infinite one.

    Percentages have two decimals, numbers below a billion all digits before the point.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if unit == "%":
        return f"{value:.2f} %"
    in_full = float(value).is_integer() or abs(value) >= 1e4
    text = f"{value:,.0f}" if in_full and abs(value) < 1e9 else f"{value:.4g}"
    return f"{text} {unit}" if unit else text


def duration(seconds: float | None) -> str:
    """A time span in its two largest units, such as "3 min 20 s" or "1.2 ms"; a dash for an unknown one."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if 0 < seconds < 0.1:
        return f"{1000 * seconds:.2g} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    rest = round(seconds)
    parts: list[str] = []
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count} {name}")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if not part.startswith("0 "))


def in_order(options: Mapping[str, str]) -> dict[str, str]:
    """Options with what they are called: numbers by size where all are numbers, else as they come.

    >>> list(in_order({"4": "4", "1": "1"})), list(in_order({"skip": "skip", "none": "none"}))
    (['1', '4'], ['skip', 'none'])
    """
    are_numbers = all(option.isdecimal() for option in options)
    return dict(sorted(options.items(), key=lambda item: int(item[0]))) if are_numbers else dict(options)
