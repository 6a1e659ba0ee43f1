"""How many architectures have to be trained: the learning curve, computed in the background."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from backend.ensembles.evaluation import figures
from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.ensembles.models import LABEL_FREE, MODELS
from backend.ensembles.recommendation import rule_proxies
from backend.errors import UserError
from dashboard.cards.ensemble import curve_card
from dashboard.data import ensembles as ensemble_queries
from dashboard.data import proxies as proxy_queries
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Key, Source
from dashboard.server.jobs import CurveJob, CurveTask
from dashboard.text import plain
from dashboard.views.ensemble.choices import SIZES, statistic
from dashboard.widgets.charts import show


def compute(source: Source, plan: Plan) -> None:
    """Fit, cross-validate, resample and judge, so that all that is drawn afterwards is known.

    Raises:
        UserError: too few architectures.
    """
    words = source.space.words
    steps: list[tuple[str, Callable[[], object]]] = [
        ("Fitting the model", lambda: ensemble_queries.fit(source, plan)),
    ]
    if plan.epochs:
        steps += [
            ("Cross-validating: 15 fits", lambda: ensemble_queries.predictions(source, plan)),
            (f"Predicting unseen {words.many}", lambda: ensemble_queries.all_figures(source, plan)),
        ]
    if MODELS[plan.recipe.model].weighing:
        steps.append(("Resampling the weights: 200 fits", lambda: ensemble_queries.weights(source, plan)))
    elif plan.epochs:
        steps.append(("Shuffling each proxy", lambda: ensemble_queries.worth(source, plan)))
    place = st.empty()
    for done, (text, step) in enumerate(steps):
        place.progress(done / len(steps), text=f"{text}. Another choice above stops this.")
        try:
            step()
        except UserError:
            if not done:
                place.empty()
                raise
    place.empty()


_REPEATS = 20
_SEEN = "curve_seen_running"


def curve_section(source: Source, plan: Plan) -> None:
    """The curve as far as it is known, and buttons to compute and to stop it."""
    words = source.space.words
    st.subheader(f"How many {words.many} have to be trained?", anchor="learning-curve")
    if not plan.epochs:
        st.info(plain(f"{source.no_labels}. A learning curve needs true accuracy."), icon=":material/info:")
        return
    if plan.recipe.label_free:
        st.caption("A sum of log ranks needs no label, so there is nothing to learn from more of them.")
        return
    try:
        scores = ensemble_queries.home(source, plan)
    except UserError as error:
        st.info(plain(f"A learning curve is taken on the whole space. {error}."), icon=":material/info:")
        return
    with st.container(border=True, key="curve_section"):
        statistic(source).segments(
            "Figure", f"What is shown of the ensembles, on {words.many} that they have not seen."
        )
        job = _jobs().get((source.key, plan))
        st.fragment(_follow, run_every=1.0 if job and job.running else None)(source, plan, scores)


def _follow(source: Source, plan: Plan, scores: pd.DataFrame) -> None:
    key = (source.key, plan)
    job = _jobs().get(key)
    words = source.space.words
    sizes = tuple(size for size in SIZES if size >= plan.recipe.fewest_cells)
    if job is None or (not job.running and job.done < job.total):
        clicked = st.button(
            "Compute the learning curve",
            icon=":material/play_arrow:",
            key="curve_start",
            help=f"{len(sizes)} sizes from {sizes[0]} to {words.count(sizes[-1])}, {_REPEATS} draws of each. "
            "It goes on when you leave this page.",
        )
        if clicked:
            _start(source, plan, scores, sizes)
            st.rerun()
    if job is None:
        st.caption(
            f"Ensembles of this kind on {sizes[0]} to {sizes[-1]:,} labelled {words.many}, {_REPEATS} draws of each "
            "size: from seconds for a regression to minutes for trees."
        )
        return
    if job.running:
        st.session_state[_SEEN] = True
        st.progress(job.done / job.total, text=f"{job.done} of {job.total} fits")
        st.button(
            "Stop",
            icon=":material/stop:",
            key="curve_stop",
            on_click=job.stop,
            help="Stop after the current fit; the sizes that are done are kept.",
        )
    elif st.session_state.pop(_SEEN, False):
        st.rerun()
    if job.problem:
        st.warning(plain(job.problem), icon=":material/warning:")
    elif job.stopped:
        st.caption(f"Stopped after {job.done} of {job.total} fits.")
    curve = job.curve
    if curve.empty:
        return
    shown = statistic(source).value
    card = curve_card(source, curve, shown, _reference(source, plan, scores, shown))
    show(card, f"{source.name} {plan.recipe.model} learning curve")
    st.caption(
        f"Line: median of {_REPEATS} draws; band: the middle 80%. Dotted: a sum of log ranks, which needs no label."
    )


def _start(source: Source, plan: Plan, scores: pd.DataFrame, sizes: tuple[int, ...]) -> None:
    assert plan.epochs
    accuracy = proxy_queries.accuracy(source.space, source.trained_on, plan.epochs)
    task = CurveTask(plan.recipe, scores, accuracy, sizes, _REPEATS, plan.choose)
    _jobs()[source.key, plan] = CurveJob(task)


def _reference(source: Source, plan: Plan, scores: pd.DataFrame, shown: str) -> dict[str, float]:
    assert plan.epochs
    names = rule_proxies([name for name in plan.recipe.proxies if name in scores], source.space, source.dataset)
    rule = Ensemble(Recipe(LABEL_FREE, names, space_name=source.space.name), scores)
    truth = proxy_queries.accuracy(source.space, source.trained_on, plan.epochs).reindex(scores.index)
    found = figures(rule.predict(scores), truth.rename(ACCURACY), resamples=0)
    return {f"no labels: {', '.join(names)}": found[shown]}


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[tuple[Key, Plan], CurveJob]:
    """Curves of the server's process, held for all visitors."""
    return {}
