"""The field's terms as this dashboard uses them."""

from typing import Final

GLOSSARY: Final[dict[str, str]] = {
    "Accuracy, true": "Share of test images that the trained network classifies rightly, as NAS-Bench-201 measured it "
    "once every cell was trained, for 12 and for 200 epochs. A search does not see it; the charts do.",
    "Architecture string": "A cell in the benchmark's notation: each edge's operation and the node it comes from.",
    "Best 10%": "The tenth of the cells with the highest true accuracy. A proxy that orders all cells well often fails "
    "to order these.",
    "Bootstrap interval": "The middle 95% of a number's values over samples that are drawn, with replacement, from the "
    "cells at hand: how much it would change with other cells.",
    "C and N": "Channels of the first stage, and cells in each of the three stages. The benchmark's networks have "
    "C = 16 and N = 5; true accuracies are known for these alone.",
    "Cell": "The small graph that a network repeats: four nodes, six edges, one of five operations on each edge. "
    "NAS-Bench-201 has 15,625 of them, numbered 0 to 15,624.",
    "Class of cells": "Cells that compute the same function, because skip connections, poolings and unused edges can "
    "be written in several ways. They share their scores.",
    "Disconnected cell": "A cell without a way from input to output, 341 of all. It is never scored.",
    "Distinct cells": "The cells of a search that it had not tried before. A repeated cell costs nothing, as its "
    "scores are known.",
    "Ensemble": "Several proxies taken together in a model that is fitted to true accuracies of some cells, such as "
    "a linear regression. Without labels, a sum of the logarithms of a cell's ranks.",
    "FLOPs": "Here multiply-accumulates of one image, in millions, as NAS-Bench-201 counts them.",
    "Hypervolume": "How much of the space of the objectives a Pareto front dominates. One number for a search with "
    "several objectives: higher is better.",
    "Kendall's τ": "Rank correlation: of all pairs of cells, the share that two quantities order alike less the share "
    "that they order differently. Ties are accounted for (τ-b).",
    "Labelled cell": "A cell whose true accuracy a model was fitted to, as if it had been trained.",
    "Mini-batch": "The few images that proxies are computed on, such as 64.",
    "NAS-Bench-201": "The benchmark that trained all 15,625 cells on CIFAR-10, CIFAR-100 and ImageNet16-120.",
    "Objective": "A metric that the search optimises, and which way. A metric with scale 0 is recorded only.",
    "Operation": "What an edge of a cell does: none, skip connection, 1×1 or 3×3 convolution, or 3×3 average pooling.",
    "Pareto front": "The trials that no other trial beats in all objectives: the best compromises.",
    "Proxy, zero-cost": "A score of a network at initialisation, from one mini-batch and without training, that "
    "should order networks as their accuracy once trained would.",
    "Regret": "The best true accuracy of the space less that of the cell that a search has come up with.",
    "Sampler": "How a search chooses its next cell: TPE (a model of good and bad cells), NSGA-II and NSGA-III "
    "(evolution), random, or quasi-random (QMC).",
    "Score table": "Scores of every cell, from a sweep. A search can take its scores from one and is done in a minute.",
    "Seed": "What random numbers start from: those of the sampler, of the weights and of the choice of images.",
    "Spearman's ρ": "Rank correlation: 1 where two quantities order the cells alike, −1 where one turns the order "
    "round, 0 where they have nothing to do with each other.",
    "Study": "One search with all its trials, in an Optuna study database.",
    "Sweep": "Scoring the whole space once, on one machine or many.",
    "Transfer": "Using on one data set an ensemble that was fitted on another.",
    "Trial": "One cell that the sampler asked for, with what was measured on it.",
    "Unseen cells": "Connected cells that are no labelled cells, nor compute the same function as one.",
}
"""Term → what it means, in alphabetical order."""
