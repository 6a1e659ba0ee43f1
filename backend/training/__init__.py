"""Trains architectures of a study here: data, recipe, checkpoints, and the processes that do it."""
