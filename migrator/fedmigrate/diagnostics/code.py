"""What a diagnostic is: its message, its page and its example, as one value.

Which codes there are is decided by the files beside this one; nothing here looks at scripts.
"""

from __future__ import annotations

import string
import textwrap
from dataclasses import dataclass
from enum import Enum

from fedmigrate.plan import Vertical


class Severity(str, Enum):
    NOTE = "note"  # converted; something to know
    WARNING = "warning"  # a person decides: it was left, or it may not be what was meant
    ERROR = "error"  # cannot run, or cannot be read


@dataclass(frozen=True)
class Code:
    """One kind of finding.

    Parameters
    ----------
    title : str
        The finding in a few words, without facts.
    message : str
        One line; fields in braces are facts of the finding. Facts are names and constants of
        parameters, never text or values that a script holds.
    severity : Severity
    before, after : str
        An example: the code that leads here, and what can be done about it. Unless it loads rows
        itself, it continues `GIVEN`.
    next_step : str
        What to do, as an order.
    epsilon : float, optional
        Of the privacy budget that the example is converted with.
    vertical : Vertical, optional
        That the example is converted for parties with other columns.
    code : str
        ``FM203``: the name of the file that it stands in.
    explanation : str
        Why it is so, for a reader who knows scikit-learn and not federated learning: the
        docstring of that file, paragraphs apart by blank lines.
    """

    title: str
    message: str
    severity: Severity
    before: str
    after: str
    next_step: str
    epsilon: float | None = None
    vertical: Vertical | None = None
    code: str = ""
    explanation: str = ""

    @property
    def is_about_commands(self) -> bool:
        """Whether the example is what one types, and no script."""
        return self.before.startswith(("fedmigrate ", "pip "))

    @property
    def options(self) -> str:
        """The options of `convert` that the example takes."""
        given = [] if self.epsilon is None else [f"--epsilon {self.epsilon:g}"]
        if self.vertical is not None:
            given.append(f"--partition vertical --label-party {self.vertical.label_party}")
            given += [f"--on {','.join(self.vertical.on)}"] if self.vertical.on else []
        return " ".join(given)

    @property
    def fields(self) -> frozenset[str]:
        """The facts that the message needs."""
        parts = string.Formatter().parse(self.message)
        return frozenset(field for _, field, _, _ in parts if field)


def long_form(entry: Code) -> str:
    """What ``fedmigrate explain CODE`` prints."""
    paragraphs = entry.explanation.split("\n\n")
    options = "" if not entry.options else f", with {entry.options}"
    parts = [
        f"{entry.code} ({entry.severity.value}): {entry.title}",
        *(textwrap.fill(" ".join(paragraph.split()), 88) for paragraph in paragraphs),
        f"Example{options}\n" + textwrap.indent(entry.before.rstrip("\n"), "    "),
        "Instead\n" + textwrap.indent(entry.after.rstrip("\n"), "    "),
        textwrap.fill("Next: " + entry.next_step, 88),
    ]
    return "\n\n".join(parts) + "\n"
