"""Which two scripts are compared: files as given, or a script and the conversion it would get."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fedmigrate.configuration import settings_for
from fedmigrate.convert import Conversion, convert, convert_project
from fedmigrate.errors import UsageError
from fedmigrate.generated import conversion_path, imports_runtime, original_path, read_options
from fedmigrate.partition import partitioned
from fedmigrate.plan import Options, SiteKind, Verdict
from fedmigrate.project import Projects, absolute
from fedmigrate.scripts import read_bytes
from fedmigrate.source import Source, Span, decode, read


@dataclass(frozen=True)
class Pair:
    """A script and its conversion.

    Parameters
    ----------
    original, conversion : Source
        The conversion's path need not exist: it is where the file would be.
    written : bool
        Whether the conversion is a file.
    stale : bool
        Whether that file is not what the script is converted to today.
    loads : tuple of Span
        Where the original loads rows that the conversion loads at the parties, for taking a
        sample of them.
    dropped : tuple of Span
        Statements of the original that only show rows, and that the conversion does without.
    modules : tuple of Path
        Modules of the script's own, and their conversions: fits may be made there.
    modules_load : bool
        Whether any of them loads rows.
    """

    original: Source
    conversion: Source
    written: bool
    stale: bool
    loads: tuple[Span, ...]
    dropped: tuple[Span, ...] = ()
    modules: tuple[Path, ...] = ()
    modules_load: bool = False


def find_pair(paths: tuple[str, ...]) -> Pair:
    """The scripts that the arguments of ``verify`` mean.

    Raises
    ------
    UsageError
        If the script is a conversion itself or holds nothing to convert, or if what it is to be
        compared with is no conversion.
    SourceError
        If one cannot be read or parsed.
    """
    script = Path(paths[0])
    original = read(script)
    if imports_runtime(original.tree):
        name = original_path(script)
        hint = f": did you mean `fedmigrate verify {name}`?" if name else ""
        raise UsageError(f"{script} is federated already{hint}")
    target = Path(paths[1]) if len(paths) == 2 else conversion_path(script)
    written = len(paths) == 2 or target.is_file()
    existing = read(target) if written else None
    if existing is not None and not imports_runtime(existing.tree):
        raise UsageError(f"{target} is not federated: it does not import fedruntime")
    options = _options(script, existing)
    if options.epsilon is not None:
        raise UsageError(
            f"{target} trains under a privacy budget: its models differ from the original's by the "
            "noise that it adds on purpose, and a run uses up budget; to compare the two, convert "
            "the script without --epsilon into another file"
        )
    fresh, together = _convert(script, original, options)
    if existing is None and not fresh.changed:
        raise UsageError(f"{script} holds nothing to convert, so there is nothing to compare")
    conversion = existing or decode(fresh.data, str(target))
    dropped = dict.fromkeys(s.span for s in fresh.plan.sites if s.verdict is Verdict.DROPPED)
    stale = conversion.encode(conversion.original) != fresh.data
    return Pair(
        original,
        conversion,
        written,
        stale,
        _loads(fresh),
        tuple(dropped),
        tuple(path for module in together for path in (module, conversion_path(module))),
        any(_loads(found) for found in together.values()),
    )


def _loads(conversion: Conversion) -> tuple[Span, ...]:
    return tuple(
        site.span
        for site in conversion.plan.sites
        if site.kind is SiteKind.SOURCE and site.verdict is Verdict.CONVERTED
    )


def _convert(
    script: Path, original: Source, options: Options
) -> tuple[Conversion, dict[Path, Conversion]]:
    """The conversion that a script would get today, and those of its modules.

    Raises
    ------
    UsageError
        If conversions of its modules are missing or stale: they are files that it imports.
    """
    path = absolute(script)
    project = Projects().of(script)
    if project is None or path not in project.sources:
        return convert(original, options), {}
    conversions = convert_project(project, options)
    modules = {module: conversions[module] for module in project.behind(path)}
    for module, found in modules.items():
        target = conversion_path(module)
        if found.changed and not (target.is_file() and read_bytes(target) == found.data):
            raise UsageError(
                f"{script} imports {project.sources[module].path}, whose conversion is missing or "
                f"out of date: `fedmigrate convert {script}` writes both"
            )
    return conversions[path], modules


def _options(script: Path, existing: Source | None) -> Options:
    found = None
    if existing is not None:
        found = read_options(existing.encode(existing.original), existing.path)
    settings = settings_for(script)
    return partitioned(settings.options(script, found or Options()), script, settings.said)
