"""A comparison as text and as JSON. Values of the data never appear, only how they differ."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from fedmigrate.source import Source
from fedmigrate.verify.compare import Comparison, Judged
from fedmigrate.verify.pair import Pair
from fedmigrate.verify.run import Run

_VERSION = 1


def as_text(pair: Pair, comparison: Comparison) -> str:
    """For people: a table of fits and scores, the printed lines, one sentence at the end."""
    return "\n".join(_text(pair, comparison)) + "\n"


def as_json(pair: Pair, comparison: Comparison) -> str:
    """For machines; ``version`` counts incompatible changes."""
    failed = comparison.failed
    answer = {
        "version": _VERSION,
        "original": pair.original.path,
        "conversion": pair.conversion.path,
        "conversion_written": pair.written,
        "conversion_stale": pair.stale,
        "as_expected": comparison.as_expected,
        "failed": None
        if failed is None
        else {"script": failed.path, "line": failed.failed_at, "said": failed.failure},
        "fits": [_entry(judged) for judged in comparison.fits],
        "scores": [_entry(judged) for judged in comparison.scores],
        "lines": [_entry(judged) for judged in comparison.lines],
    }
    return json.dumps(answer, indent=2) + "\n"


def _entry(judged: Judged) -> dict[str, Any]:
    return {
        "name": judged.name,
        "line": judged.line,
        "expected": judged.expected,
        "rtol": _figure(judged.rtol),
        "as_expected": judged.as_expected,
        "verdict": _verdict(judged),
        "parts": {
            name: {"verdict": part.verdict(judged.rtol), "relative": _figure(part.relative)}
            for name, part in judged.parts.items()
        },
    }


def _figure(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _verdict(judged: Judged) -> str:
    name, worst = judged.worst
    if not judged.parts:
        return "differs" if not judged.as_expected else "nothing to compare"
    verdict = worst.verdict(judged.rtol)
    return verdict if worst.identical or name in ("line", "value") else f"{verdict} ({name})"


def _text(pair: Pair, comparison: Comparison) -> Iterator[str]:
    original, conversion = pair.original.path, pair.conversion.path
    yield f"{original} against {conversion}{'' if pair.written else ' (not written)'}"
    if pair.stale:
        yield f"note: {conversion} is not what {original} is converted to today"
    yield ""
    if comparison.failed is not None:
        is_original = comparison.failed is comparison.original
        source = pair.original if is_original else pair.conversion
        yield from _failure(comparison.failed, source, federated=not is_original)
        return
    rows = [("line", "fit or score", "expected", "verdict", "")]
    for judged in (*comparison.fits, *comparison.scores):
        mark = "" if judged.as_expected else "<- worse than expected"
        rows.append(
            (str(judged.line), judged.name, judged.expected or "equal", _verdict(judged), mark)
        )
    yield from _table(rows)
    yield ""
    yield from _printed(comparison.lines)
    yield _conclusion(comparison)


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _printed(lines: Sequence[Judged]) -> Iterator[str]:
    equal = sum(judged.worst[1].identical and judged.as_expected for judged in lines)
    yield f"printed: {equal} of {len(lines)} lines identical"
    for judged in lines:
        if not (judged.worst[1].identical and judged.as_expected):
            why = judged.expected or _verdict(judged)
            yield f"  line {judged.line} of the output: {why}"


def _conclusion(comparison: Comparison) -> str:
    if not comparison.fits:
        return "Nothing was fitted, so nothing is proven."
    if comparison.as_expected:
        count = len(comparison.fits)
        return f"As promised: {count} fitted model{'s' * (count != 1)} compared."
    worse = [fit.name for fit in comparison.fits if not fit.as_expected]
    if not worse:
        return "Not as promised: the fitted models agree, what follows from them does not."
    named = f"Not as promised: {', '.join(dict.fromkeys(worse))}."
    if all(name.startswith("LogisticRegression.") for name in worse):
        return (
            f"{named} If the features are unscaled, the order of the rows may be the reason: it "
            "changes scikit-learn's own L-BFGS as well. Scale them and verify again."
        )
    return named


def _failure(run: Run, source: Source, *, federated: bool) -> Iterator[str]:
    where = "" if run.failed_at is None else f", line {run.failed_at},"
    yield f"{run.path}{where} did not run to its end:"
    if run.failed_at is not None:
        yield f"  > {source.line(run.failed_at).strip()}"
    yield from (f"    {line}" for line in (run.failure or "").splitlines())
    if federated and "RevealError" in (run.failure or ""):
        yield "The script shows rows at the line named above: drop it, or aggregate first."
