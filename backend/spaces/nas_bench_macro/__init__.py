"""NAS-Bench-Macro: eight layers with three choices each, 6,561 networks in the manner of MobileNetV2."""
