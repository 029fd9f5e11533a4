"""What a report holds: one entry a script, and the totals that follow from the entries.

Names of classes, functions and files only; never text or values that a script holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property


class State(str, Enum):
    """What becomes of a script."""

    CLEAN = "clean"
    NOTES = "notes"  # converted, with something to know
    LEFT = "left"  # a person has to act somewhere
    UNREADABLE = "unreadable"
    FAILED = "failed"  # an error of the tool
    FEDERATED = "federated"  # imports the runtime already
    SKIPPED = "skipped"  # holds nothing to convert


@dataclass(frozen=True, order=True)
class Obstacle:
    """What stands in the way of a site, the same for every script that meets it.

    Parameters
    ----------
    code : str
        The diagnostic.
    construct : str
        What it is about, such as the name of a class; empty where only the code is shared.
    """

    code: str
    construct: str


@dataclass(frozen=True)
class ScriptEntry:
    """One script.

    Parameters
    ----------
    path : str
    state : State
    converted : mapping of str to int
        Sites that are converted, by exactness for estimators and by kind for the rest.
    left : mapping of str to int
        Sites that need a person, by the diagnostic that is named first.
    other : mapping of str to int
        The remaining sites, by verdict.
    obstacles : mapping of Obstacle to int
        How many sites each stands in the way of; a site may meet several.
    notes : mapping of str to int
        Findings about what is converted, by diagnostic.
    problem : str
        Why it could not be read or looked at; empty otherwise.
    """

    path: str
    state: State
    converted: Mapping[str, int] = field(default_factory=Counter)
    left: Mapping[str, int] = field(default_factory=Counter)
    other: Mapping[str, int] = field(default_factory=Counter)
    obstacles: Mapping[Obstacle, int] = field(default_factory=Counter)
    notes: Mapping[str, int] = field(default_factory=Counter)
    problem: str = ""

    @property
    def matters(self) -> bool:
        """Whether it holds something to convert."""
        return self.state in (State.CLEAN, State.NOTES, State.LEFT)

    @property
    def sites(self) -> int:
        return sum(map(sum, (self.converted.values(), self.left.values(), self.other.values())))


@dataclass(frozen=True)
class ObstacleRow:
    """How much an obstacle blocks.

    Parameters
    ----------
    sites, files : int
        That meet it.
    unlocks : int
        Files that would need nobody if only this obstacle were gone.
    """

    obstacle: Obstacle
    sites: int
    files: int
    unlocks: int


@dataclass(frozen=True)
class Report:
    """Everything that is said about a code base.

    Parameters
    ----------
    entries : tuple of ScriptEntry
        In the order in which the scripts were found, which does not depend on how many processes
        looked at them.
    """

    entries: tuple[ScriptEntry, ...]

    @cached_property
    def states(self) -> Mapping[State, int]:
        """Files by state, every state there is."""
        found = Counter(entry.state for entry in self.entries)
        return {state: found[state] for state in State}

    @property
    def training(self) -> int:
        """Scripts with something to convert."""
        return sum(entry.matters for entry in self.entries)

    @property
    def sites(self) -> int:
        return sum(entry.sites for entry in self.entries)

    @cached_property
    def converted(self) -> Mapping[str, int]:
        return self._total(lambda entry: entry.converted)

    @cached_property
    def left(self) -> Mapping[str, int]:
        return self._total(lambda entry: entry.left)

    @cached_property
    def other(self) -> Mapping[str, int]:
        return self._total(lambda entry: entry.other)

    @cached_property
    def notes(self) -> Mapping[str, int]:
        return self._total(lambda entry: entry.notes)

    @cached_property
    def obstacles(self) -> tuple[ObstacleRow, ...]:
        """What stands in the way: first what unlocks most files, then what most files meet."""
        sites: Counter[Obstacle] = Counter()
        files: Counter[Obstacle] = Counter()
        alone: Counter[Obstacle] = Counter()
        for entry in self.entries:
            sites.update(entry.obstacles)
            files.update(entry.obstacles.keys())
            if len(entry.obstacles) == 1:
                alone.update(entry.obstacles.keys())
        rows = (ObstacleRow(one, sites[one], files[one], alone[one]) for one in files)
        return tuple(
            sorted(rows, key=lambda row: (-row.unlocks, -row.files, -row.sites, row.obstacle))
        )

    @property
    def exit_code(self) -> int:
        """0 nothing is left for a person, 1 something is, 2 a script could not be looked at."""
        if self.states[State.UNREADABLE] or self.states[State.FAILED]:
            return 2
        return 1 if self.states[State.LEFT] else 0

    def _total(self, counts: Callable[[ScriptEntry], Mapping[str, int]]) -> Mapping[str, int]:
        return _sorted(map(counts, self.entries))


def _sorted(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
