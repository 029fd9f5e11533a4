"""Frames as the content of Flower's messages, and the kinds of messages that there are."""

from __future__ import annotations

from flwr.app import Array, ArrayRecord, RecordDict

from fedruntime.errors import ProtocolError

GREETING = "query.greeting"  # a run says what it is; the answer is an ``answer``, see below
REQUEST = "query.request"
FAREWELL = "query.farewell"  # the run has ended: the party forgets everything of it

_RECORD = "frame"
_BYTES = "fedmigrate.frame"  # Flower's name for how an array is written: not one of its own


def record_of(frame: bytes, party: str = "") -> RecordDict:
    """A message's content.

    Parameters
    ----------
    frame : bytes
        An array in Flower's eyes, since it splits large arrays on their way.
    party : str
        Who answers.
    """
    array = Array(dtype="uint8", shape=(len(frame),), stype=_BYTES, data=frame)
    return RecordDict({_RECORD: ArrayRecord({party: array})})


def frame_of(content: RecordDict) -> tuple[str, bytes]:
    """The party that answers, and its frame.

    Raises
    ------
    ProtocolError
        If the content is something else.
    """
    record = content.get(_RECORD)
    if not isinstance(record, ArrayRecord) or len(record) != 1:
        raise ProtocolError("a message by Flower has no frame in it")
    ((party, array),) = record.items()
    if array.stype != _BYTES:
        raise ProtocolError(f"a message by Flower has an array of type {array.stype!r} in it")
    return party, array.data
