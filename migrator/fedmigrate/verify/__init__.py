"""``fedmigrate verify``: run a script and its conversion, and say how equal they are.

Both run in processes of their own, under ``recorder``; what these record is compared as values
and judged by what each estimator's exactness class promises.
"""

from __future__ import annotations

from typing import IO

from fedmigrate.errors import UsageError


def verify_command(
    paths: tuple[str, ...],
    rtol: float,
    sample: float | None,
    seeds: int,
    format: str,
    out: IO[str],
) -> int:
    """``fedmigrate verify``; returns the exit code.

    Parameters
    ----------
    paths : tuple of str
        A script, or a script and its conversion.
    rtol : float
        Relative tolerance of exact fits and of printed numbers.
    sample : float, optional
        The share of the rows to train on, the same rows for both.
    seeds : int
        Runs of each script where draws decide; 1 compares values alone.
    format : {"text", "json"}
    out : file
        Where the answer goes.

    Raises
    ------
    UsageError
        For arguments that do not fit together.
    SourceError
        For a script that cannot be read or parsed.
    """
    if len(paths) > 2:
        raise UsageError("verify takes a script, or a script and its conversion")
    if sample is not None and not 0 < sample <= 1:
        raise UsageError(f"--sample {sample:g} is not a share of the rows: above 0, at most 1")
    if not rtol >= 0:
        raise UsageError(f"--rtol {rtol:g} is negative")
    from fedmigrate.verify.judge import judge
    from fedmigrate.verify.pair import find_pair
    from fedmigrate.verify.report import as_json, as_text
    from fedmigrate.verify.run import Runner
    from fedmigrate.verify.spread import MOST_SEEDS

    if not 1 <= seeds <= MOST_SEEDS:
        raise UsageError(f"--seeds {seeds} is not between 1 and {MOST_SEEDS}")
    pair = find_pair(paths)
    if sample is not None and pair.modules_load:
        raise UsageError("--sample takes rows of the script's own loads; here a module loads them")
    comparison = judge(Runner(pair, sample), rtol, seeds)
    out.write((as_json if format == "json" else as_text)(pair, comparison))
    return 0 if comparison.as_expected else 1
