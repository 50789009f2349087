"""Messages between the process that supervises and the process that decides: JSON with its length in front, over a socket."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

HEAD = struct.Struct("!I")


def send(channel: socket.socket, data: Mapping[str, Any]) -> None:
    """Send one message; EOFError when the other side is gone."""
    text = json.dumps(data, allow_nan=False).encode()
    try:
        channel.settimeout(None)
        channel.sendall(HEAD.pack(len(text)) + text)
    except OSError as error:
        raise EOFError(str(error)) from error


def receive(channel: socket.socket, seconds: float | None = None) -> dict[str, Any]:
    """The next message; EOFError when the other side is gone, TimeoutError when nothing came within `seconds`."""
    deadline = None if seconds is None else time.monotonic() + seconds
    size, = HEAD.unpack(_exactly(channel, HEAD.size, deadline))
    return json.loads(_exactly(channel, size, deadline))


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    """So many bytes, however they arrive."""
    parts, missing = [], size
    while missing:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        try:
            channel.settimeout(left)
            part = channel.recv(min(missing, 1 << 20))
        except TimeoutError:
            raise
        except OSError as error:
            raise EOFError(str(error)) from error
        if not part:
            raise EOFError("the other side is gone")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
