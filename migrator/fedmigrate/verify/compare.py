"""Two runs in, verdicts out: values compared with values, and judged by what was promised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from fedmigrate.catalog.estimators import ROW_ATTRIBUTES
from fedmigrate.plan import Exactness
from fedmigrate.verify.run import Event, Run
from fedmigrate.verify.spread import Spread

KINDS = ("fit", "score", "line")
EQUIVALENT_RTOL = 1e-6  # the same optimum on another path
_NOT_FAR_FROM_ZERO = 1e-12  # printed numbers nearer to each other than this are equal
_PATHS = frozenset({"n_iter_"})  # what tells how an optimum was reached
_CENTRES = frozenset({"X_offset_", "intercept_", "location_", "mean_"})
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
_DURATION = re.compile(
    r"\b(seconds?|secs?|elapsed|duration|took|ms|\d+(\.\d*)?m?s)\b|_time\b", re.I
)
_AT_PARTIES = "at parties"
STATISTICAL = {Exactness.STATISTICAL.value, Exactness.APPROXIMATE.value}


@dataclass(frozen=True)
class Difference:
    """How two values differ.

    Parameters
    ----------
    relative : float
        0 for equal ones, infinity for those that are not comparable.
    identical : bool
        Whether they are the same in type and in every bit; equal ones need not be.
    """

    relative: float
    identical: bool = False

    def verdict(self, rtol: float) -> str:
        """``identical``, ``equal``, ``equal within 1.2e-15`` or ``differs by 3.4e-02``."""
        if self.identical:
            return "identical"
        if self.relative == 0:
            return "equal"
        if not np.isfinite(self.relative):
            return "differs"
        kind = "equal within" if self.relative <= rtol else "differs by"
        return f"{kind} {self.relative:.1e}"


_IDENTICAL = Difference(0.0, identical=True)
_NOT_COMPARABLE = Difference(float("inf"))


@dataclass(frozen=True)
class Judged:
    """One fit, score or printed line, compared.

    Parameters
    ----------
    name : str
    line : int
        Of the original; of the conversion where the original has none. Line of output for prints.
    expected : str
        The exactness class, or why there is nothing to compare.
    rtol : float
        What that class allows.
    parts : mapping
        Attribute to how it differs.
    as_expected : bool
    row_order : float, optional
        How far another order of rows moves the original's own, where that is why it is as expected.
    over_seeds : Spread, optional
        How runs under several seeds differ, where that decided.
    """

    name: str
    line: int
    expected: str
    rtol: float
    parts: dict[str, Difference]
    as_expected: bool
    row_order: float | None = None
    over_seeds: Spread | None = None

    @property
    def worst(self) -> tuple[str, Difference]:
        """The part that differs most."""
        return max(
            self.parts.items(),
            key=lambda part: (part[1].relative, not part[1].identical),
            default=("", _IDENTICAL),
        )


@dataclass(frozen=True)
class Comparison:
    """Two runs, compared."""

    original: Run
    conversion: Run
    fits: tuple[Judged, ...]
    scores: tuple[Judged, ...]
    lines: tuple[Judged, ...]

    @property
    def failed(self) -> Run | None:
        """The run that did not reach its end, if there is one."""
        return next((run for run in (self.original, self.conversion) if run.failure), None)

    @property
    def as_expected(self) -> bool:
        compared = self.failed is None and bool(self.fits or self.scores)
        return compared and all(judged.as_expected for judged in self.all)

    @property
    def all(self) -> tuple[Judged, ...]:
        return (*self.fits, *self.scores, *self.lines)

    @property
    def drew_alike(self) -> bool:
        """Whether both scripts had drawn the same numbers wherever both made a fit or a score."""
        pairs = zip(self.original.events, self.conversion.events, strict=False)
        return all(one.drawn == other.drawn for one, other in pairs)

    def of(self, kind: str) -> tuple[Judged, ...]:
        """The verdicts of one of ``KINDS``."""
        found = dict(zip(KINDS, (self.fits, self.scores, self.lines), strict=True))
        return found[kind]

    def revised(self, revise: Callable[[str, int, Judged], Judged]) -> Comparison:
        """The comparison with each verdict as ``revise(kind, number, verdict)`` has it."""
        return replace(
            self,
            fits=tuple(revise("fit", *one) for one in enumerate(self.fits)),
            scores=tuple(revise("score", *one) for one in enumerate(self.scores)),
            lines=tuple(revise("line", *one) for one in enumerate(self.lines)),
        )


def compare_runs(original: Run, conversion: Run, rtol: float) -> Comparison:
    """Compare fit by fit, score by score and line by line, each in the order it happened."""
    if original.failure or conversion.failure:
        return Comparison(original, conversion, (), (), ())
    fits = tuple(_events(original, conversion, "fit", rtol))
    loose = _loosest(fits, rtol)
    scores = tuple(_events(original, conversion, "score", loose))
    lines = tuple(_lines(original.lines, conversion.lines, loose))
    return Comparison(original, conversion, fits, scores, lines)


def _loosest(fits: tuple[Judged, ...], rtol: float) -> float:
    """What follows from a fit is no more exact than the fit."""
    return max([rtol, *(fit.rtol for fit in fits)])


def _events(original: Run, conversion: Run, kind: str, rtol: float) -> Iterator[Judged]:
    ours = [event for event in original.events if event.kind == kind]
    theirs = [event for event in conversion.events if event.kind == kind]
    for one, other in zip_longest(ours, theirs):
        if one is None or other is None:
            found = one or other
            whose = "the original" if other is None else "the conversion"
            yield Judged(found.name, found.line, f"only in {whose}", rtol, {}, False)
        elif one.name != other.name:
            yield Judged(one.name, one.line, f"{other.name} in the conversion", rtol, {}, False)
        else:
            yield _event(one, other, rtol)


def _event(original: Event, conversion: Event, rtol: float) -> Judged:
    promised = conversion.exactness or ""
    allowed = rtol
    if promised == Exactness.EQUIVALENT.value:
        allowed = max(rtol, EQUIVALENT_RTOL)
    elif promised in STATISTICAL:
        allowed = float("inf")
    parts = _parts(original, conversion)
    if promised == Exactness.EQUIVALENT.value:
        parts = {name: part for name, part in parts.items() if not is_path(name)}
    as_expected = all(part.relative <= allowed for part in parts.values())
    return Judged(original.name, original.line, promised, allowed, parts, as_expected)


def is_path(name: str) -> bool:
    """Whether an attribute tells how an optimum was reached, rather than the optimum."""
    return name.rpartition(".")[2] in _PATHS


def distance(one: Event | str | None, other: Event | str | None, like: Event | str | None) -> float:
    """How far apart two runs are in one fit, score or line: infinity if they are not comparable.

    Numbers are measured in those of ``like``, so that all distances between several runs are
    measured in the same.
    """
    if isinstance(one, Event) and isinstance(other, Event) and one.name == other.name:
        leaves = like.leaves if isinstance(like, Event) else {}
        parts = _parts(one, other, leaves)
        found = (part.relative for name, part in parts.items() if not is_path(name))
        return max(found, default=0.0)
    if isinstance(one, str) and isinstance(other, str):
        return line_difference(one, other, like if isinstance(like, str) else None).relative
    return 0.0 if one is other else float("inf")


def _parts(
    original: Event, conversion: Event, like: Mapping[str, Any] | None = None
) -> dict[str, Difference]:
    names = sorted({*original.leaves, *conversion.leaves} - _left_at_parties(original, conversion))
    return {
        name: _attribute_difference(
            name,
            conversion.leaves.get(name),
            original.leaves.get(name),
            None if like is None else like.get(name),
        )
        for name in names
    }


def _left_at_parties(original: Event, conversion: Event) -> set[str]:
    """Attributes that no run of the conversion can look at: those of one entry a row, and what
    parties have learnt of columns that they alone have."""
    missing = original.leaves.keys() - conversion.leaves.keys()
    if conversion.exactness == _AT_PARTIES:
        return set(missing)
    return {name for name in missing if name.rpartition(".")[2] in ROW_ATTRIBUTES}


def _attribute_difference(name: str, ours: Any, pooled: Any, like: Any = None) -> Difference:
    """The difference of an attribute; of centres that rounding leaves of zero, such as the mean of
    standardised rows, the absolute one.
    """
    if name.rpartition(".")[2] in _CENTRES and _is_left_of_zero(pooled) and _is_left_of_zero(ours):
        return difference(1 + ours, 1 + pooled)
    return difference(ours, pooled, like)


def _is_left_of_zero(value: Any) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype.kind == "f"
        and bool(np.abs(value).max(initial=0.0) <= _NOT_FAR_FROM_ZERO)
    )


def difference(ours: Any, pooled: Any, like: Any = None) -> Difference:
    """How far a value is from the pooled one, relative to the largest entry of the pooled one, or
    of another.

    Numbers are measured; integers, truth values and texts are equal or not.
    """
    if ours is None or pooled is None or isinstance(ours, str) or isinstance(pooled, str):
        same = isinstance(ours, str) and isinstance(pooled, str) and ours == pooled
        return _IDENTICAL if same else _NOT_COMPARABLE
    if ours.shape != pooled.shape or ours.dtype.kind != pooled.dtype.kind:
        return _NOT_COMPARABLE
    if ours.dtype == pooled.dtype and ours.tobytes() == pooled.tobytes():
        return _IDENTICAL
    if ours.dtype.kind not in "fc":
        return Difference(0.0) if np.array_equal(ours, pooled) else _NOT_COMPARABLE
    finite = np.isfinite(pooled)
    if not np.array_equal(ours[~finite], pooled[~finite], equal_nan=True):
        return _NOT_COMPARABLE
    if not np.isfinite(ours[finite]).all():
        return _NOT_COMPARABLE
    gap = float(np.abs(ours[finite] - pooled[finite]).max(initial=0.0))
    measure = like if isinstance(like, np.ndarray) and like.dtype.kind in "fc" else pooled
    scale = float(np.abs(measure[np.isfinite(measure)]).max(initial=0.0))
    return Difference(gap / scale if scale else gap)


def _lines(ours: tuple[str, ...], theirs: tuple[str, ...], rtol: float) -> Iterator[Judged]:
    for number, (one, other) in enumerate(zip_longest(ours, theirs), start=1):
        if one is None or other is None:
            whose = "the original" if other is None else "the conversion"
            yield Judged("print", number, f"only in {whose}", rtol, {}, False)
        else:
            found = line_difference(other, one)
            yield Judged("print", number, "", rtol, {"line": found}, found.relative <= rtol)


def line_difference(ours: str, pooled: str, like: str | None = None) -> Difference:
    """How far the numbers of a printed line are from the pooled ones, relative to these or to
    those of another line; its text is equal or not. Durations are others in every run.
    """
    if ours == pooled:
        return _IDENTICAL
    words, pooled_words = (
        [between.split() for between in _NUMBER.split(line)] for line in (ours, pooled)
    )
    if words != pooled_words:
        return _NOT_COMPARABLE
    if _DURATION.search(pooled):
        return Difference(0.0)
    found, pooled_found, scales = (
        [float(number) for number in _NUMBER.findall(line)] for line in (ours, pooled, like or "")
    )
    if len(scales) != len(found):
        scales = pooled_found
    apart = map(_apart, found, pooled_found, scales)
    return Difference(max(apart, default=0.0))


def _apart(one: float, other: float, scale: float) -> float:
    if one == other:
        return 0.0
    gap = abs(one - other)
    if gap <= _NOT_FAR_FROM_ZERO:
        return gap
    return gap / abs(scale) if scale else float("inf")
