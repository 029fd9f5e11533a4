"""A party in a process of its own: framed requests come in by one stream, framed replies leave by
another. What starts the process, and what lies between the streams, is the engines' business.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from fedruntime.errors import FedError, ProtocolError, SettingsError
from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.host import host_party
from fedruntime.hosting.party_settings import PartySettings, read_party_settings
from fedruntime.messages import Reply, pack_reply, unpack_request
from fedruntime.party import Party

_LENGTH = 8  # bytes of a frame's length, big-endian


def write_frame(stream: BinaryIO, frame: bytes) -> None:
    """Send a frame, its length first."""
    stream.write(len(frame).to_bytes(_LENGTH, "big"))
    stream.write(frame)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame; None where the stream has ended.

    Raises
    ------
    ProtocolError
        If it ends in the middle of a frame.
    """
    head = stream.read(_LENGTH)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    frame = stream.read(length)
    if len(head) < _LENGTH or len(frame) < length:
        raise ProtocolError("a stream of messages has ended in the middle of one")
    return frame


def answer(party: Party, frame: bytes) -> bytes:
    """The framed reply to a framed request."""
    reply = party.handle(unpack_request(loads(frame)))
    try:
        return dumps(pack_reply(reply))
    except ProtocolError as error:  # a result that is outside the schema
        return dumps(pack_reply(Reply(party.name, error=(type(error).__name__, str(error)))))


def serve(settings: PartySettings, requests: BinaryIO, replies: BinaryIO) -> int:
    """Answer requests until their stream ends; the exit code of the process.

    The first frame is the digest of the script that asks, which has to be the reviewed one. The
    first answer is empty, or says why there will be no other.
    """
    try:
        asking = read_frame(requests)
        if asking is None:
            return 0
        _require_same(settings, asking.decode())
        party = host_party(settings)
    except FedError as error:
        write_frame(replies, str(error).encode())
        return 2
    write_frame(replies, b"")
    while (frame := read_frame(requests)) is not None:
        write_frame(replies, answer(party, frame))
    return 0


def _require_same(settings: PartySettings, digest: str) -> None:
    if digest != settings.script_sha256.lower():
        raise SettingsError(
            f"the script that asks is not the one that {settings.name!r} has reviewed: its SHA-256 "
            f"is {digest or 'not known'}, and party.toml has {settings.script_sha256}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the party of a folder on standard input and output."""
    parser = argparse.ArgumentParser(
        prog="python -m fedruntime.hosting.served", description="Serve the party of a folder."
    )
    parser.add_argument("folder", type=Path, help="where its party.toml lies")
    folder: Path = parser.parse_args(arguments).folder
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a loader prints is no reply
    try:
        settings = read_party_settings(folder)
    except SettingsError as error:
        write_frame(replies, str(error).encode())
        return 2
    os.chdir(settings.folder)
    sys.path[0] = str(settings.folder)  # modules of the script's own lie beside it
    return serve(settings, requests, replies)


if __name__ == "__main__":
    sys.exit(main())
