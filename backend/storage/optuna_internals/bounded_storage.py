"""Optuna's storage on an engine that is open, which reads whatever values somebody has stored."""

from typing import Any

from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from sqlalchemy import Engine

from backend.storage.values import value_or_words


class BoundedStorage(RDBStorage):
    """Optuna's storage, whose reads of a study's attributes no value breaks: one too deep is read as words.

    Args:
        engine: what it reads and writes through; Optuna's tables are there.
    """

    def __init__(self, engine: Engine) -> None:
        vars(self)["engine"] = engine
        # Optuna fills its own version into braces.
        url = engine.url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
        super().__init__(url, skip_compatibility_check=True, skip_table_creation=True)

    @property
    def engine(self) -> Engine:
        """What it reads and writes through."""
        found: Engine = vars(self)["engine"]
        return found

    @engine.setter
    def engine(self, made: Engine) -> None:
        # Optuna makes one of the URL, which is needed after pickling alone; else it never connects.
        vars(self).setdefault("engine", made)

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """The study's user attributes."""
        return self._study_attributes(models.StudyUserAttributeModel, study_id)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """The study's system attributes."""
        return self._study_attributes(models.StudySystemAttributeModel, study_id)

    def _study_attributes(self, model: Any, study_id: int) -> dict[str, Any]:
        with _create_scoped_session(self.scoped_session) as session:
            models.StudyModel.find_or_raise_by_id(study_id, session)
            return {item.key: value_or_words(item.value_json) for item in model.where_study_id(study_id, session)}
