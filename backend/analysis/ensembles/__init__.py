"""Ensembles of proxies: models, fits, and what they are worth on cells that they have not seen."""

from backend.analysis.ensembles.evaluation import cross_validated, figures, learning_curve, unseen_figures
from backend.analysis.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.analysis.ensembles.models import LABEL_FREE, MODELS, Model, model
from backend.analysis.ensembles.study import StudyEnsemble, labelled_cells

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
