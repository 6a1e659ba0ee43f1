"""What takes a while is computed step by step, with progress; another choice meanwhile stops it."""

from collections.abc import Callable

import streamlit as st

from backend.analysis.ensembles import MODELS
from backend.errors import UserError
from dashboard import ensemble_queries
from dashboard.ensemble_queries import Plan
from dashboard.proxy_queries import Source


def compute(source: Source, plan: Plan) -> None:
    """Fit, cross-validate, resample and judge, so that all that is drawn afterwards is known.

    Raises:
        UserError: too few cells.
    """
    steps: list[tuple[str, Callable[[], object]]] = [
        ("Fitting the model", lambda: ensemble_queries.fit(source, plan)),
        ("Cross-validating: 15 fits", lambda: ensemble_queries.predictions(source, plan)),
        ("Predicting unseen cells", lambda: ensemble_queries.all_figures(source, plan)),
    ]
    if MODELS[plan.recipe.model].weighing:
        steps.append(("Resampling the weights: 200 fits", lambda: ensemble_queries.weights(source, plan)))
    else:
        steps.append(("Shuffling each proxy", lambda: ensemble_queries.worth(source, plan)))
    place = st.empty()
    for done, (words, step) in enumerate(steps):
        place.progress(done / len(steps), text=f"{words}. Another choice above stops this.")
        try:
            step()
        except UserError:
            if not done:
                place.empty()
                raise
    place.empty()
