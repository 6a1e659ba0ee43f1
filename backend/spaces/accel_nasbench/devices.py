"""The devices that Accel-NASBench measured its networks on, and what was measured."""

from __future__ import annotations

from typing import Final

from backend.spaces.base import DeviceCost

COSTS_HELP: Final = (
    "Of ImageNet: as they were trained, 1,000 classes at 224×224 pixels. Of a data set: at the size that networks are "
    "scored at. Multiply-accumulates are those of convolutions and classifier; the benchmark's own count adds "
    "batch norms and pooling."
)


_AT_224: Final = "at 224×224 pixels, as Accel-NASBench measured it."
_THROUGHPUTS: Final = {
    "a100": ("A100", f"Images a second on an NVIDIA A100, {_AT_224}"),
    "3090": ("RTX 3090", f"Images a second on an NVIDIA RTX 3090, {_AT_224}"),
    "tpuv2": ("TPU v2", "Images a second on one core of a TPU v2 in batches of 64, as Accel-NASBench measured it."),
    "tpuv3": ("TPU v3", "Images a second on one core of a TPU v3 in batches of 128, as Accel-NASBench measured it."),
    "zcu102": (
        "ZCU102",
        "Images a second on the FPGA board ZCU102 in 8 bits, five threads, as Accel-NASBench measured it.",
    ),
    "vck190": (
        "VCK190",
        "Images a second on the FPGA board VCK190 in 8 bits, six threads, as Accel-NASBench measured it.",
    ),
}
_LATENCIES: Final = {
    "zcu102": (
        "ZCU102",
        "Time of one image on the FPGA board ZCU102 in 8 bits, one thread, as Accel-NASBench measured it. Not "
        "comparable with that of VCK190.",
    ),
    "vck190": (
        "VCK190",
        "Time of a batch of 6 images on the FPGA board VCK190 in 8 bits, one thread, as Accel-NASBench measured "
        "it. Not comparable with that of ZCU102.",
    ),
}

MEASURED: Final = (
    *(
        DeviceCost(f"throughput:{name}", f"{title} throughput", "images/s", words, "maximize")
        for name, (title, words) in _THROUGHPUTS.items()
    ),
    *(DeviceCost(f"latency:{name}", f"{title} latency", "ms", words) for name, (title, words) in _LATENCIES.items()),
)
"""Each in the table's column of its name, with an underscore in place of the colon."""
