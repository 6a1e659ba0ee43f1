"""ProxyScope's backend: architectures, proxies, searches and studies; usable without the dashboard."""

import os

__version__ = "0.1.0"

# PyTorch's OpenMP library reads this once, when it loads: so it is set before anything here imports PyTorch, and
# inherited by the processes that this one starts. By default a thread that waits for others spins for milliseconds,
# which on a busy machine takes the core from those that it waits for. Sleeping at once ("passive") is as slow as one
# thread. A short spin keeps the speed of a quiet machine, and loses less on a busy one.
if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
    os.environ["GOMP_SPINCOUNT"] = "20000"
