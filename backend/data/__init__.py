"""The facts and images that ProxyScope ships; README.md beside this file has their sources and licences."""

from pathlib import Path

DATA_DIR = Path(__file__).parent
