"""What the tool makes of scripts that nobody here wrote, and how their conversions run.

    python benchmarks/real_scripts.py                      # convert scikit-learn's own examples
    python benchmarks/real_scripts.py --scripts FOLDER     # convert other scripts
    python benchmarks/real_scripts.py --run --jobs 2       # run and verify the conversions, too

Without `--scripts` the examples of the installed scikit-learn are taken from its source
distribution. Results go to `--json FILE` and, as a page, to `--page FILE`.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

import sklearn
from rich.console import Console
from rich.progress import track
from script_report import as_page, as_text
from script_runs import Ran, kept, run_converted, run_pooled
from script_verdicts import (
    Converted,
    convert_script,
    has_verdict,
    is_foreign_conversion,
    supervised_sites,
)

from fedmigrate.generated import is_generated
from fedmigrate.plan import Verdict
from fedmigrate.scripts import python_files

CACHE = Path.home() / ".cache" / "fedmigrate-benchmarks"
_Given = TypeVar("_Given")
_Got = TypeVar("_Got")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scripts", type=Path, help="a folder of scripts")
    parser.add_argument("--only", default="", help="scripts whose path contains this")
    parser.add_argument("--run", action="store_true", help="run and verify the conversions")
    parser.add_argument("--jobs", type=int, default=1, help="scripts that run at a time")
    parser.add_argument(
        "--timeout", type=float, default=60, help="seconds in which a script has to end as it is"
    )
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help="for downloads, and how scripts run as they are"
    )
    parser.add_argument(
        "--whole", action="store_true", help="run only what is converted whole, not in part"
    )
    parser.add_argument(
        "--resume", type=Path, help="a folder for results by script; those in it are not run again"
    )
    parser.add_argument("--json", type=Path, help="write the results here")
    parser.add_argument("--page", type=Path, help="write a page in Markdown here")
    options = parser.parse_args(arguments)

    folder = options.scripts or examples(options.cache)
    paths = [path for path in scripts(folder) if options.only in path.as_posix()]
    as_they_are = each("converting", partial(convert_script, drop_displays=False), paths, 1)
    answer = {
        "scikit-learn": sklearn.__version__,
        "verdicts": verdicts(as_they_are, folder),
        "runs": runs(paths, as_they_are, folder, options) if options.run else None,
    }
    answer = json.loads(json.dumps(answer))
    print(as_text(answer), end="")
    if options.json:
        options.json.write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
    if options.page:
        options.page.write_text(as_page(answer), encoding="utf-8")


def examples(cache: Path) -> Path:
    """The examples in the source distribution of the installed scikit-learn."""
    folder = cache / f"scikit-learn-{sklearn.__version__}-examples"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-build-isolation"]
        command += ["--no-binary", "scikit-learn", f"scikit-learn=={sklearn.__version__}"]
        # pip keeps what it unpacked, though without a compiler it gets no further than that.
        done = subprocess.run(
            [*command, "--no-clean", "--dest", scratch],
            env={**os.environ, "TMPDIR": scratch},
            capture_output=True,
            text=True,
        )
        unpacked = next(Path(scratch).glob("pip-*/scikit-learn*/examples"), None)
        if unpacked is None:
            sys.exit(f"pip gave no source distribution; name a folder by --scripts:\n{done.stderr}")
        shutil.copytree(unpacked, folder)
    return folder


def scripts(folder: Path) -> list[Path]:
    """Every script of a folder that is no conversion."""
    found = sorted(python_files(folder))
    return [path for path in found if not is_generated(path.read_bytes())]


def verdicts(converted: Sequence[Converted], folder: Path) -> dict[str, Any]:
    """What became of files and sites."""
    sites = [(one, site) for one in converted for site in one.sites]
    return {
        "files": len(converted),
        "unreadable": [_failed(one, folder, one.unreadable) for one in converted if one.unreadable],
        "crashes": [_failed(one, folder, one.crash) for one in converted if one.crash],
        "sites": len(sites),
        "sites_with_verdict": sum(has_verdict(site) for _, site in sites),
        "foreign_converted": [
            f"{_name(one.path, folder)}:{site.line} {site.subject}"
            for one, site in sites
            if is_foreign_conversion(site, one)
        ],
        "foreign_left_alone": sum(site.verdict is Verdict.FOREIGN for _, site in sites),
        "supervised": [
            asdict(found)
            for one in converted
            for found in supervised_sites(one, _name(one.path, folder))
        ],
    }


def runs(
    paths: Sequence[Path],
    as_they_are: Sequence[Converted],
    folder: Path,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """How scripts and their conversions, with displays of rows dropped, run."""
    dropped = each("dropping displays", partial(convert_script, drop_displays=True), paths, 1)
    with_conversion = [one for one in dropped if one.text is not None]
    runnable = [one for one in with_conversion if not (one.left and options.whole)]
    pooled = each(
        "running scripts as they are",
        lambda one: run_pooled(one.path, options.timeout, options.cache),
        runnable,
        options.jobs,
    )
    usable = [one for one, how in zip(runnable, pooled, strict=True) if how.ended]

    def ran_as(one: Converted) -> Ran:
        name = _name(one.path, folder)
        run = partial(run_converted, one.path, name, one.text or b"", one.left, options.timeout)
        return run() if options.resume is None else kept(run, options.resume / f"{name}.json")

    ran = each("running and verifying conversions", ran_as, usable, options.jobs)
    clean = {one.path for one in as_they_are if one.text is not None and not one.left}
    return {
        "timeout": options.timeout,
        "with_conversion": len(with_conversion),
        "converted_whole": sum(not one.left for one in with_conversion),
        "tried": len(runnable),
        "usable": len(usable),
        "clean_as_they_are": len(clean & {one.path for one in usable}),
        "not_run": [
            {"script": _name(one.path, folder), **asdict(how)}
            for one, how in zip(runnable, pooled, strict=True)
            if not how.ended
        ],
        "whole": [asdict(one) for one in ran if not one.left],
        "in_part": [asdict(one) for one in ran if one.left],
    }


def each(
    doing: str, step: Callable[[_Given], _Got], given: Sequence[_Given], jobs: int
) -> list[_Got]:
    """A step for each, some at a time, with a bar on a terminal."""
    console = Console(stderr=True)
    with ThreadPoolExecutor(jobs) as pool:
        results: Iterator[_Got] = map(step, given) if jobs == 1 else pool.map(step, given)
        shown = track(
            results, doing, total=len(given), console=console, disable=not console.is_terminal
        )
        return list(shown)


def _failed(converted: Converted, folder: Path, reason: str | None) -> dict[str, str]:
    return {"script": _name(converted.path, folder), "reason": reason or ""}


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


if __name__ == "__main__":
    main()
