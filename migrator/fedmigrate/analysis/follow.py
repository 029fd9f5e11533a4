"""The analysis of one script from its source to its sites."""

from __future__ import annotations

from dataclasses import dataclass

from fedmigrate.analysis.expressions import evaluate
from fedmigrate.analysis.invocation import invoke, sklearn_base
from fedmigrate.analysis.sites import decide
from fedmigrate.analysis.state import State
from fedmigrate.analysis.statements import run
from fedmigrate.analysis.survey import survey
from fedmigrate.analysis.values import Function, Instance
from fedmigrate.errors import SourceError
from fedmigrate.plan import Site
from fedmigrate.source import Source


@dataclass(frozen=True)
class Analysis:
    """What a script holds.

    Parameters
    ----------
    sites : tuple of Site
        In source order.
    label : str or None
        The column that is fitted to, where the script names it.
    names : frozenset of str
        Every identifier of the script.
    """

    sites: tuple[Site, ...]
    label: str | None
    names: frozenset[str]


def analyse(source: Source) -> Analysis:
    """Decide every site of a script.

    Raises
    ------
    SourceError
        FM901 where it cannot be parsed or is nested too deeply to be followed.
    """
    found = survey(source.tree)
    names = frozenset(found.names)
    if "fedruntime" in found.imported:
        return Analysis((), None, names)
    state = State(run, evaluate)
    try:
        run(state, source.tree.body)
        _follow_uncalled(state)
        sites = decide(source, found, state.findings)
    except RecursionError as error:
        raise SourceError("FM901", source.path, "is nested too deeply to be followed") from error
    return Analysis(sites, state.findings.label, names)


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
