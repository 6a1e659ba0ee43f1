"""A stream seen through a window of bytes that moves along it."""

from typing import Final, Protocol

from backend.safe_pickle.errors import DamagedPickleError, UnsafePickleError

_CHUNK: Final = 1 << 18
MARGIN: Final = 16
"""Bytes that are there without asking, unless the stream ends: more than an instruction with numbers in it takes."""


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        ...


class Source:
    """Reads a stream of any length in little memory.

    Attributes:
        window: the bytes in view.
        at: where reading goes on in the window.
        turn: from where on ``advance`` has to be called.
    """

    def __init__(self, stream: Readable, budget: int | None = None, longest: int | None = None) -> None:
        """Start at the stream's present position.

        Args:
            stream: what to read.
            budget: bytes that may be held; None: any number.
            longest: bytes that may be taken in all; None: any number.
        """
        self.window = b""
        self.at = 0
        self.turn = 0
        self._stream = stream
        self._budget = budget
        self._longest = longest
        self._read = 0
        self._given_up = 0

    @property
    def held(self) -> int:
        """Bytes read up to ``at`` and not given up: a measure of the memory that their values take."""
        return self._read - len(self.window) + self.at - self._given_up

    def give_up(self, held: int) -> None:
        """Say that values have been given up, so that no more than those of ``held`` bytes are left."""
        self._given_up += self.held - held

    def advance(self, need: int = MARGIN) -> None:
        """Move the window so that it begins at ``at`` and shows ``need`` bytes, or up to the stream's end.

        Raises:
            UnsafePickleError: more is asked for than may be read.
        """
        parts = [self.window[self.at :]]
        missing = need - len(parts[0])
        ended = False
        while missing > 0:
            part = self._stream.read(max(_CHUNK, min(missing, 64 * _CHUNK)))
            if not part:
                ended = True
                break
            self._count(len(part))
            parts.append(part)
            missing -= len(part)
        self.window, self.at = b"".join(parts), 0
        # At the end an instruction may be shorter than the margin: then its own checks tell whether it is whole.
        self.turn = len(self.window) + 1 if ended else len(self.window) - MARGIN + 1

    def take(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            DamagedPickleError: the stream ends before.
        """
        if self.at + size > len(self.window):
            self.advance(size)
            if size > len(self.window):
                raise DamagedPickleError("it ends too soon")
        self.at += size
        return self.window[self.at - size : self.at]

    def skip(self, size: int) -> None:
        """Pass over bytes without holding them; they don't count for the budget.

        Raises:
            DamagedPickleError: the stream ends before.
        """
        self._given_up += size
        while size:
            part = min(size, _CHUNK)
            self.take(part)
            size -= part

    def line(self) -> bytes:
        """The next bytes up to a line's end, which is passed over.

        Raises:
            DamagedPickleError: the stream ends before.
        """
        while (end := self.window.find(b"\n", self.at)) < 0:
            before = len(self.window) - self.at
            self.advance(before + _CHUNK)
            if len(self.window) == before:
                raise DamagedPickleError("it ends too soon")
        found = self.window[self.at : end]
        self.at = end + 1
        return found

    def exhaust(self) -> None:
        """Read to the stream's end, so that a check at the end takes place."""
        while self.window:
            self.at = len(self.window)
            self.advance(_CHUNK)

    def _count(self, size: int) -> None:
        self._read += size
        if self._longest is not None and self._read > self._longest:
            raise UnsafePickleError(f"it unpacks to more than {self._longest >> 20:,} MB")
        if self._budget is not None and self._read - self._given_up > self._budget + _CHUNK:
            raise UnsafePickleError(f"it holds more than {self._budget >> 20} MB of what no release has")
