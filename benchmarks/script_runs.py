"""How scripts and their conversions run: each in processes of its own, without a network, in a
scratch copy of its folder. Also where a conversion stops, against the places that the tool named.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import sklearn

from fedmigrate.generated import conversion_path

_REFUSING_PROXY = "http://127.0.0.1:9"  # the discard port, where nothing listens
_MARK = re.compile(r"\s*# fedmigrate: FM\d+")
_LARGEST_FOLDER = 64 * 2**20  # bytes that are copied for one run
_VERIFY_FACTOR = 10  # a verification runs both scripts, the conversion with all its parties


class Result(str, Enum):
    """What became of a conversion that was run."""

    AS_PROMISED = "runs to the end, as promised"
    WORSE = "runs to the end, worse than promised"
    UNPROVEN = "runs to the end, nothing to compare"
    STOPS_AS_TOLD = "stops at a line that carries a diagnostic"
    STOPS_BEHIND = "stops where a line that carries a diagnostic leads to"
    STOPS = "stops elsewhere"
    TOO_SLOW = "takes too long"
    ORIGINAL_FAILS = "the original fails under the recorder"


ENDS = frozenset({Result.AS_PROMISED, Result.WORSE, Result.UNPROVEN})


@dataclass(frozen=True)
class Pooled:
    """How a script runs as it is: whether to its end, how long it took, and its last words."""

    ended: bool
    seconds: float
    said: str


@dataclass(frozen=True)
class Ran:
    """How a conversion ran and compared.

    Parameters
    ----------
    script : str
    result : Result
    left : int
        Sites that the conversion leaves to a person.
    line : int, optional
        Where it stops, in the conversion.
    said : str
        The last line of the error, or what differs most.
    seconds : float
        Of the verification: both scripts together.
    """

    script: str
    result: Result
    left: int
    line: int | None
    said: str
    seconds: float


def run_pooled(path: Path, limit: float, cache: Path) -> Pooled:
    """Run a script as it is, or remember how it ran with this scikit-learn and this limit."""
    wanted = f"{sklearn.__version__} {sys.version_info[:2]} {limit:g}".encode()
    kept = cache / f"{hashlib.sha256(path.read_bytes() + wanted).hexdigest()}.json"
    if kept.is_file():
        return Pooled(**json.loads(kept.read_text(encoding="utf-8")))
    with _scratch(path) as script:
        started = time.monotonic()
        done = _process([sys.executable, script.name], script.parent, limit)
        found = Pooled(
            done is not None and done.returncode == 0,
            round(time.monotonic() - started, 1),
            f"did not end within {limit:g} s" if done is None else _last_line(done.stderr),
        )
    cache.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def run_converted(path: Path, name: str, text: bytes, left: int, limit: float) -> Ran:
    """Verify a conversion against its script."""
    with _scratch(path) as script:
        target = conversion_path(script)
        target.write_bytes(text)
        command = [sys.executable, "-m", "fedmigrate", "verify", "--format", "json"]
        started = time.monotonic()
        done = _process([*command, script.name, target.name], script.parent, limit * _VERIFY_FACTOR)
        seconds = round(time.monotonic() - started, 1)
    if done is None:
        said = f"both runs together did not end within {limit * _VERIFY_FACTOR:g} s"
        return Ran(name, Result.TOO_SLOW, left, None, said, seconds)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return Ran(name, Result.STOPS, left, None, _last_line(done.stderr), seconds)
    return Ran(name, *_judge(answer, text, left), seconds)


def kept(run: Callable[[], Ran], file: Path) -> Ran:
    """What a file holds of a run, or the run, whose outcome the file then holds."""
    if file.is_file():
        return Ran(**json.loads(file.read_text(encoding="utf-8")))
    found = run()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def _judge(answer: dict[str, Any], text: bytes, left: int) -> tuple[Result, int, int | None, str]:
    failed = answer["failed"]
    if failed is None:
        result, said = _compared(answer)
        return result, left, None, said
    said = _last_line(failed["said"].rpartition("(exit code")[0] or failed["said"])
    if failed["script"] == answer["original"]:
        return Result.ORIGINAL_FAILS, left, failed["line"], said
    return Stops(text.decode("utf-8")).at(failed["line"]), left, failed["line"], said


def _compared(answer: dict[str, Any]) -> tuple[Result, str]:
    if answer["as_expected"]:
        return Result.AS_PROMISED, ""
    worse = [
        f"{entry['name']} at line {entry['line']}: {entry['verdict'] or entry['expected']}"
        for kind in ("fits", "scores", "lines")
        for entry in answer[kind]
        if not entry["as_expected"]
    ]
    if not worse:
        return Result.UNPROVEN, "nothing was fitted"
    more = f" (and {len(worse) - 1} more)" if len(worse) > 1 else ""
    return Result.WORSE, worse[0] + more


class Stops:
    """Where a conversion may stop, by the comments that the tool left above its lines.

    Names that a marked statement binds lead further: what reads them may stop as well, such as the
    ``fit`` of an estimator whose construction is marked.
    """

    def __init__(self, text: str) -> None:
        lines = text.splitlines()
        self._spans: list[tuple[range, ast.stmt, bool]] = []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.stmt):
                self._spans.append((_header(node), node, _is_marked(lines, node)))
        self._leads = self._follow()

    def at(self, line: int | None) -> Result:
        here = [(node, marked) for span, node, marked in self._spans if line in span]
        if any(marked for _, marked in here):
            return Result.STOPS_AS_TOLD
        if any(self._leads & _names(node, ast.Load) for node, _ in here):
            return Result.STOPS_BEHIND
        return Result.STOPS

    def _follow(self) -> set[str]:
        found: set[str] = set()
        while True:
            more = {
                name
                for _, node, marked in self._spans
                if marked or found & _names(node, ast.Load)
                for name in _names(node, ast.Store)
            }
            if more <= found:
                return found
            found |= more


def _header(node: ast.stmt) -> range:
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        return range(node.lineno, max(body[0].lineno, node.lineno + 1))
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _is_marked(lines: Sequence[str], node: ast.stmt) -> bool:
    above = node.lineno - 2
    while above >= 0 and lines[above].lstrip().startswith("#"):
        if _MARK.match(lines[above]):
            return True
        above -= 1
    return False


def _names(node: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    parts = [node] if not getattr(node, "body", None) else _header_parts(node)
    return {
        word.id if isinstance(word, ast.Name) else word.attr
        for part in parts
        for word in ast.walk(part)
        if isinstance(word, ast.Name | ast.Attribute) and isinstance(word.ctx, context)
    }


def _header_parts(node: ast.stmt) -> list[ast.AST]:
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A copy of a script's folder, for one run, that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="real-scripts-") as folder:
        to = Path(folder, "run")
        if sum(_sizes(path.parent)) <= _LARGEST_FOLDER:
            shutil.copytree(path.parent, to)
        else:
            to.mkdir()
            shutil.copy(path, to)
        yield to / path.name


def _sizes(folder: Path) -> Iterator[int]:
    return (entry.stat().st_size for entry in folder.rglob("*") if entry.is_file())


def _process(
    command: Sequence[str], folder: Path, limit: float
) -> subprocess.CompletedProcess[str] | None:
    """Run a command in a process group of its own, which ends with it; None if it takes longer."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _environment(folder: Path) -> dict[str, str]:
    """No network as far as a proxy can refuse it, no windows, no data sets of earlier runs."""
    proxies = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
    return {
        **os.environ,
        **dict.fromkeys((*proxies, *map(str.upper, proxies)), _REFUSING_PROXY),
        "no_proxy": "",
        "MPLBACKEND": "Agg",
        "PYTHONWARNINGS": "ignore",
        "SCIKIT_LEARN_DATA": str(folder.parent / "datasets"),
        "LOKY_MAX_CPU_COUNT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[\w.]+(Error|Exception|Warning|Exit)\b", line)]
    return (named or lines or ["no output"])[-1][:300]
