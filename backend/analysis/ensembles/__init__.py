"""Ensembles of proxies: models, fits, and what they are worth on cells that they have not seen."""

from backend.analysis.ensembles.evaluation import cross_validated, figures, learning_curve, unseen_figures
from backend.analysis.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.analysis.ensembles.models import LABEL_FREE, MODELS, Model, model

__all__ = [
    "ACCURACY",
    "LABEL_FREE",
    "MODELS",
    "Ensemble",
    "Model",
    "Recipe",
    "cross_validated",
    "figures",
    "learning_curve",
    "model",
    "unseen_figures",
]
