"""Waiting, with a deadline, for what devices of other processes reveal. SecretFlow's own ``reveal``
waits without end for a party that is gone.

Written against the federated objects of SecretFlow 1.13 and 1.14 without Ray. As everything of
theirs, this is for the main thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any

from secretflow.distributed.fed.global_context import get_global_context

_LOG = logging.getLogger(__name__)


def gather(revealed: Mapping[str, Any], timeout: float | None) -> dict[str, bytes]:
    """Reveal one object of each party to all.

    Parameters
    ----------
    revealed : mapping of party to PYUObject
        The same at every party, in the same order.
    timeout : float, optional
        Seconds for all together; by default without end.

    Returns
    -------
    dict of party to bytes
        Of those whose object came in time.
    """
    context = get_global_context()
    own = context.get_party()
    objects = {party: value.data for party, value in revealed.items()}
    for party, held in objects.items():
        if party != own:
            context.recv(held)
            continue
        for other in context.get_addresses():
            if other != own:
                context.send(other, held)
    return _arrived(objects, timeout)


def link_is_broken() -> bool:
    """Whether SecretFlow could not send something, of which it tells by an interrupt."""
    context = get_global_context(assert_none=False)
    return context is not None and context.get_send_exception() is not None


def _arrived(objects: Mapping[str, Any], timeout: float | None) -> dict[str, bytes]:
    arrived: SimpleQueue[tuple[str, bytes | None]] = SimpleQueue()

    def wait(party: str, held: Any) -> None:
        try:
            arrived.put((party, held.get_object()))
        except Exception as error:  # its link is down: the others' deadline need not pass
            _LOG.warning("nothing more comes from %r", party, exc_info=error)
            arrived.put((party, None))

    for party, held in objects.items():  # daemons: none of them may keep the process alive
        threading.Thread(target=wait, args=(party, held), daemon=True).start()
    until = None if timeout is None else time.monotonic() + timeout
    found: dict[str, bytes] = {}
    for _ in objects:
        left = None if until is None else max(0.0, until - time.monotonic())
        try:
            party, message = arrived.get(timeout=left)
        except Empty:
            break
        if message is not None:
            found[party] = message
    return {party: found[party] for party in objects if party in found}
