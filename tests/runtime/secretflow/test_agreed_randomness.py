"""What several runs of one script draw alike."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fedruntime.engines.secretflow.agreed import agree, proposal
from fedruntime.errors import ProtocolError
from fedruntime.hosting.frames import dumps, loads
from fedruntime.messages import pack, unpack


@pytest.fixture(autouse=True)
def _generators_as_they_were() -> Iterator[None]:
    numpys, pythons = np.random.get_state(), random.getstate()
    yield
    np.random.set_state(numpys)
    random.setstate(pythons)


def _run(seed: int | None, proposals: dict[str, bytes] | None = None) -> tuple[Any, ...]:
    """What a run of a script draws that has seeded its generators, or another run's were there."""
    np.random.seed(seed)
    random.seed(seed)
    if proposals is None:
        return (proposal(),)
    drawn = agree(proposals)
    return drawn(16), drawn(16), drawn(40), np.random.normal(size=3).tolist(), random.random()


def test_runs_draw_alike() -> None:
    proposals = {"alice": _run(None)[0], "bob": _run(None)[0]}
    ours, theirs = _run(None, proposals), _run(None, proposals)
    assert ours == theirs
    assert ours[0] != ours[1]


def test_a_script_finds_its_seeded_generators_as_it_left_them() -> None:
    proposals = {"alice": _run(7)[0], "bob": _run(7)[0]}
    *_, normal, uniform = _run(7, proposals)
    np.random.seed(7)
    random.seed(7)
    assert (normal, uniform) == (np.random.normal(size=3).tolist(), random.random())


def test_any_party_alone_makes_the_names_unpredictable() -> None:
    alice = _run(1)[0]
    one = agree({"alice": alice, "bob": _run(1)[0]})
    other = agree({"alice": alice, "bob": _run(1)[0]})
    assert one(16) != other(16)


def test_a_short_proposal_is_refused() -> None:
    told = unpack(loads(proposal()))
    short = dumps(pack({**told, "random": told["random"][:8]}))
    with pytest.raises(ProtocolError, match="'bob' proposes 8 random bytes"):
        agree({"alice": proposal(), "bob": short})
