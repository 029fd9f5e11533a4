"""The results of ``real_scripts`` as text and as a page; draws from its JSON alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_CONVERTED = "converted"
_REFUSED = "refused for a stated mathematical reason"
_FOREIGN = "not scikit-learn's, left alone"
_ENDS = "runs to the end"
_AS_PROMISED = "runs to the end, as promised"
_STOPS_ELSEWHERE = "stops elsewhere"
_WORSE = "runs to the end, worse than promised"

_PAGE = """\
# Real scripts

What the tool makes of scripts that nobody here wrote: the examples in scikit-learn's source
distribution. This page is written by the benchmark; nothing in it is typed by hand. The command:

    python benchmarks/real_scripts.py --run{whole} --jobs 2 --page docs/real-scripts.md

`--scripts FOLDER` takes any other folder. Scripts and conversions run in processes of their own, in
a scratch copy of their folder, with one BLAS thread and a proxy that refuses; a script counts if it
runs unmodified, so without a network, within the time limit. Conversions run with
`--drop-displays`: statements that only show rows become comments, as their diagnostics ask.
"""


@dataclass(frozen=True)
class Measure:
    """A count out of a total, and the share that it has to reach, if there is one."""

    what: str
    count: int
    of: int | None = None
    bar: float | None = None
    must_be_zero: bool = False

    @property
    def met(self) -> bool | None:
        if self.must_be_zero:
            return self.count == 0
        if self.bar is None or not self.of:
            return None
        return self.count >= self.bar * self.of

    @property
    def cells(self) -> tuple[str, str, str, str]:
        count = str(self.count) if self.of is None else f"{self.count} of {self.of}"
        share = f"{100 * self.count / self.of:.1f} %" if self.of else ""
        bar = "0" if self.must_be_zero else "" if self.bar is None else f"{100 * self.bar:g} %"
        met = {None: "", True: "yes", False: "NO"}[self.met]
        return self.what, f"{count} {share}".strip(), bar, met


def as_text(answer: Mapping[str, Any]) -> str:
    """For a terminal: the figures, then what fails."""
    rows = [("", "count", "bar", "met"), *(one.cells for one in measures(answer))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for title, entries in failures(answer):
        lines += ["", f"{title} ({len(entries)})", *(f"  {entry}" for entry in entries)]
    return "\n".join(lines) + "\n"


def as_page(answer: Mapping[str, Any]) -> str:
    """For the documentation: the same in Markdown."""
    runs = answer["runs"]
    whole = runs is not None and runs["tried"] < runs["with_conversion"]
    page = _PAGE.format(whole=" --whole" if whole else "")
    if whole:
        page += "With `--whole`, conversions in part are not run.\n"
    lines = [page, f"Measured with scikit-learn {answer['scikit-learn']}.", ""]
    lines += ["| | count | bar | met |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(one.cells)} |" for one in measures(answer)]
    for title, entries in failures(answer):
        lines += ["", f"## {title[0].upper()}{title[1:]}", ""]
        lines += [f"- {_escaped(entry)}" for entry in entries]
    return "\n".join(lines) + "\n"


def measures(answer: Mapping[str, Any]) -> Iterator[Measure]:
    """Every figure, in the order of the page."""
    verdicts = answer["verdicts"]
    yield Measure("scripts", verdicts["files"])
    yield Measure("scripts that cannot be parsed", len(verdicts["unreadable"]))
    yield Measure("crashes", len(verdicts["crashes"]), must_be_zero=True)
    sites = verdicts["sites"]
    yield Measure("sites", sites)
    yield Measure("sites with a verdict", verdicts["sites_with_verdict"], sites, 1.0)
    foreign = len(verdicts["foreign_converted"])
    yield Measure("sites of other libraries converted", foreign, must_be_zero=True)
    yield from _supervised(verdicts["supervised"])
    if answer["runs"] is not None:
        yield from _runs(answer["runs"])


def _supervised(sites: Sequence[Mapping[str, Any]]) -> Iterator[Measure]:
    ours = [site for site in sites if site["heading"] != _FOREIGN]
    headings = Counter(site["heading"] for site in ours)
    classes = Counter(
        site["exactness"] or "as what it holds" for site in ours if site["heading"] == _CONVERTED
    )
    answered = headings[_CONVERTED] + headings[_REFUSED]
    yield Measure("supervised sites", len(ours))
    yield Measure("- converted or refused for a stated reason", answered, len(ours), 0.9)
    yield Measure("- converted", headings[_CONVERTED], len(ours))
    for name, count in sorted(classes.items()):
        yield Measure(f"- - {name}", count)
    yield Measure("- refused for a stated mathematical reason", headings[_REFUSED], len(ours))
    yield Measure("- left for other reasons", len(ours) - answered, len(ours))


def _runs(runs: Mapping[str, Any]) -> Iterator[Measure]:
    yield Measure("scripts with a conversion", runs["with_conversion"])
    yield Measure("- converted whole, displays of rows dropped", runs["converted_whole"])
    within = f"scripts tried that run offline within {runs['timeout']:g} s as they are"
    yield Measure(within, runs["usable"], runs["tried"])
    yield Measure(
        "- of these converted whole, displays of rows included", runs["clean_as_they_are"]
    )
    whole = Counter(one["result"] for one in runs["whole"])
    yield Measure("- of these converted whole, displays of rows dropped", len(runs["whole"]))
    ends = sum(count for result, count in whole.items() if result.startswith(_ENDS))
    yield Measure("- - that run to the end", ends, len(runs["whole"]), 0.9)
    yield Measure("- - that verify as promised", whole[_AS_PROMISED], len(runs["whole"]), 0.85)
    if not runs["in_part"]:
        return
    parts = Counter(one["result"] for one in runs["in_part"])
    yield Measure("- of these converted in part", len(runs["in_part"]))
    for result, count in sorted(parts.items()):
        yield Measure(f"- - {result}", count)


def failures(answer: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """What is not as it should be, under titles."""
    verdicts = answer["verdicts"]
    for title in ("crashes", "unreadable"):
        if verdicts[title]:
            yield title, [f"{one['script']}: {one['reason']}" for one in verdicts[title]]
    if verdicts["foreign_converted"]:
        yield "sites of other libraries converted", verdicts["foreign_converted"]
    yield (
        "supervised sites left for other reasons",
        _counted(
            f"{site['why'] or 'no reason'}"
            for site in verdicts["supervised"]
            if site["heading"] not in (_CONVERTED, _REFUSED, _FOREIGN)
        ),
    )
    runs = answer["runs"]
    if runs is None:
        return
    whole = [one for one in runs["whole"] if one["result"] != _AS_PROMISED]
    yield "conversions that do not run or verify as promised", [_ran(one) for one in whole]
    parts = [one for one in runs["in_part"] if one["result"] in (_STOPS_ELSEWHERE, _WORSE)]
    yield (
        "conversions in part that stop where no diagnostic leads to, or differ",
        [_ran(one) for one in parts],
    )
    yield "scripts that do not run as they are", _counted(one["said"] for one in runs["not_run"])


def _ran(one: Mapping[str, Any]) -> str:
    line = f":{one['line']} of the conversion" if one["line"] else ""
    return f"{one['script']}{line} {one['result']}: {one['said']}"


def _counted(entries: Iterator[str]) -> list[str]:
    return [f"{count} x {entry}" for entry, count in Counter(entries).most_common()]


def _escaped(entry: str) -> str:
    return " ".join(entry.split()).replace("<", "&lt;").replace("*", "\\*").replace("|", "\\|")
