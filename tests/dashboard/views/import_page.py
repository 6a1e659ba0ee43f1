"""A page with nothing but the import."""

from dashboard.views.benchmark.import_section import benchmark_import

benchmark_import()
