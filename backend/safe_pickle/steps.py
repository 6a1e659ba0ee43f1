"""What each instruction of a pickle does, those left out that run or look up anything."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pickletools import opcodes
from struct import Struct
from typing import TYPE_CHECKING, Final, TypeAlias

from backend.safe_pickle.errors import DamagedPickleError, UnsafePickleError
from backend.safe_pickle.records import Maker, Record

if TYPE_CHECKING:
    from backend.safe_pickle.machine import Machine

Step: TypeAlias = "Callable[[Machine], None]"

CODE: Final = {opcode.name: ord(opcode.code) for opcode in opcodes}
"""The byte of each instruction, by pickletools' name."""

_STEPS: Final[dict[int, Step]] = {}
_NAMES: Final = {code: name for name, code in CODE.items()}
_PLAIN_KEYS: Final = frozenset({str, bytes, int, float, bool, type(None)})
_NEWEST_PROTOCOL: Final = 5


def step(code: int) -> Step:
    """What an instruction does.

    Raises:
        UnsafePickleError: it is not one that makes plain data.
        DamagedPickleError: there is no such instruction.
    """
    found = _STEPS.get(code)
    if found is None:
        if code not in _NAMES:
            raise DamagedPickleError("it has an instruction that no pickle has")
        raise UnsafePickleError(f"it has the instruction {_NAMES[code]}, which does not stand for data")
    return found


def check_keys(keys: list[object]) -> None:
    """Let only keys through whose hash takes no depth: deep nesting would overflow Python's own stack.

    Raises:
        UnsafePickleError: there is another one.
    """
    if _PLAIN_KEYS.issuperset(map(type, keys)):
        return
    for key in keys:
        if type(key) not in _PLAIN_KEYS and not (type(key) is tuple and _PLAIN_KEYS.issuperset(map(type, key))):
            raise UnsafePickleError(f"a dict or set has a key of type {type(key).__name__}")


def _instruction(*names: str) -> Callable[[Step], Step]:
    def note(function: Step) -> Step:
        _STEPS.update((CODE[name], function) for name in names)
        return function

    return note


# ---- constants, numbers


def _constant(name: str, value: object) -> None:
    _STEPS[CODE[name]] = lambda machine: machine.stack.append(value)


_constant("NONE", None)
_constant("NEWTRUE", True)
_constant("NEWFALSE", False)
_constant("EMPTY_TUPLE", ())


def _number(name: str, layout: str) -> None:
    number = Struct(layout)
    _STEPS[CODE[name]] = lambda machine: machine.stack.append(number.unpack(machine.source.take(number.size))[0])


_number("BININT", "<i")
_number("BININT2", "<H")


@_instruction("INT")
def _int(machine: Machine) -> None:
    line = machine.source.line()
    machine.stack.append(line == b"01" if line in (b"00", b"01") else int(line))


@_instruction("LONG")
def _long(machine: Machine) -> None:
    machine.stack.append(int(machine.source.line().removesuffix(b"L")))


@_instruction("LONG1")
def _long1(machine: Machine) -> None:
    size = machine.source.take(1)[0]
    machine.stack.append(int.from_bytes(machine.source.take(size), "little", signed=True))


@_instruction("FLOAT")
def _float(machine: Machine) -> None:
    machine.stack.append(float(machine.source.line()))


# ---- texts, bytes


@_instruction("STRING")
def _string(machine: Machine) -> None:
    line = machine.source.line().strip()
    if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
        raise DamagedPickleError("a string has no quotes")
    machine.stack.append(codecs.escape_decode(line[1:-1])[0])


@_instruction("UNICODE")
def _unicode(machine: Machine) -> None:
    machine.stack.append(str(machine.source.line(), "raw-unicode-escape"))


def _sized(name: str, layout: str, push: Callable[[Machine, int], None]) -> None:
    size = Struct(layout)
    _STEPS[CODE[name]] = lambda machine: push(machine, size.unpack(machine.source.take(size.size))[0])


def _push_text(machine: Machine, size: int) -> None:
    machine.stack.append(str(machine.source.take(size), "utf-8", "surrogatepass"))


def _push_bytes(machine: Machine, size: int) -> None:
    if size < 0:
        raise DamagedPickleError("a string has a negative length")
    if machine.longest_bytes is not None and size > machine.longest_bytes:
        machine.source.skip(size)
        machine.stack.append(None)
    else:
        machine.stack.append(machine.source.take(size))


_sized("SHORT_BINUNICODE", "<B", _push_text)
_sized("BINUNICODE", "<I", _push_text)
_sized("BINUNICODE8", "<Q", _push_text)
_sized("SHORT_BINSTRING", "<B", _push_bytes)
_sized("BINSTRING", "<i", _push_bytes)
_sized("SHORT_BINBYTES", "<B", _push_bytes)
_sized("BINBYTES", "<I", _push_bytes)
_sized("BINBYTES8", "<Q", _push_bytes)
_sized("BYTEARRAY8", "<Q", _push_bytes)


# ---- lists, tuples, dicts, sets


@_instruction("MARK")
def _mark(machine: Machine) -> None:
    machine.mark()


@_instruction("EMPTY_LIST")
def _empty_list(machine: Machine) -> None:
    machine.stack.append([])


@_instruction("EMPTY_DICT")
def _empty_dict(machine: Machine) -> None:
    machine.stack.append({})


@_instruction("EMPTY_SET")
def _empty_set(machine: Machine) -> None:
    machine.stack.append(set())


@_instruction("LIST")
def _list(machine: Machine) -> None:
    machine.stack.append(machine.pop_items())


@_instruction("TUPLE")
def _tuple(machine: Machine) -> None:
    machine.stack.append(tuple(machine.pop_items()))


def _tuple_of(name: str, size: int) -> None:
    def make(machine: Machine) -> None:
        machine.stack[-size:] = [tuple(machine.stack[-size:])]

    _STEPS[CODE[name]] = make


_tuple_of("TUPLE1", 1)
_tuple_of("TUPLE2", 2)
_tuple_of("TUPLE3", 3)


@_instruction("DICT")
def _dict(machine: Machine) -> None:
    mark = machine.marks[-1]
    items = machine.pop_items()
    machine.stack.append({})
    machine.fill_dict(items, mark)


@_instruction("SETITEMS")
def _set_items(machine: Machine) -> None:
    mark = machine.marks[-1]
    machine.fill_dict(machine.pop_items(), mark)


@_instruction("SETITEM")
def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.fill_dict([key, value], None)


def _extend(machine: Machine, items: list[object]) -> None:
    found = machine.stack[-1]
    if not isinstance(found, list):
        raise DamagedPickleError("it puts something in a list that is none")
    found.extend(items)


@_instruction("APPENDS")
def _appends(machine: Machine) -> None:
    _extend(machine, machine.pop_items())


@_instruction("APPEND")
def _append(machine: Machine) -> None:
    _extend(machine, [machine.stack.pop()])


@_instruction("ADDITEMS")
def _add_items(machine: Machine) -> None:
    items = machine.pop_items()
    check_keys(items)
    found = machine.stack[-1]
    if not isinstance(found, set):
        raise DamagedPickleError("it puts something in a set that is none")
    found.update(items)


@_instruction("FROZENSET")
def _frozen_set(machine: Machine) -> None:
    items = machine.pop_items()
    check_keys(items)
    machine.stack.append(frozenset(items))


# ---- the stack and the memo


@_instruction("POP")
def _pop(machine: Machine) -> None:
    if machine.marks and machine.marks[-1].height == len(machine.stack):
        machine.marks.pop()
    else:
        machine.stack.pop()


@_instruction("POP_MARK")
def _pop_mark(machine: Machine) -> None:
    machine.pop_items()


@_instruction("DUP")
def _dup(machine: Machine) -> None:
    machine.stack.append(machine.stack[-1])


@_instruction("PUT")
def _put(machine: Machine) -> None:
    machine.memo.put(int(machine.source.line()), machine.stack[-1])


@_instruction("BINPUT")
def _binput(machine: Machine) -> None:
    machine.memo.put(machine.source.take(1)[0], machine.stack[-1])


@_instruction("GET")
def _get(machine: Machine) -> None:
    machine.stack.append(machine.memo.get(int(machine.source.line())))


@_instruction("BINGET")
def _binget(machine: Machine) -> None:
    machine.stack.append(machine.memo.get(machine.source.take(1)[0]))


@_instruction("PROTO")
def _proto(machine: Machine) -> None:
    if machine.source.take(1)[0] > _NEWEST_PROTOCOL:
        raise DamagedPickleError("it has a protocol that no Python writes")


@_instruction("FRAME")
def _frame(machine: Machine) -> None:
    machine.source.take(8)


# ---- what names stand for


def _push_maker(machine: Machine, module: str, name: str) -> None:
    maker = machine.names.get((module, name))
    if maker is None:
        asked = f"{module}.{name}"[:80]
        raise UnsafePickleError(f"it asks for {asked!r}, which was not run")
    machine.stack.append(maker)


@_instruction("GLOBAL")
def _global(machine: Machine) -> None:
    module = machine.source.line().decode()
    _push_maker(machine, module, machine.source.line().decode())


@_instruction("STACK_GLOBAL")
def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    _push_maker(machine, str(module), str(name))


@_instruction("REDUCE", "NEWOBJ")
def _reduce(machine: Machine) -> None:
    arguments, maker = machine.stack.pop(), machine.stack.pop()
    if not isinstance(maker, Maker) or not isinstance(arguments, tuple):
        raise UnsafePickleError("it calls something that it did not name")
    machine.stack.append(maker.make(*arguments))


@_instruction("BUILD")
def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    found = machine.stack[-1]
    if isinstance(found, Record):
        found.set_state(state)
    elif not isinstance(found, dict):  # an ordered dict of weights has a state, which is not wanted
        raise UnsafePickleError("it gives a state to something that has none")
