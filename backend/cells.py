"""NAS-Bench-201's cells by the name that other programs import; they live in :mod:`backend.spaces.nas_bench_201`."""

from backend.spaces.nas_bench_201.cell import EDGES, NUM_CELLS, OPERATIONS, Cell, class_indices, enumerate_cells

__all__ = ["EDGES", "NUM_CELLS", "OPERATIONS", "Cell", "class_indices", "enumerate_cells"]
