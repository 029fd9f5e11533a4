"""A SuperLink in memory, with parties in processes of their own; and a program that runs a script
over it: ``python memory_grid.py SCRIPT``, where the parties' folders lie beside the script's.
"""

from __future__ import annotations

import itertools
import queue
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from flwr.app import Context, Message, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from fedruntime.engines.flower.coordinator import run_script
from fedruntime.engines.flower.node import PartyNode
from fedruntime.engines.flower.tasks import Task
from fedruntime.hosting.party_settings import read_party_settings


def name_the_run() -> None:
    """Flower lets messages be made by what it runs, and keeps in globals what that is."""
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 7, 1


class MemoryGrid:
    """A SuperLink and its nodes, as far as an engine sees them. Each node works on one message at a
    time, and a message that was pushed is worked on."""

    def __init__(self, nodes: Iterable[PartyNode], run: int = 7) -> None:
        self._run = run
        self._numbers = itertools.count(1)
        self._answers: dict[str, Message] = {}
        self._waiting: dict[int, queue.Queue[Message | None]] = {}
        self._nodes = dict(enumerate(nodes, start=100))
        for number, node in self._nodes.items():
            self._waiting[number] = queue.Queue()
            threading.Thread(target=self._work, args=(number, node), daemon=True).start()

    def get_node_ids(self) -> list[int]:
        return list(self._nodes)

    def push_messages(self, messages: Sequence[Message]) -> list[str]:
        numbers = []
        for message in messages:
            number = f"message {next(self._numbers)}"
            message.metadata.__dict__["_message_id"] = number
            numbers.append(number)
            self._waiting[message.metadata.dst_node_id].put(message)
        return numbers

    def pull_messages(self, numbers: Sequence[str]) -> list[Message]:
        return [self._answers.pop(number) for number in numbers if number in self._answers]

    def end(self) -> None:
        for waiting in self._waiting.values():
            waiting.put(None)
        for node in self._nodes.values():
            node.stop()

    def _work(self, number: int, node: PartyNode) -> None:
        while (message := self._waiting[number].get()) is not None:
            task = Task(self._run, message)
            node.answer(task)
            self._answers[message.metadata.message_id] = task.reply


def nodes_of(folders: Mapping[str, Path]) -> list[PartyNode]:
    return [PartyNode(read_party_settings(folder)) for folder in folders.values()]


def main(script: Path) -> None:
    name_the_run()
    folders = {path.parent.name: path.parent for path in script.parent.parent.glob("*/party.toml")}
    grid = MemoryGrid(nodes_of(folders))
    told = {"script": str(script.resolve())}
    run_script(grid, Context(7, 1, {}, RecordDict(), told))  # type: ignore[arg-type]
    grid.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
