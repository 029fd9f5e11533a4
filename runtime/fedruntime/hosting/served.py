"""A party in a process of its own: framed requests come in by one stream, framed replies leave by
another. What starts the process, and what lies between the streams, is the engines' business.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from fedruntime.errors import FedError, ProtocolError, SettingsError
from fedruntime.hosting.frames import dumps, loads, read_frame, write_frame
from fedruntime.hosting.greeting import require_welcome
from fedruntime.hosting.host import host_party
from fedruntime.hosting.party_settings import PartySettings, read_party_settings
from fedruntime.messages import Reply, pack_reply, unpack_request
from fedruntime.party import Party

_NO_MESSAGE = (ProtocolError, MemoryError, RecursionError)


def answer(party: Party, frame: bytes) -> bytes:
    """The framed reply to a framed request, whatever came and whatever was found."""
    try:
        return dumps(pack_reply(party.handle(unpack_request(loads(frame)))))
    except _NO_MESSAGE as error:  # came, or can be made of what was found
        return dumps(pack_reply(Reply(party.name, error=(type(error).__name__, str(error)))))


def serve(settings: PartySettings, requests: BinaryIO, replies: BinaryIO) -> int:
    """Answer requests until their stream ends; the exit code of the process.

    The first frame is a greeting. The first answer is empty, or says why there will be no other.
    """
    try:
        asking = read_frame(requests)
        if asking is None:
            return 0
        require_welcome(settings, asking)
        party = host_party(settings)
    except FedError as error:
        write_frame(replies, str(error).encode())
        return 2
    write_frame(replies, b"")
    while (frame := read_frame(requests)) is not None:
        write_frame(replies, answer(party, frame))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the party of a folder on standard input and output."""
    parser = argparse.ArgumentParser(
        prog="python -m fedruntime.hosting.served", description="Serve the party of a folder."
    )
    parser.add_argument("folder", type=Path, help="where its party.toml lies")
    folder: Path = parser.parse_args(arguments).folder
    requests, replies = _taken(sys.stdin, "rb"), _taken(sys.stdout, "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a loader prints is no reply
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())  # and no request is for it to read
    try:
        settings = read_party_settings(folder)
    except SettingsError as error:
        read_frame(requests)  # so that who asks gets to hear it
        write_frame(replies, str(error).encode())
        return 2
    os.chdir(settings.folder)
    here = str(settings.folder)  # where modules of the script's own lie
    sys.path[:] = [here, *(entry for entry in sys.path if entry not in ("", here))]
    return serve(settings, requests, replies)


def _taken(stream: TextIO, mode: str) -> Any:
    """The bytes of a standard stream, which has another end from now on."""
    taken = os.fdopen(os.dup(stream.fileno()), mode)
    if sys.platform != "win32":  # a worker that a loader leaves behind must not hold it open
        os.register_at_fork(after_in_child=taken.close)
    return taken


if __name__ == "__main__":
    sys.exit(main())
