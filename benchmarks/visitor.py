"""A visitor of the dashboard without a browser: asks for pages over its WebSocket and times the server's answers."""

from __future__ import annotations

import time
from typing import Self
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

_PATIENCE = 300.0
_LARGEST = 2**30


class Visitor:
    """A session on a running dashboard.

    Args:
        address: such as ``http://127.0.0.1:8501``.

    Attributes:
        received: bytes of the last answer.
        drawn: seconds until the last answer had all but what a page computes under a progress bar after it is drawn.
    """

    def __init__(self, address: str) -> None:
        self._address, self._fragments = address, dict[float, str]()
        self.received, self.drawn = 0, 0.0

    def __enter__(self) -> Self:
        url = self._address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket: ClientConnection = connect(
            url, origin=self._address, subprotocols=["streamlit"], max_size=_LARGEST, compression=None
        )
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: object) -> None:
        self._socket.close()

    def forget(self) -> None:
        """Empty the server's caches: the next page reads everything anew."""
        self._socket.send(BackMsg(clear_cache=True).SerializeToString())

    def open(self, page: str, **parameters: str) -> float:
        """Ask for a page; seconds until its script has run and all of its messages are here."""
        message = BackMsg()
        message.rerun_script.query_string = urlencode(parameters)
        message.rerun_script.page_name = page
        self._fragments.clear()
        return self._ask(message)

    def poll(self) -> float:
        """Ask for the part of the page that asks for itself most often; seconds as of :meth:`open`."""
        message = BackMsg()
        message.rerun_script.fragment_id = self._fragments[min(self._fragments)]
        message.rerun_script.is_auto_rerun = True
        return self._ask(message)

    def _ask(self, message: BackMsg) -> float:
        self.received, self.drawn = 0, 0.0
        started = time.perf_counter()
        self._socket.send(message.SerializeToString())
        while True:
            data = self._socket.recv(timeout=_PATIENCE)
            assert isinstance(data, bytes)
            self.received += len(data)
            answer = ForwardMsg.FromString(data)
            match answer.WhichOneof("type"):
                case "auto_rerun":
                    self._fragments[answer.auto_rerun.interval] = answer.auto_rerun.fragment_id
                case "delta" if answer.delta.new_element.HasField("exception"):
                    raise RuntimeError(answer.delta.new_element.exception.message)
                case "delta" if answer.delta.new_element.HasField("progress"):
                    self.drawn = self.drawn or time.perf_counter() - started
                case "script_finished" if answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    whole = time.perf_counter() - started
                    self.drawn = self.drawn or whole
                    return whole
