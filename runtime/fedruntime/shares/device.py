"""Functions on the SPU: written down as a program, and run by the parties. The coordinator passes
on what parties have sealed for each other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fedruntime.caller import where
from fedruntime.errors import DataError, SettingsError
from fedruntime.operations import sealed_for
from fedruntime.shares.array import SharedArray
from fedruntime.shares.dealing import dealt_for
from fedruntime.shares.graph import Graph, Value, write
from fedruntime.shares.inputs import Input, shared_input
from fedruntime.shares.objects import SPUObject, new_run_name, taken_dropped
from fedruntime.shares.party import begin, kept_name, step_on
from fedruntime.vertical.sessions import ask, session_of

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


def run_on_spu(
    federation: Exchange, function: Callable[..., Any], args: Sequence[Any], dealer: str = ""
) -> Any:
    """Run a function on the SPU; see ``SPU``."""
    with federation.turn:
        return _Call(federation, function, args, dealer).run()


class _Call:
    """One function on the SPU.

    Parameters
    ----------
    federation : Exchange
    function : callable
    args : sequence
        What lies at one party, or on the SPU, is shared; everything else is public.
    dealer : str
        A party that holds no data; by default the coordinator deals.
    """

    def __init__(
        self, federation: Exchange, function: Callable[..., Any], args: Sequence[Any], dealer: str
    ) -> None:
        name = getattr(function, "__name__", "a function")
        self._federation, self._function, self._args = federation, function, args
        self._dealer = dealer
        self._purpose = f"spu({name})"
        self._parties = tuple(party for party in federation.parties if party != dealer)
        if dealer and dealer not in federation.parties:
            raise SettingsError(f"{dealer!r}, which is to deal for the SPU, is no party")
        if len(self._parties) < 2:
            raise SettingsError(
                "the SPU needs two parties that hold shares, besides one that deals: "
                f"{', '.join(self._parties) or 'nobody'} would know everything alone"
            )
        self._session = session_of(federation)
        self._inputs: list[Input | None] = [
            shared_input(
                federation,
                self._session,
                self._parties,
                given,
                self._label(number),
                purpose=self._purpose,
            )
            for number, given in enumerate(args)
        ]

    def run(self) -> Any:
        made: Any = None

        def build(graph: Graph) -> Sequence[Value]:
            nonlocal made
            made = self._function(*self._arguments(graph))
            results = made if isinstance(made, tuple | list) else [made]
            if not all(isinstance(result, SharedArray) for result in results):
                raise DataError(
                    f"{where()}{self._purpose} gives something public: a function on the SPU "
                    "gives one shared array, or a tuple of them"
                )
            return [result.value for result in results]

        graph, outputs = write(build)
        name = new_run_name(self._federation)
        self._drive(name, graph, outputs)
        kept = {
            value.number: SPUObject(
                self._federation,
                self._session,
                kept_name(name, value.number),
                value,
                self._parties,
            )
            for value in outputs
        }
        objects = [kept[value.number] for value in outputs]
        return type(made)(objects) if isinstance(made, tuple | list) else objects[0]

    def _arguments(self, graph: Graph) -> list[Any]:
        found: list[Any] = []
        for given, known in zip(self._args, self._inputs, strict=True):
            if known is None:
                found.append(given)
                continue
            bits = graph.bits if known.bits is None else known.bits
            value = graph.given(
                known.shape, known.low, known.high, known.label, bits=bits, rows=known.rows
            )
            found.append(SharedArray(graph, value))
        return found

    def _drive(self, name: str, graph: Graph, outputs: Sequence[Value]) -> None:
        """Let the parties run a program to its end."""
        steps, needs = graph.program(outputs)
        known = [one for one in self._inputs if one is not None]
        public = {
            "run_name": name,
            "parties": list(self._parties),
            "steps": [step.to_public() for step in steps],
            "inputs": [
                [number, one.owner, list(one.shape), graph.bits] for number, one in enumerate(known)
            ],
            "outputs": sorted({value.number for value in outputs}),
            "forget": taken_dropped(self._federation),
        }
        dealt = dealt_for(
            self._federation,
            self._session,
            self._parties,
            self._dealer,
            name,
            needs,
            purpose=self._purpose,
        )
        each = {
            party: {
                **public,
                "dealt": dealt[party],
                "own": {
                    str(number): one.held
                    for number, one in enumerate(known)
                    if one.owner in ("", party)
                },
            }
            for party in self._parties
        }
        told = ask(self._federation, begin, each, session=self._session, purpose=self._purpose)
        while any(told.values()):
            each = {
                party: {
                    "run_name": name,
                    "boxes": {
                        peer: told[peer][sealed_for(party)]
                        for peer in self._parties
                        if peer != party
                    },
                }
                for party in self._parties
            }
            told = ask(
                self._federation, step_on, each, session=self._session, purpose=self._purpose
            )

    def _label(self, number: int) -> str:
        try:
            names = list(inspect.signature(self._function).parameters)
        except (TypeError, ValueError):  # functions of numpy need not tell
            names = []
        return names[number] if number < len(names) else f"argument {number + 1}"
