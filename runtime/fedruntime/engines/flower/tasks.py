"""Taking messages from a SuperNode in place of the process that Flower would start for each.

Flower ships the code of an app to the nodes and runs it there. Here nothing of an app is run: the
party's node asks its SuperNode for messages itself, as Flower's own SuperExec and ClientApp do.
This is the one place that uses what flwr does not document, which is why its version is pinned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from flwr.app import Context, Error, Message
from flwr.proto.runtime_pb2 import AcquireTaskRequest, SendTaskHeartbeatRequest
from flwr.supercore.constant import TaskType
from flwr.supercore.heartbeat import HeartbeatSender
from flwr.supercore.inflatable.inflatable_utils import (
    ObjectPullError,
    ObjectPushError,
    ObjectUnavailableError,
)
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.protobuf.client import ProtobufClientInterceptor
from flwr.supercore.retry import make_simple_http_retry_invoker
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supernode.runtime.run_clientapp import pull_task_input, push_message, push_task_output

from fedruntime.engines.flower.records import record_of

_ACQUIRE = "/flwr.proto.Runtime/AcquireTask"
_COMPLETED, _FAILED = "completed", "failed"
_REFUSED = 10_000  # above Flower's own codes of errors
# What asking for a message, or answering it, fails with once its run has ended.
_OF_AN_ENDED_RUN = (
    httpx.HTTPStatusError,
    RuntimeError,
    ObjectPullError,
    ObjectPushError,
    ObjectUnavailableError,
)


class TaskGone(Exception):
    """The run of a message has ended, or the message has become too old."""


@dataclass
class Task:
    """A message that waits for its answer.

    Parameters
    ----------
    run : int
        Flower's number of the run that it belongs to.
    message : Message
    """

    run: int
    message: Message
    _reply: Message | None = None

    def answer(self, party: str, frame: bytes) -> None:
        self._reply = Message(record_of(frame, party), reply_to=self.message)

    def refuse(self, reason: str) -> None:
        self._reply = Message(Error(_REFUSED, reason), reply_to=self.message)

    @property
    def reply(self) -> Message:
        return self._reply or Message(Error(_REFUSED, "no answer"), reply_to=self.message)


class TaskQueue:
    """What a SuperNode has for its party.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` of the SuperNode's own interface, on this machine.
    secret : bytes
        That only those may know who take messages from it.
    """

    def __init__(self, address: str, secret: bytes) -> None:
        self._address = address
        own = SuperExecAuthHttpInterceptor(master_secret=secret, protected_methods={_ACQUIRE})
        self._client = _client(address, own)

    @contextmanager
    def next(self) -> Iterator[Task | None]:
        """The message that has waited longest, or None; its answer is sent when the block ends.

        Raises
        ------
        TaskGone
            If nobody waits for the answer any more.
        httpx.TransportError
            If the SuperNode is not there.
        """
        asked = AcquireTaskRequest(supported_task_types=[TaskType.CLIENT_APP])
        acquired = self._client.AcquireTask(asked)
        if not acquired.token:
            yield None
            return
        client = _client(self._address, RuntimeTokenHttpInterceptor(acquired.token))
        with _alive(client):
            try:
                message, context, run, _ = pull_task_input(client)
            except _OF_AN_ENDED_RUN as error:
                raise TaskGone(str(error)) from error
            task = Task(run.run_id, message)
            yield task
            try:
                _finish(client, task, context)
            except _OF_AN_ENDED_RUN as error:
                raise TaskGone(str(error)) from error

    def close(self) -> None:
        self._client.close()


def _client(address: str, interceptor: ProtobufClientInterceptor) -> RuntimeHttpClient:
    once = make_simple_http_retry_invoker()
    once.max_tries = 1  # a SuperNode on this machine that does not answer has ended
    client: RuntimeHttpClient = RuntimeHttpClient.from_server_address(
        server_address=address,
        insecure=True,  # it does not leave the machine
        root_certificates=None,
        interceptors=[RuntimeVersionHttpInterceptor(component_name="flwr-clientapp"), interceptor],
        retry_invoker=once,
    )
    return client


@contextmanager
def _alive(client: RuntimeHttpClient) -> Iterator[None]:
    """Tell the SuperNode that a message is being worked on, until it is answered."""

    def beat() -> bool:
        try:
            client.SendTaskHeartbeat(SendTaskHeartbeatRequest())
        except httpx.HTTPError:
            return False  # Flower tries again
        return True

    sender = HeartbeatSender(beat)
    sender.start()
    try:
        yield
    finally:
        sender.stop()
        client.close()


def _finish(client: RuntimeHttpClient, task: Task, context: Context) -> None:
    reply = task.reply
    try:
        push_message(client, reply, context)
    finally:
        refusal = (reply.error.reason or "") if reply.has_error() else ""
        push_task_output(client, context, _FAILED if refusal else _COMPLETED, refusal)
