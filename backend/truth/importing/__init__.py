"""Import the official files: NAS-Bench-201's ``.pth`` and NATS-Bench's topology releases, into a table of each release.

Files are read by ``backend.safe_pickle``, one architecture at a time, and nothing that they name is run. The package
``nas-bench-201`` has classes for the same records, but they want every epoch of every training in memory: here
the final values are taken out of each record as soon as it is read (``records``), and tests compare them with that
package's.
"""

from backend.truth.importing.release_import import ImportSummary, Progress, import_release

__all__ = ["ImportSummary", "Progress", "import_release"]
