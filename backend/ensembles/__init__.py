"""Ensembles of proxies: models, fits, and what they are worth on cells that they have not seen."""

from backend.ensembles.evaluation import cross_validated, figures, learning_curve, unseen_figures
from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.ensembles.models import LABEL_FREE, MODELS, Model, model
from backend.ensembles.study import StudyEnsemble, labelled_cells

__all__ = [
    "ACCURACY",
    "LABEL_FREE",
    "MODELS",
    "Ensemble",
    "Model",
    "Recipe",
    "StudyEnsemble",
    "cross_validated",
    "figures",
    "labelled_cells",
    "learning_curve",
    "model",
    "unseen_figures",
]
