"""From a script and its plan to the changes that make the conversion.

Rules say what changes, ``layout`` how changed statements break into lines, ``render`` what added
lines say and ``positions`` where they go. Here it is put together; all other characters stay.
"""

from __future__ import annotations

import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from fedmigrate.edits import Edit, apply_edits
from fedmigrate.layout import reflow
from fedmigrate.lines import LogicalLine, LogicalLines
from fedmigrate.names import fresh_names
from fedmigrate.plan import Plan, SiteKind, Verdict
from fedmigrate.positions import Positions, ends_cell_text, find_positions, header_position
from fedmigrate.render import header, init_lines
from fedmigrate.rules import Below, Change, Comment, Dropped, Import, MovedImport, all_rules
from fedmigrate.script import Script
from fedmigrate.source import Source, Span

_NEWLINE = re.compile(r"\r\n|\r|\n")
_FEDERATED = {SiteKind.SOURCE, SiteKind.ESTIMATOR}


@dataclass(frozen=True)
class Replacement:
    """New text for a range of characters; an empty range is an insertion."""

    span: Span
    text: str


def emit(source: Source, plan: Plan, taken: Set[str], origin: str) -> tuple[Replacement, ...]:
    """Everything that a conversion changes, in source order and without overlaps.

    Parameters
    ----------
    taken : set of str
        Every identifier of the script.
    origin : str
        The script's name, for the header.

    Returns
    -------
    tuple of Replacement
        Empty where the plan converts nothing: then there is no conversion to write.
    """
    converted = [site for site in plan.sites if site.verdict is Verdict.CONVERTED]
    if not converted:
        return ()
    script = Script(source, plan, fresh_names(taken), LogicalLines(source))
    changes = list(_changes(script))
    replacements = [_insertion(script, header_position(source), [header(origin)])]
    needing = [site for site in converted if site.kind is not SiteKind.MODULE] or converted
    positions = find_positions(source, script.lines, min(site.span.start for site in needing))
    replacements += _imports(script, changes, positions)
    if any(site.kind in _FEDERATED for site in converted):
        replacements.append(_setup(script, changes, positions))
    replacements += _comments(script, changes)
    replacements += _statements(script, changes)
    # Insertions at one place stand in the order of this list, above what is replaced there.
    replacements.sort(key=lambda found: (found.span.start, found.span.end > found.span.start))
    return tuple(replacements)


def apply(source: Source, replacements: Sequence[Replacement]) -> str:
    """The text with all replacements made, in what the user wrote."""
    parts: list[str] = []
    at = 0
    for replacement in replacements:
        span = replacement.span
        parts += [source.original[at : span.start], source.unmasked(span, replacement.text)]
        at = span.end
    return "".join([*parts, source.original[at:]])


def _changes(script: Script) -> Iterator[Change]:
    for rule in all_rules():
        sites = [site for site in script.plan.sites if rule.applies(site)]
        if sites:
            yield from rule.rewrite(sites, script)


def _insertion(script: Script, at: int, lines: Sequence[str]) -> Replacement:
    newline = script.source.newline
    text = "".join(line + newline for line in lines)
    return Replacement(Span(at, at), _NEWLINE.sub(newline, text))


def _imports(
    script: Script, changes: Sequence[Change], positions: Positions
) -> Iterator[Replacement]:
    """The runtime's imports in one place, and what is left where the moved ones were."""
    names: dict[str, dict[str, None]] = defaultdict(dict)
    modules: dict[str, None] = {}
    needed = [change for change in changes if isinstance(change, Import)]
    if script.plan.options.epsilon is not None and needed:
        needed.append(Import("fedruntime", "PrivacyBudget", script.names.PrivacyBudget))
    for change in needed:
        if change.name is None:
            modules[f"import {change.module}"] = None
        else:
            alias = f" as {change.alias}" if change.alias not in (None, change.name) else ""
            names[change.module][f"{change.name}{alias}"] = None
    for moved in (change for change in changes if isinstance(change, MovedImport)):
        line = script.lines.at(moved.span.start)
        in_run = line.span.start in positions.import_run
        has_comment = any(token.type == tokenize.COMMENT for token in line.tokens)
        if in_run and not moved.rest_first and not (has_comment and moved.rest is None):
            names[moved.module].update(dict.fromkeys(moved.names))
            yield _rest(script, moved, line)
        else:
            yield _in_place(script, moved)
    added = [*modules, *(_from_import(module, names[module]) for module in sorted(names))]
    if added:
        blank = [""] if positions.blank_above_imports else []
        yield _insertion(script, positions.imports, [*blank, *added])


def _from_import(module: str, names: Iterable[str]) -> str:
    # Constants, classes, functions: the order that isort and ruff keep.
    def by_type(name: str) -> tuple[int, str]:
        return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)

    return _broken(f"from {module} import {', '.join(sorted(names, key=by_type))}")


def _rest(script: Script, moved: MovedImport, line: LogicalLine) -> Replacement:
    if moved.rest is None:
        return Replacement(Span(line.span.start, script.lines.after(line)), "")
    return _replaced(script, moved.span, _broken(moved.rest))


def _in_place(script: Script, moved: MovedImport) -> Replacement:
    statements = [_broken(moved.text)] if moved.rest is None or moved.rest_first else []
    if moved.rest is not None:
        statements = [_broken(moved.text), _broken(moved.rest)]
    if moved.rest_first:
        statements.reverse()
    line = script.lines.at(moved.span.start)
    alone = line.code_start == moved.span.start and line.code_end == moved.span.end
    indent = script.indent(moved.span.start)
    separator = f"\n{indent}" if alone else "; "
    return _replaced(script, moved.span, separator.join(statements))


def _replaced(script: Script, span: Span, text: str) -> Replacement:
    return Replacement(span, _NEWLINE.sub(script.source.newline, text))


def _setup(script: Script, changes: Sequence[Change], positions: Positions) -> Replacement:
    wraps_models = any(
        isinstance(change, Import) and change.name == "FLModel" for change in changes
    )
    plan = script.plan
    lines = init_lines(script.names, plan, wraps_models)
    below = [""] * positions.blanks_below_setup
    return _insertion(script, positions.setup, ["", *map(_broken, lines), *below])


def _comments(script: Script, changes: Sequence[Change]) -> Iterator[Replacement]:
    """One line for each finding of a statement, above it, at its indentation."""
    found: dict[tuple[int, str], None] = {}
    for change in changes:
        if isinstance(change, Comment):
            if not script.source.takes_comment(change.offset):
                continue
            line = script.lines.at(change.offset)
            indent = script.source.text[line.span.start : line.code_start]
            found[line.span.start, indent + change.text] = None
    first = set[int]()
    for at, text in found:
        apart = at not in first and ends_cell_text(script.source, at)
        first.add(at)
        yield _insertion(script, at, ["", text] if apart else [text])


def _statements(script: Script, changes: Sequence[Change]) -> Iterator[Replacement]:
    """Every logical line that holds edits, with all of them made."""
    edits: dict[LogicalLine, list[Edit]] = defaultdict(list)
    dropped = [change for change in changes if isinstance(change, Dropped)]
    lines = {script.lines.at(change.span.start) for change in dropped}
    for change in changes:
        if isinstance(change, Edit) and script.lines.at(change.span.start) not in lines:
            edits[script.lines.at(change.span.start)].append(change)
    for line, found in edits.items():
        text = _edited(script, line.span, found)
        indent = script.source.text[line.span.start : line.code_start]
        below = [
            f"\n{_broken(indent + change.text)}"
            for change in changes
            if isinstance(change, Below) and script.lines.at(change.span.start) is line
        ]
        yield _replaced(script, line.span, text + "".join(below))
    for change in dropped:
        yield _replaced(script, change.span, change.text)


def _edited(script: Script, span: Span, edits: Sequence[Edit]) -> str:
    """A logical line after its edits.

    It is broken into lines anew only if it was laid out that way before: a layout of the user's
    own stays.
    """
    before = script.text(span)
    if script.source.is_masked(span):  # a magic takes no further lines
        return apply_edits(script.source.text, span, edits, keep_lines=False)
    if reflow(before) == _NEWLINE.sub("\n", before):
        again = reflow(apply_edits(script.source.text, span, edits, keep_lines=False))
        if again is not None:
            return again
    return apply_edits(script.source.text, span, edits, keep_lines=True)


def _broken(statement: str) -> str:
    """A statement of ours, broken into lines where it is too long."""
    again = reflow(statement)
    return statement if again is None else again
