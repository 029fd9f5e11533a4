"""The analysis of one script from its source to its sites."""

from __future__ import annotations

from pathlib import Path

from fedmigrate.analysis.across import across_functions, assess_across
from fedmigrate.analysis.assessment import assess
from fedmigrate.analysis.columns import note_columns
from fedmigrate.analysis.conversions import Analysis, follow_conversions
from fedmigrate.analysis.expressions import evaluate
from fedmigrate.analysis.findings import Findings
from fedmigrate.analysis.invocation import invoke, sklearn_base
from fedmigrate.analysis.magics import with_magics
from fedmigrate.analysis.memory import without_collecting
from fedmigrate.analysis.modules import follow_module
from fedmigrate.analysis.shares import find_shares
from fedmigrate.analysis.sites import decide
from fedmigrate.analysis.state import State
from fedmigrate.analysis.statements import run
from fedmigrate.analysis.survey import Survey, survey
from fedmigrate.analysis.traps import Trap, find_traps, notices
from fedmigrate.analysis.values import Function, Instance
from fedmigrate.errors import SourceError
from fedmigrate.plan import Options, Share
from fedmigrate.project import Project
from fedmigrate.source import Source

_HORIZONTAL = Options()


@without_collecting()
def analyse(source: Source, options: Options = _HORIZONTAL) -> Analysis:
    """Decide every site of a script that stands alone.

    Parameters
    ----------
    options : Options
        Of which the partition decides what has a counterpart.

    Raises
    ------
    SourceError
        FM901 where it cannot be parsed or is nested too deeply to be followed.
    """
    found = survey(source.tree)
    if _is_federated(found):
        return Analysis((), None, frozenset(found.names))
    state = State(run, evaluate, displayed=source.displayed)
    state.modules[None] = state.frame
    try:
        state.run(state, source.tree.body)
        _follow_uncalled(state)
        traps = _traps(state, options)
        return _decided(source, found, state, state.findings, traps, options)
    except RecursionError as error:
        raise SourceError("FM901", source.path, "is nested too deeply to be followed") from error


@without_collecting()
def analyse_project(project: Project, options: Options = _HORIZONTAL) -> dict[Path, Analysis]:
    """Decide every site of every member of a project; ``options`` are those of ``analyse``.

    Whatever a script does with a function of another file decides about that file, too: rows, and
    estimators, may come from there.

    Raises
    ------
    SourceError
        FM901 where the files are nested too deeply to be followed.
    """
    surveys = {path: survey(source.tree) for path, source in project.sources.items()}
    displayed = frozenset().union(*(source.displayed for source in project.sources.values()))
    state = State(run, evaluate, project=project, displayed=displayed)
    try:
        for path in (*project.entries, *project.sources):
            if not _is_federated(surveys[path]):
                follow_module(state, path)
        _follow_uncalled(state)
        traps = _traps(state, options)
        analyses = {
            path: _decided(
                source,
                surveys[path],
                state,
                state.findings.within(source.tree),
                traps,
                options,
            )
            for path, source in project.sources.items()
        }
    except RecursionError as error:
        first = next(iter(project.sources.values()))
        raise SourceError("FM901", first.path, "is nested too deeply to be followed") from error
    return follow_conversions(project, analyses, state.findings)


def _is_federated(found: Survey) -> bool:
    return "fedruntime" in found.imported


def _traps(state: State, options: Options) -> list[Trap]:
    found = list(find_traps(state.history, state.findings))
    if options.vertical is not None:
        found += note_columns(state, options.vertical, options.parties)
    return found


def _decided(
    source: Source,
    found: Survey,
    state: State,
    findings: Findings,
    traps: list[Trap],
    options: Options,
) -> Analysis:
    vertical = options.vertical
    shares: tuple[Share, ...] = ()
    decided = decide(source, found, findings, assess if vertical is None else assess_across)
    if vertical is not None:
        decided = tuple(map(across_functions, decided))
        shares = find_shares(state, source.tree, vertical, options.parties)
    sites, unfollowed = with_magics(source, decided)
    told = (*notices(source, found, traps), *unfollowed)
    return Analysis(sites, findings.label, frozenset(found.names), told, shares)


def _follow_uncalled(state: State) -> None:
    """Follow functions that nothing in the script calls, without knowing their arguments."""
    owners = {
        value.node: node
        for node, body in list(state.classes.items())
        for layer in body.frame.layers
        for value in layer.values()
        if isinstance(value, Function)
    }
    done: set[object] = set()
    while pending := [node for node in state.defined if node not in done]:
        for node in pending:
            done.add(node)
            if node in state.visits:
                continue
            function = state.defined[node]
            owner = owners.get(node)
            if owner is not None:
                if sklearn_base(state, owner) is not None:
                    continue  # scikit-learn calls these, with whatever its own fit is given
                function = Function(node, function.frame, Instance(owner))
            invoke(state, function, None)
