"""SecretFlow's brpc link, held to what it is asked for. As it comes it ignores its TLS settings,
tries to connect for ten times as long as it is told, and unpickles what a peer sends with only
some names kept out, which a peer gets around.
"""

from __future__ import annotations

import io
import math
import pickle
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError  # another one before Python 3.11
from threading import Thread
from typing import Any

from secretflow.distributed.fed import api
from secretflow.distributed.fed.proxy.brpc_link import brpc_link

from fedruntime.errors import DropoutError

_KNOWN = frozenset(
    {
        # arrays and their dtypes, of which SecretFlow's data frames tell each other
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy.core.numeric", "_frombuffer"),
        # what the nodes of an SPU tell each other of a program and its shares
        ("jax._src.api", "ShapeDtypeStruct"),
        ("secretflow.device.device.spu", "SPUIOInfo"),
        ("secretflow.device.device.spu", "SPUValueMeta"),
        ("spu.libspu", "Executable"),
        ("spu.libspu", "FieldType"),
        ("spu.libspu", "ProtocolKind"),
        ("spu.libspu", "Visibility"),
    }
)


class _KnownOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(
                f"a peer sent an object of {module}.{name}: what crosses here are bytes, text, "
                "numbers and arrays of them"
            )
        return super().find_class(module, name)


class _PlainMessages:
    """Stands in for ``secretflow.utils.secure_pickle`` in the link."""

    FilterType = brpc_link.secure_pickle.FilterType
    dumps = staticmethod(brpc_link.secure_pickle.dumps)

    @staticmethod
    def loads(message: bytes, **_: Any) -> Any:
        return _KnownOnly(io.BytesIO(message)).load()


class _Link(brpc_link.BrpcLinkProxy):  # type: ignore[misc]  # SecretFlow has no types
    patience = 0.0
    deadline: float | None = None

    def start(self) -> None:
        if self._tls_config:
            self._desc.enable_ssl = True  # SecretFlow names the files and leaves this off
        if self.deadline is not None:  # after the last retry yacl ends the process without a word
            retries = self._desc.retry_opts
            retries.retry_interval_incr_ms = 0
            retries.max_retry = math.ceil(2 * self.deadline + 60)  # a second each
        connected: Future[None] = Future()

        def connect() -> None:
            try:
                connected.set_result(super(_Link, self).start())
            except Exception as error:
                connected.set_exception(error)

        Thread(target=connect, daemon=True).start()  # it cannot be taken back
        try:
            connected.result(self.patience)
        except FutureTimeoutError:
            raise DropoutError(
                f"the parties' processes have not connected in {self.patience:g} s: one has not "
                "been started, has refused to begin (its own output says so), cannot be reached at "
                "its address, or has a certificate of another authority"
            ) from None


def use_checked_link(patience: float, deadline: float | None) -> None:
    """Let this process connect with the link above, which both sides then need.

    Parameters
    ----------
    patience : float
        Seconds for all parties to connect.
    deadline : float, optional
        Seconds that others wait for an answer: so long at least a message is sent again to a party
        that is not reached. Without it, the process ends when one has not been for nine seconds.
    """
    _Link.patience, _Link.deadline = patience, deadline
    brpc_link.secure_pickle = _PlainMessages
    api.BrpcLinkProxy = _Link
