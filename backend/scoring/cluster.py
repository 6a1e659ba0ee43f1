"""The Dask cluster that a sweep runs on."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client, LocalCluster

from backend.errors import UserError

_CONNECT_SECONDS = 20


@contextmanager
def open_cluster(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of a local cluster that ends with it.

    Args:
        scheduler: such as "tcp://host:8786"; None starts a local cluster.
        workers: processes of the local cluster, one a core by default; the cores are shared out among them.

    Raises:
        UserError: no scheduler answers at the address.
    """
    logging.getLogger("distributed").setLevel(logging.ERROR)
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=_CONNECT_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            raise UserError(f"scheduler: no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
    cores = os.cpu_count() or 1
    processes = workers or cores
    with (
        LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
            env={"OMP_NUM_THREADS": str(max(1, cores // processes))},
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
