"""The totals of a report follow from its entries."""

from __future__ import annotations

import pytest

from fedmigrate.inventory.values import Obstacle, Report, ScriptEntry, State

FOREST = Obstacle("FM202", "sklearn.ensemble.RandomForestClassifier")
PLOT = Obstacle("FM302", "matplotlib")


def left(path: str, **sites: int) -> ScriptEntry:
    by_name = {"forest": FOREST, "plot": PLOT}
    obstacles = {by_name[name]: count for name, count in sites.items()}
    codes = {by_name[name].code: count for name, count in sites.items()}
    return ScriptEntry(path, State.LEFT, left=codes, obstacles=obstacles)


def test_an_obstacle_unlocks_the_scripts_that_meet_no_other() -> None:
    report = Report((left("a", forest=1), left("b", forest=2, plot=3), left("c", plot=5)))
    plot, forest = report.obstacles
    assert (plot.obstacle, plot.files, plot.sites, plot.unlocks) == (PLOT, 2, 8, 1)
    assert (forest.obstacle, forest.files, forest.sites, forest.unlocks) == (FOREST, 2, 3, 1)


def test_obstacles_are_ranked_by_what_they_unlock_then_by_what_they_block() -> None:
    both = [left(name, forest=1, plot=9) for name in "abc"]
    assert Report((*both, left("d", forest=1))).obstacles[0].obstacle == FOREST
    assert Report((*both, left("d", plot=1))).obstacles[0].obstacle == PLOT


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), 0),
        ((State.SKIPPED, State.FEDERATED), 0),
        ((State.CLEAN, State.NOTES), 0),
        ((State.CLEAN, State.LEFT), 1),
        ((State.LEFT, State.UNREADABLE), 2),
        ((State.FAILED,), 2),
    ],
)
def test_the_worst_script_decides_the_exit_code(states: tuple[State, ...], code: int) -> None:
    assert Report(tuple(ScriptEntry(str(state), state) for state in states)).exit_code == code


def test_totals_add_up_and_begin_with_the_most_frequent() -> None:
    one = ScriptEntry("a", State.NOTES, {"exact": 1, "source": 2}, notes={"FM115": 1})
    report = Report((one, one, left("c", plot=1)))
    assert list(report.converted.items()) == [("source", 4), ("exact", 2)]
    assert report.notes == {"FM115": 2}
    assert report.sites == 7
    assert report.training == 3
