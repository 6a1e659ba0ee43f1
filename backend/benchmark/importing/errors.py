"""What can be wrong with the file of a release."""


class ReleaseFormatError(Exception):
    """What keeps a file from being a release of the benchmark, as a sentence about "it"."""
