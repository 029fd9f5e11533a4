"""Converting many scripts: each is read, converted, and written, compared or only shown.

One outcome a script, given as soon as it is known; a script that fails does not end the others.
What is printed about outcomes is up to ``report``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from fedmigrate.configuration import settings_for
from fedmigrate.convert import Conversion, convert, convert_project
from fedmigrate.errors import MigrateError, SettingsError, SourceError, UsageError
from fedmigrate.gate import worth_parsing
from fedmigrate.generated import conversion_path, is_generated, original_path, read_options
from fedmigrate.partition import NOTHING_SAID, Partition, check_asked, partitioned, require_use
from fedmigrate.plan import Options, Site
from fedmigrate.project import Project, Projects, absolute
from fedmigrate.scripts import check_target, python_files, read_bytes
from fedmigrate.source import decode, write

STDIN = "-"
UNNAMED = "<stdin>"
"""What standard input is called where the user gave it no name."""


class Mode(str, Enum):
    WRITE = "write"
    SHOW = "show"  # print the code or a patch
    CHECK = "check"


class Status(str, Enum):
    WRITTEN = "written"
    SHOWN = "shown"
    CURRENT = "current"
    STALE = "stale"
    MISSING = "missing"
    NOTHING = "nothing"  # holds nothing that can be converted
    FEDERATED = "federated"  # imports the runtime already
    FAILED = "failed"


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Parameters
    ----------
    paths : tuple of str
        Scripts and folders; ``-`` alone for standard input.
    mode : Mode
    parties, split, drop_displays : optional
        As given; a check takes what is not given from the conversion that is there.
    output : str, optional
        Where to write the conversion of a single script.
    stdin_name : str, optional
        What standard input is called.
    epsilon, delta : float, optional
        Of the privacy budget; as given, like ``parties``.
    partition : Partition
        As given.
    """

    paths: tuple[str, ...]
    mode: Mode
    parties: tuple[str, ...] | None = None
    split: str | None = None
    drop_displays: bool | None = None
    output: str | None = None
    stdin_name: str | None = None
    epsilon: float | None = None
    delta: float | None = None
    partition: Partition = NOTHING_SAID

    def options(self, earlier: Options) -> Options:
        return replace(
            earlier,
            parties=self.parties or earlier.parties,
            split=self.split or earlier.split,
            drop_displays=self.drop_displays or earlier.drop_displays,
            epsilon=self.epsilon or earlier.epsilon,
            delta=self.delta or earlier.delta,
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one script, or why it failed.

    Parameters
    ----------
    path : str
        The script, or the folder that holds none.
    status : Status
    named : bool
        Whether the user named it, rather than a folder that it lies in.
    target : Path, optional
        Where the conversion belongs; none for standard output.
    conversion : Conversion, optional
        None where it failed.
    error : MigrateError, optional
        Why it failed.
    """

    path: str
    status: Status
    named: bool
    target: Path | None = None
    conversion: Conversion | None = None
    error: MigrateError | None = None

    @property
    def unresolved(self) -> tuple[Site, ...]:
        """The sites that a person has to look at."""
        return self.conversion.unresolved if self.conversion is not None else ()


def run(request: Request, stdin: BinaryIO) -> Iterator[Outcome]:
    """Convert everything that is asked for.

    Raises
    ------
    UsageError
        Before anything is read, if the arguments do not fit together.
    """
    _validate(request)
    if request.paths == (STDIN,):
        yield _outcome(request, None, stdin, Together())
        return
    together, done = Together(), set[Path]()
    for name in request.paths:
        path = Path(name)
        if path.is_dir():
            yield from _run_folder(request, path, stdin, together, done)
        elif (script := _script(request, path)) not in done:
            done.add(script)
            yield _outcome(request, script, stdin, together)
            yield from _run_modules(request, script, stdin, together, done)


def preview(path: Path, together: Together, *, in_folder: bool) -> Outcome:
    """What would become of one script; nothing is written.

    Parameters
    ----------
    together : Together
        What was converted before; the same one for scripts that may belong together.
    in_folder : bool
        Whether the script was found in a folder, where settings may exclude it, and not named.
    """
    request = Request((str(path),), Mode.SHOW)
    return _outcome(request, path, BytesIO(), together, named=False, in_folder=in_folder)


def exit_code(outcomes: Iterable[Outcome], mode: Mode) -> int:
    """0 fine, 1 a person is needed, 2 something could not be read or written.

    A check answers whether conversions are up to date, and nothing else: findings that stay in an
    up-to-date conversion were shown when it was written.
    """
    worst, checking = 0, mode is Mode.CHECK
    for outcome in outcomes:
        if outcome.status is Status.FAILED:
            return 2
        behind = outcome.status in (Status.STALE, Status.MISSING)
        if behind or (not checking and outcome.unresolved):
            worst = 1
    return worst


def _validate(request: Request) -> None:
    check_asked(request.partition, request.split)
    several = len(request.paths) > 1
    if STDIN in request.paths:
        if several:
            raise UsageError("`-` (standard input) cannot be combined with other inputs")
        if request.mode is Mode.CHECK:
            raise UsageError("--check compares files; it does not read standard input")
    if request.output is not None and (several or Path(request.paths[0]).is_dir()):
        raise UsageError("-o names one file, so it takes one script")


class Together:
    """What is converted together with other files, so that it is done once a run."""

    def __init__(self) -> None:
        self._projects = Projects()
        self._conversions: dict[tuple[int, Options], dict[Path, Conversion]] = {}

    def project(self, path: Path) -> Project | None:
        return self._projects.of(path)

    def convert(self, path: Path, data: bytes, name: str, options: Options) -> Conversion:
        project = self.project(path)
        if project is None or absolute(path) not in project.sources:
            return convert(decode(data, name), options)
        key = id(project), options
        if key not in self._conversions:
            self._conversions[key] = convert_project(project, options)
        return self._conversions[key][absolute(path)]


def _run_modules(
    request: Request, script: Path, stdin: BinaryIO, together: Together, done: set[Path]
) -> Iterator[Outcome]:
    """The modules that a script leads to, as far as they are converted with it."""
    project = together.project(script)
    if project is None or absolute(script) not in project.sources:
        return
    modules = replace(request, output=None) if request.output != STDIN else request
    for module in project.behind(absolute(script)):
        path = Path(project.sources[module].path)
        if path not in done:
            done.add(path)
            outcome = _outcome(modules, path, stdin, together, named=False)
            if outcome.status is not Status.NOTHING or outcome.unresolved:
                yield outcome


def _run_folder(
    request: Request, folder: Path, stdin: BinaryIO, together: Together, done: set[Path]
) -> Iterator[Outcome]:
    found = False
    for path in python_files(folder):
        if path in done:
            continue
        outcome = _outcome(request, path, stdin, together, named=False, in_folder=True)
        if outcome.status is Status.NOTHING and outcome.conversion is None:
            continue  # ruled out by its bytes, like most files of a folder, or by the settings
        done.add(path)
        found = found or outcome.status is not Status.NOTHING or bool(outcome.unresolved)
        yield outcome
    if not found:
        nothing = SourceError("FM905", str(folder), "holds no script that trains with scikit-learn")
        yield Outcome(str(folder), Status.FAILED, named=True, error=nothing)


def _script(request: Request, path: Path) -> Path:
    """The script to convert; in a check, a conversion stands for the script it comes from."""
    original = original_path(path)
    if request.mode is not Mode.CHECK or original is None or not original.is_file():
        return path
    try:
        return original if is_generated(read_bytes(path)) else path
    except SourceError:
        return path  # reading it again, as a script, reports what is wrong


def _outcome(
    request: Request,
    path: Path | None,
    stdin: BinaryIO,
    together: Together,
    *,
    named: bool = True,
    in_folder: bool = False,
) -> Outcome:
    name = request.stdin_name or UNNAMED if path is None else str(path)
    try:
        data = stdin.read() if path is None else read_bytes(path)
        alone = path is None or together.project(path) is None
        if alone and (request.mode is Mode.CHECK or not named) and not worth_parsing(data):
            return Outcome(name, Status.NOTHING, named)
        if in_folder and path is not None and settings_for(path).excludes(path):
            return Outcome(name, Status.NOTHING, named)
        return _convert(request, path, name, data, named, together)
    except SettingsError:
        raise  # of the project and so of every script: said once
    except MigrateError as error:
        return Outcome(name, Status.FAILED, named, error=error)


def _convert(
    request: Request, path: Path | None, name: str, data: bytes, named: bool, together: Together
) -> Outcome:
    target = _target(request, path)
    checking = request.mode is Mode.CHECK
    there = _read_if_there(target) if checking and target is not None else None
    earlier = read_options(there, str(target)) if there is not None else None
    place = path or Path(request.stdin_name or UNNAMED)
    settings = settings_for(place)
    options = request.options(settings.options(place, earlier or Options()))
    options = partitioned(options, place, request.partition, settings.said)
    require_use(request.partition, options)
    if path is None:
        conversion = convert(decode(data, name), options)
    else:
        conversion = together.convert(path, data, name, options)
    done = partial(Outcome, name, named=named, target=target, conversion=conversion)
    if conversion.was_converted:
        return done(Status.FEDERATED)
    if not conversion.changed:
        return done(Status.NOTHING)
    if checking:
        if there is None:
            return done(Status.MISSING)
        return done(Status.CURRENT if there == conversion.data else Status.STALE)
    if request.mode is Mode.SHOW or target is None:
        return done(Status.SHOWN)
    check_target(target, path)
    if _read_if_there(target) != conversion.data:
        write(target, conversion.data)
    return done(Status.WRITTEN)


def _target(request: Request, path: Path | None) -> Path | None:
    if request.output is not None:
        return None if request.output == STDIN else Path(request.output)
    return conversion_path(path) if path is not None else None


def _read_if_there(path: Path) -> bytes | None:
    return read_bytes(path) if path.is_file() else None
