"""Mini-batches of labelled images: bundled samples, the user's own CIFAR and ImageNet16-120 files, or noise."""

from backend.benchmark.datasets import DATASETS, NUM_CLASSES
from backend.images.batch import SPLITS, Batch, available_images, load_batch

__all__ = ["DATASETS", "NUM_CLASSES", "SPLITS", "Batch", "available_images", "load_batch"]
