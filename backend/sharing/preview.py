"""What would come of copying studies into a database: which are new there, and what they would be called."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from backend.sharing.contents import SharedStudy, read_contents
from backend.sharing.source import Source
from backend.storage.database import Database
from backend.studies.catalog import numbered_name

Status = Literal["new", "here", "more", "fewer", "other", "trained"]


@dataclass(frozen=True)
class Arrival:
    """A study that could be copied into a database.

    Attributes:
        study: where it is now.
        status: whether it is "new" there, "here" just as it is, or here with other trials: the one that would come has
            "more" or "fewer" than the one that is here, or as many "other" ones; "trained" where the trials are the
            same, and other accuracies are measured.
        name: what it would be called.
        here: name of the study that it is there already; "" for a new one.
        trials_here: how many complete and pruned trials that one has.
    """

    study: SharedStudy
    status: Status
    name: str
    here: str = ""
    trials_here: int = 0

    @property
    def words(self) -> str:
        """As :meth:`words_from`, to those who look at the database."""
        return self.words_from("here")

    def words_from(self, where: Literal["here", "there"]) -> str:
        """The status in words, and what is wrong with the study's search file.

        Args:
            where: what the database is to those who read it.
        """
        return "; ".join(filter(None, (self.status_words(where), self.study.summary.file_problem)))

    def status_words(self, where: Literal["here", "there"]) -> str:
        """The status alone in words.

        Args:
            where: as there.
        """
        if self.status == "new":
            return "new" if self.name == self.study.name else f"new, as {self.name!r}"
        if self.status == "here":
            return f"already {where} as {self.here!r}"
        if self.status == "trained":
            return (
                f"{where} as {self.here!r}, where other accuracies are measured; this one has "
                f"{self.study.progress.trained:,} and can be added as {self.name!r}"
            )
        difference = {"more": "more trials", "fewer": "fewer trials", "other": "other trials"}[self.status]
        return (
            f"{where} as {self.here!r} with {self.trials_here:,} trials; this one has {difference} "
            f"({self.study.progress.trials:,}) and can be added as {self.name!r}"
        )


def arrivals(contents: Iterable[SharedStudy], database: Database) -> list[Arrival]:
    """What would come of copying studies into a database, in the order in which they are given."""
    with database.engine.connect() as connection:
        return arrivals_at(contents, connection)


def arrivals_at(contents: Iterable[SharedStudy], target: Connection) -> list[Arrival]:
    """As :func:`arrivals`, as a connection to the database sees it."""
    present = read_contents(Source(target, live=True))
    taken, found = {item.name for item in present}, []
    for study in contents:
        arrival = _arrival(study, present, taken)
        if arrival.status != "here":
            taken.add(arrival.name)
        found.append(arrival)
    return found


def _arrival(study: SharedStudy, present: list[SharedStudy], taken: set[str]) -> Arrival:
    same = [item for item in present if item.identity == study.identity]
    for item in same:
        if item.progress == study.progress:
            return Arrival(study, "here", item.name, item.name, item.progress.trials)
    name = numbered_name(study.wanted, taken)
    if not same:
        return Arrival(study, "new", name)
    for item in same:
        if item.progress[:2] == study.progress[:2]:
            return Arrival(study, "trained", name, item.name, item.progress.trials)
    fullest = max(same, key=lambda item: item.progress.trials)
    there, coming = fullest.progress.trials, study.progress.trials
    status: Status = "more" if coming > there else "fewer" if coming < there else "other"
    return Arrival(study, status, name, fullest.name, there)
