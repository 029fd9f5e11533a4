"""Simulated parties under a privacy budget, with noise that is the same every time, for tests."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from fedruntime import FLModel
from fedruntime.data.layout import RowLayout
from fedruntime.federation import Federation
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.settings import Settings

PARTIES = ("alice", "bob", "carol")


def seeded(seed: int) -> Callable[[int], bytes]:
    """A source of bytes that are the same every time."""
    return random.Random(seed).randbytes


def open_parties(
    budget: PrivacyBudget | None, parties: tuple[str, ...] = PARTIES, seed: int = 0
) -> Federation:
    """A federation in memory, whose noise follows the seed."""
    federation = Federation(Settings(parties, budget=budget))
    for number, party in enumerate(federation.engine._parties.values()):  # type: ignore[attr-defined]
        party._entropy = seeded(100 * seed + number)
    return federation


def held(federation: Federation, *tables: Any) -> list[Any]:
    """Handles to pooled tables whose rows go around the parties."""
    parties = federation.parties
    layout = RowLayout(parties, np.arange(len(tables[0])) % len(parties))
    return [
        federation.place(
            {party: getattr(rows, "iloc", rows)[layout.positions[party]] for party in parties},
            layout,
        )
        for rows in tables
    ]


def fitted(model: Any, budget: PrivacyBudget | None, *tables: Any, seed: int = 0) -> FLModel:
    """A model fitted on pooled tables under a budget."""
    federation = open_parties(budget, seed=seed)
    trained = FLModel(model=model).fit(*held(federation, *tables))
    federation.stop()
    return trained


def generous(purpose: str, epsilon: float = 1e5, **options: Any) -> PrivacyBudget:
    """A budget so large that noise does not show, all of it for one purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PrivacyBudget(epsilon, shares={purpose: 1.0}, **options)
