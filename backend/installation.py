"""What this installation is made of, for a report or a lab book: versions, device and places of its files."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

import psutil
import torch

from backend import __version__
from backend.data import DATA_DIR
from backend.proxies.own import MODULES_VARIABLE
from backend.scoring.runtime import resolve_device
from backend.search.measure import describe_device
from backend.settings import HOME_VARIABLE, home
from backend.studies.folders import sweeps_folder

_LIBRARIES = {
    "PyTorch": "torch",
    "Optuna": "optuna",
    "Streamlit": "streamlit",
    "Plotly": "plotly",
    "NumPy": "numpy",
    "SciPy": "scipy",
    "pandas": "pandas",
    "scikit-learn": "scikit-learn",
    "moocore": "moocore",
    "SQLAlchemy": "sqlalchemy",
    "Dask distributed": "distributed",
}


def versions() -> dict[str, str]:
    """Versions of the project, of Python and of the libraries that numbers may depend on."""
    own = {"ProxyScope": __version__, "Python": platform.python_version()}
    return own | {name: version(package) for name, package in _LIBRARIES.items()}


def machine() -> dict[str, str]:
    """The system, its memory, and the device that "auto" takes."""
    device = describe_device(resolve_device("auto"))
    processor = platform.processor() or platform.machine()
    gigabytes = psutil.virtual_memory().total / 2**30
    return {
        "System": platform.platform(),
        "Processor": f"{processor}, {os.cpu_count()} cores, {gigabytes:.0f} GiB memory",
        "Device for scores": device,
        "CUDA": torch.version.cuda or "not in this PyTorch",
    }


def folders() -> dict[str, tuple[str, str]]:
    """Where files are, and how to have them elsewhere, by what is in them."""
    modules = os.environ.get(MODULES_VARIABLE, "")
    return {
        "Home of this installation": (str(home()), f"environment variable {HOME_VARIABLE}"),
        "Runs: configuration, log and results of each study": (
            str(home() / "runs"),
            "in the home; runs-… for studies in another database",
        ),
        "Sweeps: scores of the whole space": (str(sweeps_folder()), "in the home; its table with sweep --out"),
        "Bundled truth, images and tables": (str(DATA_DIR), "part of the program"),
        "Proxies of your own": (modules or "none", f"environment variable {MODULES_VARIABLE}"),
    }
