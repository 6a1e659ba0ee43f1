"""Searches: the configuration, what is sampled, what is optimised, and the runner that does it."""
