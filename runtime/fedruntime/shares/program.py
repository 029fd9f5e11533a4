"""Running a program on shares: at a party, as one protocol whose independent steps open together;
and at the dealer, who needs to know no more than the shapes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fedruntime.shares.correlation import Unsigned, Words, correct, dealt_to, step_key
from fedruntime.shares.opening import Masked, Protocol
from fedruntime.shares.steps import LOCAL, WITH_OPENINGS, Options, Shape, Step

Running = Generator[Sequence[Masked], Sequence[Unsigned], dict[int, Words]]


@dataclass(frozen=True)
class Need:
    """What a step with openings tells the dealer of itself."""

    step: int
    kind: str
    shapes: tuple[Shape, ...]
    options: Options


def deal(needs: Sequence[Need], keys: Sequence[bytes]) -> dict[int, Unsigned]:
    """What the dealer gives to the first party for a whole program: bytes, by step.

    Parameters
    ----------
    needs : sequence of Need
    keys : sequence of bytes
        One a party, for this run only; the first party's first.
    """
    return {
        need.step: correct(
            WITH_OPENINGS[need.kind].needs(need.shapes, need.options),
            [step_key(key, need.step) for key in keys],
        )
        for need in needs
    }


def run(
    steps: Sequence[Step],
    values: Mapping[int, Words],
    outputs: Sequence[int],
    key: bytes,
    given: Mapping[int, Unsigned] | None,
) -> Running:
    """Run a program at one party.

    Every opening is of all steps whose operands are known: what does not depend on each other
    shares a message.

    Parameters
    ----------
    steps : sequence of Step
        Each after those whose results it uses.
    values : mapping of int to ndarray of uint64
        This party's shares of the inputs.
    outputs : sequence of int
        Which values are wanted.
    key : bytes
        What this party and the dealer have in common, for this run only.
    given : mapping of int to ndarray of uint8, optional
        What the dealer gave; at the first party, and nowhere else.
    """
    held = _Held(values, steps, outputs)
    waiting, active = list(steps), list[_Active]()
    while waiting or active:
        later = []
        for step in waiting:
            if not held.has(step.operands):
                later.append(step)
            elif step.kind in LOCAL:
                made = LOCAL[step.kind](held.take(step), given is not None, **step.options)
                held.keep(step.result, made)
            else:
                active.append(_begun(step, held.take(step), key, given))
        waiting = later
        if not active:
            break
        opened = yield [masked for one in active for masked in one.wanted]
        active = list(_sent(active, opened, held))
    return {number: held.values[number] for number in outputs}


@dataclass(frozen=True)
class _Active:
    """A step that waits for an opening."""

    result: int
    protocol: Protocol
    wanted: Sequence[Masked]


def _begun(
    step: Step, operands: Sequence[Words], key: bytes, given: Mapping[int, Unsigned] | None
) -> _Active:
    opens = WITH_OPENINGS[step.kind]
    dealt = dealt_to(
        opens.needs([operand.shape for operand in operands], step.options),
        step_key(key, step.result),
        None if given is None else given[step.result],
    )
    protocol = opens.take(dealt, operands, step.options, given is not None)
    return _Active(step.result, protocol, next(protocol))


def _sent(
    active: Sequence[_Active], opened: Sequence[Unsigned], held: _Held
) -> Generator[_Active, None, None]:
    """Give each step what it wanted opened; those that want more go on."""
    start = 0
    for one in active:
        mine = opened[start : start + len(one.wanted)]
        start += len(one.wanted)
        try:
            yield _Active(one.result, one.protocol, one.protocol.send(mine))
        except StopIteration as done:
            held.keep(one.result, done.value)


class _Held:
    """The shares of a run, each until the last step that uses it."""

    def __init__(
        self, values: Mapping[int, Words], steps: Sequence[Step], outputs: Sequence[int]
    ) -> None:
        self.values = dict(values)
        self._uses = Counter(outputs)
        for step in steps:
            self._uses.update(step.operands)

    def has(self, numbers: Sequence[int]) -> bool:
        return all(number in self.values for number in numbers)

    def keep(self, number: int, made: Words) -> None:
        self.values[number] = np.atleast_1d(made)

    def take(self, step: Step) -> list[Words]:
        operands = [self.values[number] for number in step.operands]
        for number in step.operands:
            self._uses[number] -= 1
            if not self._uses[number]:
                self.values.pop(number, None)
        return operands
