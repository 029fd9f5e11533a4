"""Looking at many scripts at once: in processes of their own, whose number changes no answer.

A script on which the tool fails is an entry that says so; the others are looked at all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from fedmigrate.batch import Together, preview
from fedmigrate.configuration import settings_for
from fedmigrate.errors import SettingsError
from fedmigrate.inventory.entry import crashed, died, entry_of
from fedmigrate.inventory.values import Report, ScriptEntry
from fedmigrate.project import absolute
from fedmigrate.scripts import python_files

_ALONE = 8
"""Fewer scripts than this are looked at sooner than a second process has started."""

_LARGEST_TASK = 16
"""Neighbours are looked at in one process, as they share modules; yet progress should be seen."""

Script = tuple[Path, bool]
"""A script, and whether it was found in a folder and not named."""

Progress = Callable[[int, int], None]
"""Told how many scripts of how many are done."""

_together = Together()
"""What this process has converted; modules that several scripts share are converted once."""


def collect(paths: Iterable[Path], jobs: int, progress: Progress) -> Report:
    """Look at scripts, and at every script in folders.

    Parameters
    ----------
    jobs : int
        Processes; at least 1.
    progress : callable
        Called with the number of scripts that are done and of those there are.

    Raises
    ------
    SettingsError
        If a project's settings cannot be used; they concern all of its scripts.
    """
    scripts = list(_find(paths))
    for folder in {path.parent: path for path, _ in scripts}.values():
        settings_for(folder)
    if jobs == 1 or len(scripts) < _ALONE:
        entries = _look_here(scripts, progress)
    else:
        entries = _look_in_processes(scripts, jobs, progress)
    return Report(tuple(entries))


def _find(paths: Iterable[Path]) -> Iterator[Script]:
    seen = set[Path]()
    for path in paths:
        in_folder = path.is_dir()
        for script in python_files(path) if in_folder else (path,):
            if (place := absolute(script)) not in seen:
                seen.add(place)
                yield script, in_folder


def _look_here(scripts: Sequence[Script], progress: Progress) -> Iterator[ScriptEntry]:
    for done, script in enumerate(scripts, 1):
        yield _look(script)
        progress(done, len(scripts))


def _look_in_processes(
    scripts: Sequence[Script], jobs: int, progress: Progress
) -> Iterator[ScriptEntry]:
    size = max(1, min(_LARGEST_TASK, len(scripts) // (jobs * 4)))
    tasks = [scripts[start : start + size] for start in range(0, len(scripts), size)]
    found: dict[int, Sequence[ScriptEntry]] = {}
    done = 0
    with ProcessPoolExecutor(min(jobs, len(tasks))) as pool:
        futures: dict[Future[list[ScriptEntry]], int] = {
            pool.submit(_look_at_all, task): number for number, task in enumerate(tasks)
        }
        for future in as_completed(futures):
            number = futures[future]
            try:
                found[number] = future.result()
            except BrokenProcessPool:
                continue  # one of the scripts took its process along: told apart below
            done += len(tasks[number])
            progress(done, len(scripts))
    for number, task in enumerate(tasks):
        yield from found[number] if number in found else map(_look_apart, task)


def _look_apart(script: Script) -> ScriptEntry:
    with ProcessPoolExecutor(1) as pool:
        try:
            return pool.submit(_look, script).result()
        except BrokenProcessPool:
            return died(script[0])


def _look_at_all(scripts: Sequence[Script]) -> list[ScriptEntry]:
    return [_look(script) for script in scripts]


def _look(script: Script) -> ScriptEntry:
    path, in_folder = script
    try:
        return entry_of(path, preview(path, _together, in_folder=in_folder))
    except SettingsError:
        raise
    except Exception as error:  # an error of the tool must not cost the other scripts' answers
        return crashed(path, error)
