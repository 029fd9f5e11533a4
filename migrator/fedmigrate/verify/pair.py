"""Which two scripts are compared: files as given, or a script and the conversion it would get."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fedmigrate.convert import convert
from fedmigrate.errors import UsageError
from fedmigrate.generated import conversion_path, imports_runtime, original_path, read_options
from fedmigrate.plan import Options, SiteKind, Verdict
from fedmigrate.source import Source, Span, read


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
    """

    original: Source
    conversion: Source
    written: bool
    stale: bool
    loads: tuple[Span, ...]


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
    fresh = convert(original, _options(existing))
    if existing is None and not fresh.changed:
        raise UsageError(f"{script} holds nothing to convert, so there is nothing to compare")
    conversion = existing or Source(str(target), fresh.text, original.encoding, original.bom)
    loads = tuple(
        site.span
        for site in fresh.plan.sites
        if site.kind is SiteKind.SOURCE and site.verdict is Verdict.CONVERTED
    )
    stale = conversion.encode(conversion.text) != fresh.data
    return Pair(original, conversion, written, stale, loads)


def _options(existing: Source | None) -> Options:
    found = read_options(existing.encode(existing.text)) if existing is not None else None
    return found or Options()
