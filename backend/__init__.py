"""ProxyScope's backend: cells, proxies, searches and studies; usable without the dashboard."""
