"""What is wrong with a file, before it is known which file a user calls it."""


class BadFileError(Exception):
    """A file that cannot be imported; the message says what it is or holds, and follows "FILE cannot be imported: "."""
