"""All of Optuna's tables as Optuna declares them, to copy rows and to delete them."""

from typing import Final

from optuna.storages._rdb import models
from sqlalchemy import MetaData

OPTUNA: Final[MetaData] = models.BaseModel.metadata
