"""What a pickle has marked to be used again, in little memory however long the pickle is."""

import zlib
from array import array
from typing import Final

from backend.safe_pickle.errors import UnsafePickleError
from backend.safe_pickle.records import Maker, PickledDtype

_PAGE: Final = 1 << 16
_UNPACKED: Final = 16
_NUMBERS: Final = 100_000
_WORDS: Final = 4_000_000


class Memo:
    """Values by slot.

    A release of a benchmark marks some 200 million texts, which are few different ones over and over: they are kept in
    pages, and a full page as numbers of words, compressed, as nothing tells which of them are used again.
    Other values live until ``forget``; the newest numbers longer, as a pickle may share them.

    Attributes:
        next_slot: the slot after the last one, as picklers count.
    """

    def __init__(self) -> None:
        self.next_slot = 0
        self._first = 0
        self._start = 0
        self._page: list[str | None] = []
        self._full: list[bytes] = []
        self._unpacked: dict[int, array[int]] = {}
        self._numbers_of_words: dict[str | None, int] = {}
        self._words: list[str | None] = []
        self._lasting: dict[int, object] = {}
        self._numbers: dict[int, object] = {}
        self._values: dict[int, object] = {}

    def put(self, slot: int, value: object) -> None:
        """Mark a value."""
        if slot != self.next_slot:
            if self.next_slot:  # out of order, as picklers do not count
                self._put_aside(slot, value)
                return
            self._first = self._start = slot  # Python 2 counted from 1
        if type(value) is str:
            self._page.append(value)
        else:
            self._page.append(None)
            self._put_aside(slot, value)
        self.next_slot = slot + 1
        if len(self._page) == _PAGE:
            self._close_page()

    def get(self, slot: int) -> object:
        """A value that was marked.

        Raises:
            UnsafePickleError: none was, or it has been forgotten.
        """
        for values in (self._lasting, self._values, self._numbers):
            if slot in values:
                return values[slot]
        found = self._page[slot - self._start] if self._start <= slot < self.next_slot else self._in_full_page(slot)
        if found is None:
            raise UnsafePickleError("it refers to a value that it does not hold, or held too long ago")
        return found

    def forget(self, slot: int, value: object) -> None:
        """Give up the values marked since a slot, and one marked just before; texts, numbers and names stay."""
        values = self._values
        while values:
            last = next(reversed(values))
            if last < slot and values[last] is not value:
                break
            del values[last]

    def _put_aside(self, slot: int, value: object) -> None:
        if isinstance(value, Maker | PickledDtype):
            self._lasting[slot] = value
        elif isinstance(value, float | int):
            self._numbers[slot] = value
            if len(self._numbers) > _NUMBERS:
                del self._numbers[next(iter(self._numbers))]
        else:
            self._values[slot] = value

    def _close_page(self) -> None:
        numbers = self._numbers_of_words
        for word in set(self._page).difference(numbers):
            numbers[word] = len(self._words)
            self._words.append(word)
        if len(self._words) > _WORDS:
            raise UnsafePickleError("it has more different texts than any release")
        self._full.append(zlib.compress(array("I", map(numbers.__getitem__, self._page)).tobytes(), 1))
        self._start += _PAGE
        self._page = []

    def _in_full_page(self, slot: int) -> str | None:
        number, place = divmod(slot - self._first, _PAGE)
        if not 0 <= number < len(self._full):
            return None
        page = self._unpacked.pop(number, None) or array("I", zlib.decompress(self._full[number]))
        self._unpacked[number] = page  # the last one is the one used last
        if len(self._unpacked) > _UNPACKED:
            del self._unpacked[next(iter(self._unpacked))]
        return self._words[page[place]]
