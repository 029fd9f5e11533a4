"""The core: one script in, its plan and the text of its conversion out. Values only, no files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from fedmigrate.gate import worth_parsing
from fedmigrate.generated import imports_runtime, is_generated
from fedmigrate.plan import Options, Plan, Site, Verdict
from fedmigrate.source import Source

if TYPE_CHECKING:
    from fedmigrate.analysis import Analysis
    from fedmigrate.project import Project


@dataclass(frozen=True)
class Conversion:
    """What became of one script.

    Parameters
    ----------
    source : Source
    plan : Plan
    text : str
        The converted script; the source's own text where nothing is converted.
    was_converted : bool
        Whether the script is federated already, and therefore was left as it is.
    is_module : bool
        Whether other scripts that were converted with it import it.
    """

    source: Source
    plan: Plan
    text: str
    was_converted: bool = False
    is_module: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is a conversion to write."""
        return self.text != self.source.original

    @cached_property
    def data(self) -> bytes:
        return self.source.encode(self.text)

    @cached_property
    def unresolved(self) -> tuple[Site, ...]:
        """The sites that a person has to look at."""
        return tuple(site for site in self.plan.sites if site.needs_a_person)


def convert(source: Source, options: Options) -> Conversion:
    """Plan and rewrite one script.

    Raises
    ------
    SourceError
        FM901 if it cannot be parsed.
    ProofError
        If the result does not hold; see ``proof``.
    """
    tree, data = source.tree, source.encode(source.original)
    was_converted = is_generated(data) or imports_runtime(tree)
    if was_converted or not worth_parsing(data):
        plan = Plan(source.path, source.sha256, options, ())
        return Conversion(source, plan, source.original, was_converted)
    from fedmigrate.analysis import analyse

    return _planned(source, options, analyse(source, options))


def convert_project(project: Project, options: Options) -> dict[Path, Conversion]:
    """Plan and rewrite scripts together with the modules of theirs that they import.

    Raises
    ------
    SourceError, ProofError
        As ``convert``.
    """
    from fedmigrate.analysis import analyse_project

    conversions = {
        path: _planned(project.sources[path], options, analysis)
        for path, analysis in analyse_project(project, options).items()
    }
    return {
        path: replace(conversion, is_module=path not in project.entries)
        for path, conversion in conversions.items()
    }


def _planned(source: Source, options: Options, analysis: Analysis) -> Conversion:
    from fedmigrate.suppression import suppress

    sites, notices = analysis.sites, analysis.notices
    plan = Plan(
        source.path,
        source.sha256,
        options,
        sites,
        analysis.label,
        notices,
        shares=analysis.shares,
    )
    if options.epsilon is not None:
        from fedmigrate.budget import with_budget

        plan = with_budget(plan)
    plan = suppress(plan, source, frozenset(options.ignore))
    if options.drop_displays:
        from fedmigrate.dropping import drop_displays

        plan = drop_displays(plan, source)
    return convert_plan(source, plan, analysis.names)


def convert_plan(source: Source, plan: Plan, names: frozenset[str]) -> Conversion:
    """Rewrite one script by a plan that is already made.

    Parameters
    ----------
    names : frozenset of str
        Every identifier of the script.
    """
    if not any(site.verdict is Verdict.CONVERTED for site in plan.sites):
        return Conversion(source, plan, source.original)
    # Jinja, the rules and the tokenizer are paid for only here: most files need none of them.
    from fedmigrate.emit import apply, emit
    from fedmigrate.proof import prove

    text = apply(source, emit(source, plan, names, _origin(source)))
    prove(source, text)
    return Conversion(source, plan, text)


def _origin(source: Source) -> str:
    """The script's name for its conversion's header: one printable line in its encoding."""
    name = PurePath(source.path).name if source.path != "<stdin>" else "standard input"
    if not name.isprintable():
        name = ascii(name)[1:-1]
    return name.encode(source.encoding, "backslashreplace").decode(source.encoding)
