"""A comparison as text and as JSON. Values of the data never appear, only how they differ."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from fedmigrate.source import Source, is_notebook
from fedmigrate.verify.compare import Comparison, Judged
from fedmigrate.verify.judge import FARTHEST, ORDERS
from fedmigrate.verify.pair import Pair
from fedmigrate.verify.run import Run
from fedmigrate.verify.spread import FARTHER, false_alarms

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
        "fits": [_entry(judged) | _cell(pair, judged) for judged in comparison.fits],
        "scores": [_entry(judged) | _cell(pair, judged) for judged in comparison.scores],
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
        "row_order": judged.row_order,
        "over_seeds": _over_seeds(judged),
        "parts": {
            name: {"verdict": part.verdict(judged.rtol), "relative": _figure(part.relative)}
            for name, part in judged.parts.items()
        },
    }


def _over_seeds(judged: Judged) -> dict[str, Any] | None:
    found = judged.over_seeds
    if found is None:
        return None
    return {"seeds": found.seeds, "within": found.within, "between": found.between}


def _cell(pair: Pair, judged: Judged) -> dict[str, int]:
    """Where a fit of a notebook stands."""
    cell, line = pair.original.locate(judged.line)
    return {} if cell is None else {"cell": cell, "cell_line": line}


def _figure(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _verdict(judged: Judged) -> str:
    name, worst = judged.worst
    if judged.over_seeds is not None:
        found = judged.over_seeds
        away = f"{found.between:.1e}, the original's own runs {found.within:.1e}"
        within = "beyond" if found.beyond else "within"
        return f"{within} the spread over {found.seeds} seeds: apart by {away}"
    if judged.row_order is not None:
        moved = f"{judged.row_order:.1e}"
        return f"{worst.verdict(judged.rtol)}, the original's own fit by {moved} ({name})"
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
    where = "cell:line" if is_notebook(original) else "line"
    rows = [(where, "fit or score", "expected", "verdict", "")]
    for judged in (*comparison.fits, *comparison.scores):
        mark = "" if judged.as_expected else "<- worse than expected"
        rows.append(
            (_line(pair, judged), judged.name, judged.expected or "equal", _verdict(judged), mark)
        )
    yield from _table(rows)
    yield ""
    yield from _printed(comparison.lines)
    yield from _rules(comparison)
    yield _conclusion(comparison)


def _line(pair: Pair, judged: Judged) -> str:
    cell, line = pair.original.locate(judged.line)
    return str(line) if cell is None else f"{cell}:{line}"


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


def _rules(comparison: Comparison) -> Iterator[str]:
    """What was allowed beyond the tolerances, where it decided."""
    seeds = next((one.over_seeds.seeds for one in comparison.all if one.over_seeds), None)
    if seeds is not None:
        yield (
            f"Over {seeds} seeds, a value is worse than promised if no other way to deal the "
            "runs into two groups sets these further apart, and the conversion's lie more than "
            f"{FARTHER:g} times as far from the original's as those from one another; for a value "
            f"of one distribution that happens in at most {100 * false_alarms(seeds):.2g} %."
        )
    if any(one.row_order is not None for one in comparison.all):
        yield (
            f"Allowed is {ORDERS:g} times what another order of rows does to the original's own "
            f"fits, and at most {FARTHEST:g}; where only the same optimum is promised, {ORDERS:g} "
            "times what a tighter tolerance does to them, if that is more."
        )


def _conclusion(comparison: Comparison) -> str:
    if not comparison.fits and not comparison.scores:
        return "Nothing was fitted, so nothing is proven."
    if comparison.as_expected and not comparison.fits:
        count = len(comparison.scores)
        return f"As promised: {count} score{'s' * (count != 1)} compared."
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
    cell, line = (None, None) if run.failed_at is None else source.locate(run.failed_at)
    where = "" if cell is None else f", cell {cell}"
    where += "" if line is None else f", line {line},"
    yield f"{run.path}{where} did not run to its end:"
    if run.failed_at is not None:
        yield f"  > {source.line(run.failed_at).strip()}"
    yield from (f"    {line}" for line in (run.failure or "").splitlines())
    if federated and "RevealError" in (run.failure or ""):
        yield "The script shows rows at the line named above: drop it, or aggregate first."
