"""Optuna's storage, which reads whatever values somebody has stored."""

from typing import Any

from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session

from backend.storage.values import value_or_words


class BoundedStorage(RDBStorage):
    """Optuna's storage, whose reads of a study's attributes no value breaks: one too deep is read as words."""

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
