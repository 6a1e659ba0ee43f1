"""What computes the observations that proxies read."""
