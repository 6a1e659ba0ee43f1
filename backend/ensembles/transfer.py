"""An ensemble on another data set than the one that it was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.analysis.scores import study_scores, table_scores, with_sizes
from backend.ensembles.evaluation import unseen
from backend.ensembles.fitting import ACCURACY
from backend.ensembles.study import StudyEnsemble
from backend.errors import UserError
from backend.scoring.tables import whole_table
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import require_listing

SIZES = frozenset({"params", "flops"})


@dataclass(frozen=True, eq=False)
class TargetScores:
    """Scores to predict from on another data set.

    Attributes:
        scores: by official index, a column a proxy.
        words: what they are.
        matched: whether they are of other images than the fit's, and so have to be brought to its scale.
    """

    scores: pd.DataFrame
    words: str
    matched: bool


def target_scores(
    proxies: Sequence[str],
    dataset: str,
    home: str,
    at_home: pd.DataFrame | None,
    space: SearchSpace,
    trials: pd.DataFrame | None = None,
) -> TargetScores:
    """The scores that there are for an ensemble of these proxies on a data set.

    Args:
        proxies: that the ensemble is made of.
        dataset: to predict for.
        home: the data set that it was fitted on.
        at_home: scores of the whole space there, by official index; None where there are none.
        space: that the ensemble was fitted on.
        trials: of a study on `dataset`, whose scores are to be taken.

    Raises:
        UserError: there are none; the message says what would give some.
    """
    if trials is not None:
        found = with_sizes(study_scores(trials, space), space, dataset)
        if missing := [name for name in proxies if name not in found]:
            raise UserError(f"transfer: {', '.join(missing)}: not recorded in the study on {dataset}")
        return TargetScores(found, f"scores of a study on {dataset}", matched=True)
    if set(proxies) <= SIZES:
        sized = cell_sizes(space, dataset)
        return TargetScores(sized, f"sizes of the {space.words.many} on {dataset}", matched=True)
    if whole := whole_table(dataset, space.name):
        found = with_sizes(table_scores(whole), space, dataset)
        if set(proxies) <= set(found):
            return TargetScores(found, f"the bundled scores on {dataset}", matched=dataset != home)
    if at_home is not None and set(proxies) <= set(at_home):
        return TargetScores(at_home, f"scores of {home}'s images", matched=False)
    raise UserError(
        f"transfer: no scores of {', '.join(proxies)} for {dataset}; a study that records them there, or a table with "
        "them of the data set of the fit, gives some"
    )


def transferred(
    fitted: StudyEnsemble, target: TargetScores, accuracy: pd.Series[float], at_home: pd.DataFrame | None
) -> pd.DataFrame:
    """Prediction, made for the fit's own data set, and truth on another, of architectures unlike the fitted ones.

    Scores of other images lie on another scale. Each proxy is brought back to that of the fit: of the architectures
    at hand the one with the n-th score there takes the n-th of these architectures' scores on the fit's own data set.

    Args:
        fitted: the ensemble.
        target: scores there.
        accuracy: true accuracy (%) of all architectures there.
        at_home: of the whole space on the data set of the fit; without these, scores are taken as they are.

    Returns:
        Indexed by official index: predicted and accuracy.
    """
    rest = unseen(target.scores, fitted.labelled.index, fitted.ensemble.recipe.space)
    names = list(fitted.ensemble.recipe.proxies)
    ensemble = fitted.ensemble if at_home is None else fitted.over(at_home)
    if target.matched and at_home is not None:
        rest = _to_scale(rest[names], at_home[names].reindex(rest.index))
    return pd.DataFrame({"predicted": ensemble.predict(rest), ACCURACY: accuracy.reindex(rest.index)})


def cell_sizes(space: SearchSpace, dataset: str) -> pd.DataFrame:
    """Params and flops of all listed architectures that can be scored, by label: known without any network.

    Args:
        space: of the architectures.
        dataset: whose classes the networks tell apart.
    """
    labels = pd.Index(require_listing(space, "sizes of the whole space").dropna().index, name="index")
    return with_sizes(pd.DataFrame(index=labels), space, dataset)


def home_scores(
    dataset: str, proxies: Sequence[str], space: SearchSpace, table: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Scores of the whole space, by label, sizes among them.

    Args:
        dataset: of the images.
        proxies: that are needed.
        space: of the architectures.
        table: scores of a table of all of them; None takes the bundled ones, if there are any.

    Raises:
        UserError: a proxy is neither in the table nor a size, or the space cannot be listed.
    """
    if table is None and (whole := whole_table(dataset, space.name)):
        table = whole.scores
    if table is None:
        scores = cell_sizes(space, dataset)
    else:
        scores = with_sizes(table.dropna(how="all").astype(float), space, dataset)
    if missing := [name for name in proxies if name not in scores]:
        where = f"there is no table of the whole space on {dataset} with" if table is None else "the table has no"
        raise UserError(f"unseen {space.words.many}: {where} {', '.join(missing)}")
    return scores


def _to_scale(scores: pd.DataFrame, home: pd.DataFrame) -> pd.DataFrame:
    """Each column's values replaced by those of the same rank at home."""
    known = scores.notna().all(axis="columns") & home.notna().all(axis="columns")
    scores, home = scores[known], home[known]
    places = scores.rank() - 1
    columns = {name: np.interp(places[name], np.arange(len(home)), np.sort(home[name].to_numpy())) for name in scores}
    return pd.DataFrame(columns, index=scores.index)
