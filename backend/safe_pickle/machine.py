"""The machine that a pickle is a program for, with those instructions only that make plain data."""

from collections.abc import Callable
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from backend.safe_pickle.errors import DamagedPickleError, UnsafePickleError
from backend.safe_pickle.memo import Memo
from backend.safe_pickle.records import AllowList
from backend.safe_pickle.source import Source
from backend.safe_pickle.steps import CODE, check_keys, step

OnDict: TypeAlias = Callable[[dict[object, object]], object]
"""Takes a dict that has just been filled; returns it, or what is to stand in its place."""

_double = Struct(">d").unpack_from
_uint32 = Struct("<I").unpack_from
# The instructions that releases consist of; the others are looked up.
_BINFLOAT, _BINUNICODE, _SHORT_BINUNICODE = CODE["BINFLOAT"], CODE["BINUNICODE"], CODE["SHORT_BINUNICODE"]
_LONG_BINPUT, _MEMOIZE, _BININT1 = CODE["LONG_BINPUT"], CODE["MEMOIZE"], CODE["BININT1"]
_LONG_BINGET, _STOP = CODE["LONG_BINGET"], CODE["STOP"]

_DEEPEST: Final = 1000
_PLACE: Final = 128
"""What a value that stands in a dict's place counts of the budget, in bytes."""


class Mark(NamedTuple):
    """How things stood before the first item of a dict, list, tuple or set.

    Attributes:
        height: of the stack.
        slot: the memo's next one.
        held: bytes of the source.
    """

    height: int
    slot: int
    held: int


class Machine:
    """Reads one pickle after another from a source.

    Attributes:
        source: the bytes.
        names: what may be named, and what it stands for.
        longest_bytes: longer byte strings are passed over, and become None.
        stack: values that later instructions take.
        marks: where in it the items of an unfinished dict, list, tuple or set begin.
        memo: values to be used again.
    """

    def __init__(
        self,
        source: Source,
        names: AllowList,
        on_dict: OnDict | None = None,
        longest_bytes: int | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            source: the bytes.
            names: what may be named, and what it stands for.
            on_dict: takes each dict when it has been filled with several items at once, as picklers do, the inner ones
                first. What the pickle made within a dict that gets another value in its place is given up, and no
                longer counts for the source's budget.
            longest_bytes: longer byte strings are passed over, and become None.
        """
        self.source = source
        self.names = names
        self.longest_bytes = longest_bytes
        self.stack: list[object] = []
        self.marks: list[Mark] = []
        self.memo = Memo()
        self._on_dict = on_dict

    def load(self) -> object:
        """The value that the next pickle describes.

        Raises:
            UnsafePickleError: it asks for anything but data.
            DamagedPickleError: it is none, or ends too soon. Other exceptions mean the same.
        """
        self.stack.clear()
        self.marks.clear()
        self.memo = Memo()
        self._run()
        if len(self.stack) != 1:
            raise DamagedPickleError("it leaves more or less than one value")
        return self.stack.pop()

    def _run(self) -> None:
        source, stack, memo = self.source, self.stack, self.memo
        push, put = stack.append, memo.put
        window, at, turn = source.window, source.at, source.turn
        while True:
            if at >= turn:
                source.at = at
                source.advance()
                window, at, turn = source.window, source.at, source.turn
            code = window[at]
            at += 1
            if code == _BINFLOAT:
                push(_double(window, at)[0])
                at += 8
            elif code == _LONG_BINPUT:
                put(_uint32(window, at)[0], stack[-1])
                at += 4
            elif code == _BINUNICODE and (end := at + 4 + _uint32(window, at)[0]) <= len(window):
                push(str(window[at + 4 : end], "utf-8", "surrogatepass"))
                at = end
            elif code == _BININT1:
                push(window[at])
                at += 1
            elif code == _MEMOIZE:
                put(memo.next_slot, stack[-1])
            elif code == _SHORT_BINUNICODE and (end := at + 1 + window[at]) <= len(window):
                push(str(window[at + 1 : end], "utf-8", "surrogatepass"))
                at = end
            elif code == _LONG_BINGET:
                push(memo.get(_uint32(window, at)[0]))
                at += 4
            else:
                source.at = at
                if code == _STOP:
                    return
                step(code)(self)
                window, at, turn = source.window, source.at, source.turn

    def mark(self) -> None:
        """Note that items follow.

        Raises:
            UnsafePickleError: too many lists, dicts and the like are unfinished.
        """
        if len(self.marks) >= _DEEPEST:
            raise UnsafePickleError("it is nested too deeply")
        self.marks.append(Mark(len(self.stack), self.memo.next_slot, self.source.held))

    def pop_items(self) -> list[object]:
        """Take what was pushed since the last mark off the stack, and the mark."""
        start = self.marks.pop().height
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def fill_dict(self, items: list[object], mark: Mark | None) -> None:
        """Put keys and values in turn into the dict on top.

        Args:
            items: the keys and values.
            mark: how things stood before the first of them; None if it is a single item.
        """
        found = self.stack[-1]
        if not isinstance(found, dict) or len(items) % 2:
            raise DamagedPickleError("it puts something in a dict that is none")
        keys = items[::2]
        check_keys(keys)
        found.update(zip(keys, items[1::2], strict=True))
        if self._on_dict is None or mark is None:
            return
        kept = self._on_dict(found)
        if kept is not found:
            self.stack[-1] = kept
            self.memo.forget(mark.slot, found)
            self.source.give_up(mark.held + _PLACE)
