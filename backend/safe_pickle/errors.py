"""What can be wrong with a pickle."""

import pickle


class UnsafePickleError(pickle.UnpicklingError):
    """The pickle asks for something that is not data, or for more than it may hold."""


class DamagedPickleError(pickle.UnpicklingError):
    """The bytes are no pickle, or end before it does."""
