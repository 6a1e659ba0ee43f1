"""ProxyScope's dashboard: pages over the backend; nothing here computes what the backend can tell."""
