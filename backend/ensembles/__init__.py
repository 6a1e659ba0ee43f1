"""Ensembles of proxies: models, fits, and what they are worth on cells that they have not seen."""
