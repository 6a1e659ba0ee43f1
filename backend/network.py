"""NAS-Bench-201's networks by the name that other programs import; they live in :mod:`backend.spaces.nas_bench_201`."""

from backend.spaces.nas_bench_201.network import CellNetwork, build_network

__all__ = ["CellNetwork", "build_network"]
