"""A page with nothing but the import."""

from dashboard.components.benchmark_import import benchmark_import

benchmark_import()
