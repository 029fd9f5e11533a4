"""The runs that a verdict takes: two, and more where two leave open why they differ.

First the original and its conversion, compared as values. What then differs by more than was
promised is measured by what another order of rows does to the original's own fits, by what going
on to the optimum does where the same optimum is promised, and by what other draws do to both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fedmigrate.plan import Exactness
from fedmigrate.verify.compare import (
    KINDS,
    STATISTICAL,
    Comparison,
    Difference,
    Judged,
    compare_runs,
    distance,
    is_path,
)
from fedmigrate.verify.run import Event, Run, Runner
from fedmigrate.verify.spread import spread

ORDERS = 10.0  # times what another order of rows, or going on to the optimum, does is allowed
FARTHEST = 1e-2  # and no more than this, where the same path is promised
SHUFFLES = 2


def judge(runner: Runner, rtol: float, seeds: int) -> Comparison:
    """Run the scripts of a pair and compare them.

    Parameters
    ----------
    runner : Runner
    rtol : float
        Relative tolerance of exact fits and of printed numbers.
    seeds : int
        Runs of each script where draws may be the reason for a difference; 1 for none but the
        first.
    """
    runner.expect(2)
    original, conversion = runner.original(), runner.conversion()
    comparison = compare_runs(original, conversion, rtol)
    if comparison.failed is not None:
        return comparison
    if any(not one.as_expected and one.parts for one in comparison.all):
        comparison = _with_row_order(comparison, runner, rtol)
    if seeds > 1 and any(_is_open(one, comparison, rtol) for one in comparison.all):
        comparison = _over_seeds(comparison, runner, rtol, seeds)
    return comparison


def _with_row_order(comparison: Comparison, runner: Runner, rtol: float) -> Comparison:
    """The comparison with more allowed where the order of rows matters to the original itself."""
    same_path = all(fit.expected != Exactness.EQUIVALENT.value for fit in comparison.fits)
    runner.expect(SHUFFLES + (not same_path))
    runs = [runner.original(shuffled=number) for number in range(1, SHUFFLES + 1)]
    if not same_path:
        runs.append(runner.original(closer=True))
    orders = [compare_runs(comparison.original, run, rtol) for run in runs if run.failure is None]

    def revise(kind: str, number: int, judged: Judged) -> Judged:
        others = [order.of(kind) for order in orders]
        moved = [other[number] for other in others if number < len(other)]
        return _allowed(judged, moved, same_path)

    return comparison.revised(revise)


def _allowed(judged: Judged, orders: Sequence[Judged], same_path: bool) -> Judged:
    orders = [order for order in orders if order.parts.keys() >= judged.parts.keys()]
    if judged.as_expected or not judged.parts or not orders:
        return judged
    if judged.expected:
        same_path = judged.expected != Exactness.EQUIVALENT.value
    moved = {
        name: max((order.parts[name] for order in orders), key=lambda part: part.relative)
        for name in judged.parts
    }
    if not all(
        _is_small(name, part, moved[name], judged.rtol, same_path)
        for name, part in judged.parts.items()
    ):
        return judged
    return replace(judged, as_expected=True, row_order=moved[judged.worst[0]].relative)


def _is_small(name: str, part: Difference, moved: Difference, rtol: float, same_path: bool) -> bool:
    if is_path(name):
        return part.relative == 0 or not moved.identical
    allowed = ORDERS * moved.relative
    if not np.isfinite(allowed):
        return part.relative <= rtol
    return part.relative <= max(rtol, min(allowed, FARTHEST) if same_path else allowed)


def _is_open(judged: Judged, comparison: Comparison, rtol: float) -> bool:
    """Whether draws may be why something differs.

    Where both scripts have drawn the same numbers, values decide; unless they hang on a fit that
    draws in its own way. What such a fit leaves behind, trees say, is not compared.
    """
    if judged.expected in STATISTICAL:
        return False
    hangs = not judged.expected and any(fit.expected in STATISTICAL for fit in comparison.fits)
    if hangs:
        return not judged.as_expected or judged.worst[1].relative > rtol
    return not judged.as_expected and not comparison.drew_alike


def _over_seeds(comparison: Comparison, runner: Runner, rtol: float, seeds: int) -> Comparison:
    """The comparison with what is open judged by its distribution over seeds."""
    runner.expect(2 * (seeds - 1))
    originals = [comparison.original, runner.original(1)]
    if not _are_drawn(comparison, originals, rtol):
        return comparison
    originals += [runner.original(seed) for seed in range(2, seeds)]
    conversions = [comparison.conversion, *(runner.conversion(seed) for seed in range(1, seeds))]
    for original, conversion in zip(originals, conversions, strict=True):
        if original.failure or conversion.failure:
            return compare_runs(original, conversion, rtol)

    def revise(kind: str, number: int, judged: Judged) -> Judged:
        if not _is_open(judged, comparison, rtol):
            return judged
        found = spread(_apart(kind, number, [*originals, *conversions], rtol))
        return replace(judged, as_expected=not found.beyond, over_seeds=found)

    return comparison.revised(revise)


def _are_drawn(comparison: Comparison, originals: Sequence[Run], rtol: float) -> bool:
    """Whether draws decide about something that is open, going by two seeds of the original."""
    if any(fit.expected in STATISTICAL for fit in comparison.fits):
        return True
    return any(
        _is_open(one, comparison, rtol) and _apart(kind, number, originals, rtol).any()
        for kind in KINDS
        for number, one in enumerate(comparison.of(kind))
    )


def _item(kind: str, number: int, run: Run) -> Event | str | None:
    found = run.lines if kind == "line" else [one for one in run.events if one.kind == kind]
    return found[number] if number < len(found) else None


def _apart(kind: str, number: int, runs: Sequence[Run], rtol: float) -> Any:
    """The distances of runs in one fit, score or line, those up to the tolerance as none."""
    found = [_item(kind, number, run) for run in runs]
    apart = np.zeros((len(runs), len(runs)))
    for row, one in enumerate(found):
        for column, other in enumerate(found[:row]):
            apart[row, column] = apart[column, row] = distance(one, other, found[0])
    apart[apart <= rtol] = 0.0
    finite = np.isfinite(apart)
    apart[~finite] = max(1.0, 2 * apart[finite].max(initial=0.0))
    return apart
