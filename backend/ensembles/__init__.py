"""Ensembles of proxies: models, fits, and what they are worth on architectures that they have not seen."""
