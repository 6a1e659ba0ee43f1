"""ProxyScope's backend: cells, proxies, searches and studies; usable without the dashboard."""

__version__ = "0.1.0"
