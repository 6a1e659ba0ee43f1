"""Optuna's own storage under many processes, straight and through its gRPC proxy; no other part of ProxyScope's."""

from __future__ import annotations

import multiprocessing
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.storages import BaseStorage, GrpcStorageProxy, RDBStorage, get_storage

_OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
_STUDY = "alone"
# Its makers call the proxy experimental.
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


@contextmanager
def grpc_proxy(url: str, port: int) -> Iterator[int]:
    """Optuna's proxy in front of a database, on a port of this machine; yields the number of its process."""
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(url, port), daemon=True)
    process.start()
    try:
        GrpcStorageProxy(host="127.0.0.1", port=port).wait_server_ready(timeout=60)
        yield process.pid or 0
    finally:
        process.kill()
        process.join()


def trials_in(url: str, workers: int, seconds: float, port: int | None = None) -> Any:
    """A generator that yields as the processes begin and as they end; then the trials that all have done.

    Args:
        url: of a database, where a study is made.
        workers: processes.
        seconds: for which each of them asks and tells.
        port: of the proxy that they go through; None: straight to the database.
    """
    optuna.create_study(storage=RDBStorage(url), study_name=_STUDY, directions=["maximize"] * 2)
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Barrier(workers + 1), spawn.Queue()
    there = [spawn.Process(target=_work, args=(url, port, seconds, ready, done)) for _ in range(workers)]
    for process in there:
        process.start()
    ready.wait(timeout=300)
    yield [process.pid for process in there]
    time.sleep(seconds)
    yield []
    counts = [done.get(timeout=120) for _ in there]
    for process in there:
        process.join()
    yield sum(counts)


def _serve(url: str, port: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.storages.run_grpc_proxy_server(get_storage(url), host="127.0.0.1", port=port)


def _work(url: str, port: int | None, seconds: float, ready: Any, done: Any) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage: BaseStorage = get_storage(url) if port is None else GrpcStorageProxy(host="127.0.0.1", port=port)
    study = optuna.load_study(study_name=_STUDY, storage=storage, sampler=optuna.samplers.RandomSampler())
    ready.wait(timeout=300)
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        trial = study.ask()
        for edge in range(6):
            trial.suggest_categorical(f"op_{edge}", _OPERATIONS)
        for key in ("arch", "index", "software_metrics", "nasbench_data_metrics", "seconds"):
            trial.set_user_attr(key, "of about this length")
        study.tell(trial, [1.0, 2.0])
        count += 1
    done.put(count)
