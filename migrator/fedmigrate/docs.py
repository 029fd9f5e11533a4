"""Pages of ``docs/`` that are drawn from tables in the code: ``python -m fedmigrate.docs PAGE``."""

from __future__ import annotations

import sys
from pathlib import Path

from fedmigrate.diagnostics import CODES, GIVEN, Code
from fedmigrate.errors import UsageError
from fedmigrate.support import render_table, support_rows

_HEAD = (
    """\
# Diagnostics

What `fedmigrate` says about a script, one code for each kind of finding. `fedmigrate explain CODE`
prints the same. This page is generated: change the file of the code in
`migrator/fedmigrate/diagnostics/`, then run `python -m fedmigrate.docs diagnostics`.

| codes | meaning | exit code |
|---|---|---|
| FM10x | converted; how far the federated fit may differ | 0 |
| FM11x | converted faithfully, but the script itself has a trap | 0 |
| FM12x | something about a suppression | 0 |
| FM13x | converted, and refused when it runs under a privacy budget | 0 |
| FM14x | converted for parties that have other columns, with something to know | 0 |
| FM2xx | left as it was, under a comment; a person decides | 1 |
| FM3xx | rows would reach the coordinator; left, and refused at run time | 1 |
| FM9xx | the input cannot be used; nothing is written | 2 |

A finding is accepted by `# fedmigrate: ignore[FM205]` on any line of its statement, or alone on the
line above; `# fedmigrate: ignore` accepts all of them. It is then no longer counted for the exit
code and gets no comment in the conversion; what it was said about stays as it was. Whole projects
accept findings by `ignore` and `per-file-ignores` in `[tool.fedmigrate]` of `pyproject.toml`. FM9xx
are errors and cannot be accepted.

The examples continue these lines:

```python
"""
    + GIVEN
    + "```\n"
)


def diagnostics_page() -> str:
    """The Markdown of ``docs/diagnostics.md``."""
    return _HEAD + "".join(_section(entry) for entry in CODES.values())


def _section(entry: Code) -> str:
    message = entry.message.replace("{", "<").replace("}", ">")
    language = "" if entry.is_about_commands else "python"
    return (
        f"\n## {entry.code}: {entry.title}\n\n"
        f"`{message}` ({entry.severity.value})\n\n"
        f"{entry.explanation}\n\n"
        + (f"With `{entry.options}`:\n\n" if entry.options else "")
        + f"```{language}\n{entry.before}```\n\n"
        f"Instead:\n\n```{language}\n{entry.after}```\n\n"
        f"{entry.next_step}\n"
    )


_ESTIMATORS_HEAD = """\
# Estimators

How equal each federated fit is to scikit-learn's pooled fit, and how that is reached. Where a
parameter is named, these are its supported values; all others are refused by name before training.
What is *refused* has a reason that no later version will remove; whatever is not listed is not
supported yet. `fedmigrate estimators` prints the same. This page is generated from the registry:
`python -m fedmigrate.docs estimators`.

"""


def estimators_page() -> str:
    """The Markdown of ``docs/estimators.md``."""
    return _ESTIMATORS_HEAD + render_table(support_rows(), "markdown")


_REVEALED_HEAD = """\
# What is revealed

Every operation that may let a statistic out of a party in the clear, and what it tells; all others
leave a party in masked sums only. `fedmigrate audit` shows which of them a script has used. This
page is generated from the runtime's operations: `python -m fedmigrate.docs revealed`.

| operation | reveals |
|---|---|
"""


def revealed_page() -> str:
    """The Markdown of ``docs/revealed.md``."""
    from fedruntime.every_operation import register_every_operation
    from fedruntime.operations import revealing

    register_every_operation()
    return _REVEALED_HEAD + "".join(
        f"| `{operation.name}` | {operation.reveals} |\n"
        for operation in revealing()
        if operation.function.__module__.startswith("fedruntime.")
    )


PAGES = {
    "diagnostics": diagnostics_page,
    "estimators": estimators_page,
    "revealed": revealed_page,
}


def main(arguments: list[str]) -> int:
    """Write the named pages into ``docs/`` of the working directory."""
    for name in arguments or list(PAGES):
        if name not in PAGES:
            raise UsageError(f"there is no page {name!r}; pages are {', '.join(PAGES)}")
        Path("docs", f"{name}.md").write_text(PAGES[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
