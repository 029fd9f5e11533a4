"""The table of diagnostic codes: what is said in one line, and what ``explain`` says at length.

Messages in comments, summaries, JSON and ``docs/diagnostics.md`` are all drawn from here. Which
code applies where is decided in ``analysis`` and ``source``; nothing here looks at code.
"""

from __future__ import annotations

import difflib
import re
import string
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from fedmigrate.errors import UsageError
from fedmigrate.plan import Diagnostic

MARKER = "# fedmigrate:"
"""What every comment that the tool writes into a script begins with."""


# A class is known by its own name; `sklearn.linear_model.` in front of it only makes lines long.
_QUALIFIED_CLASS = re.compile(r"\b(?:[a-z_]\w*\.)+([A-Z]\w*)\b")


_LONGEST_FACT = 80


class Severity(str, Enum):
    NOTE = "note"  # converted; something to know
    WARNING = "warning"  # left as it was; a person decides
    ERROR = "error"  # cannot run, or cannot be read


@dataclass(frozen=True)
class Code:
    """One kind of finding.

    Parameters
    ----------
    code : str
        FM1xx converted, FM2xx left as it was, FM3xx rows would reach the coordinator, FM9xx
        the input cannot be used.
    title : str
        The finding in a few words, without facts.
    message : str
        One line; fields in braces are facts of the finding.
    severity : Severity
    explanation : str
        Why it is so, for a reader who knows scikit-learn and not federated learning.
    before, after : str
        An example: the code that leads here, and what can be done about it.
    next_step : str
        What to do, as an order.
    """

    code: str
    title: str
    message: str
    severity: Severity
    explanation: str
    before: str
    after: str
    next_step: str

    @property
    def fields(self) -> frozenset[str]:
        """The facts that the message needs."""
        parts = string.Formatter().parse(self.message)
        return frozenset(field for _, field, _, _ in parts if field)


def describe(found: Diagnostic) -> str:
    """The one-line message of a finding.

    Raises
    ------
    KeyError
        If the code is not in the table or a fact is missing: an error of the tool.
    """
    facts = {name: _short(fact) for name, fact in found.facts.items()}
    return _QUALIFIED_CLASS.sub(r"\1", CODES[found.code].message.format_map(facts))


def _short(fact: str) -> str:
    """A fact on one line, cut in the middle where it is long."""
    line = " ".join(fact.split())
    if len(line) <= _LONGEST_FACT:
        return line
    half = (_LONGEST_FACT - 3) // 2
    return f"{line[:half]}...{line[-half:]}"


def find_code(name: str) -> Code:
    """The entry of a code, as a user typed it.

    Raises
    ------
    UsageError
        With the nearest codes, if there is none of that name.
    """
    wanted = name.strip().upper()
    if wanted in CODES:
        return CODES[wanted]
    near = difflib.get_close_matches(wanted, CODES, n=3) or ["FM101"]
    raise UsageError(
        f"there is no diagnostic {name!r}; did you mean {' or '.join(near)}? "
        "`fedmigrate explain` lists all of them."
    )


def long_form(entry: Code) -> str:
    """What ``fedmigrate explain CODE`` prints."""
    parts = [
        f"{entry.code} ({entry.severity.value}): {entry.title}",
        textwrap.fill(entry.explanation, 88),
        "Example\n" + textwrap.indent(entry.before, "    "),
        "Instead\n" + textwrap.indent(entry.after, "    "),
        textwrap.fill("Next: " + entry.next_step, 88),
    ]
    return "\n\n".join(parts) + "\n"


_TABLE = (
    Code(
        "FM101",
        "converted; the optimum is the same, the path to it is not",
        "{name} reaches the same optimum on another path: {reason}",
        Severity.NOTE,
        "The federated fit minimises the same objective to the same optimum, with another "
        "iteration than scikit-learn's. Coefficients agree to the stated tolerance instead of to "
        "rounding, and counters such as n_iter_ differ.",
        'model = LogisticRegression(solver="liblinear")',
        'model = LogisticRegression(solver="lbfgs")  # mirrored step by step',
        "Run `fedmigrate verify` to see the measured difference; choose another solver if that "
        "is too much.",
    ),
    Code(
        "FM102",
        "converted; the algorithm is the same, the random draw is not",
        "{name} is the same algorithm with other random draws: {reason}",
        Severity.NOTE,
        "Scikit-learn draws rows or split points from all data in one place. Parties draw from "
        "their own, so one fitted model differs from another as two random_state values do. The "
        "quality is the same on average.",
        "model = RandomForestClassifier(random_state=0)",
        "model = HistGradientBoostingClassifier(random_state=0)  # exact for given bins",
        "Compare scores, not single predictions; `fedmigrate verify` does.",
    ),
    Code(
        "FM103",
        "converted; the federated fit is an approximation",
        "{name} is approximated: {reason}",
        Severity.NOTE,
        "No sum of per-party statistics gives this fit. A federated stand-in is used, such as "
        "averaging the models of many short local trainings. Its quality depends on how alike "
        "the parties' data are.",
        "model = MLPClassifier()",
        "model = LogisticRegression()  # exact",
        "Check the score with `fedmigrate verify`, and once more with `--split label_skew`.",
    ),
    Code(
        "FM201",
        "left: this estimator cannot be fitted without showing rows",
        "{name} is left: {reason}; use {instead}",
        Severity.WARNING,
        "The fitted model is made of rows, or the fit compares every row with every other one. "
        "No aggregate replaces that, so a federated version would either reveal rows or compute "
        "something else under the same name.",
        "model = KNeighborsClassifier(n_neighbors=3)",
        "model = LogisticRegression()  # a model that is fitted from sums",
        "Replace the estimator by the one named in the message, or another one that "
        "`fedmigrate estimators` lists, and convert again.",
    ),
    Code(
        "FM202",
        "left: this estimator is not supported yet",
        "{name} is not supported yet",
        Severity.WARNING,
        "Nothing forbids a federated fit of this estimator; the runtime does not have it yet. "
        "The line stays as it was, and running it on rows raises an error.",
        "model = LinearSVC()",
        "model = LogisticRegression()  # supported, and also a linear classifier",
        "Use an estimator that `fedmigrate estimators` lists, and convert again.",
    ),
    Code(
        "FM203",
        "left: the estimator is supported, this parameter value is not",
        "{name} does not support {parameter}={value}: {reason}",
        Severity.WARNING,
        "The runtime fits this estimator for other values of the parameter. With this one it "
        "would have to compute something else than scikit-learn does, so it refuses.",
        'model = LogisticRegression(solver="saga", penalty="l1")',
        'model = LogisticRegression(solver="lbfgs")',
        "Choose a value from `fedmigrate estimators`, and convert again.",
    ),
    Code(
        "FM204",
        "left: what .fit is called on is not known",
        "cannot tell what {receiver} is",
        Severity.WARNING,
        "Whether a `.fit` is scikit-learn's depends on the object. This one comes from where the "
        "tool cannot look: a parameter, a loaded file, another module. Guessing could wrap a "
        "Keras model or a class of your own.",
        "def train(model, X, y):\n    model.fit(X, y)",
        "def train(X, y):\n    model = Ridge()\n    model.fit(X, y)",
        "Construct the estimator where the tool can see it, or wrap it by hand in FLModel.",
    ),
    Code(
        "FM205",
        "left: this operation on rows has no counterpart",
        "{operation} has no counterpart on rows that stay at the parties",
        Severity.WARNING,
        "Operations that look at one row at a time run at each party, and sums, means, counts "
        "and the like are aggregated. This one needs rows of several parties side by side.",
        'df = df.sort_values("age")',
        "# leave it out: the order of rows does not change the fitted model",
        "Leave the operation out, do it in the parties' files beforehand, or express it by "
        "operations on single rows.",
    ),
    Code(
        "FM206",
        "left: this scikit-learn function has no counterpart",
        "sklearn function {function} has no federated counterpart",
        Severity.WARNING,
        "The function wants all rows in one place, and the runtime has no version of it that "
        "works on rows at the parties.",
        "permutation_importance(model, X_test, y_test)",
        "print(model.coef_)  # public after the fit",
        "Use a function from fedruntime.metrics or fedruntime.model_selection, or attributes of "
        "the fitted model.",
    ),
    Code(
        "FM207",
        "left: the tool does not follow this construct",
        "{construct} is not followed",
        Severity.WARNING,
        "Where a value comes from is followed through assignments, calls, containers, loops, "
        "functions and classes of the script. This construct hides it, for example because a "
        "name is made at run time.",
        'model = globals()["Ridge"]()\nmodel.fit(X, y)',
        "model = Ridge()\nmodel.fit(X, y)",
        "Write it with plain names and calls, and convert again.",
    ),
    Code(
        "FM208",
        "left: a class of your own that derives from scikit-learn's",
        "{name} derives from {base} and may compute something else",
        Severity.WARNING,
        "A subclass can change how the model is fitted, and the tool does not run your code to "
        "find out. Fitting its base class instead could silently give another model.",
        "class MyRidge(Ridge):\n    def fit(self, X, y): ...\n\nMyRidge().fit(X, y)",
        "model = Ridge()\nmodel.fit(X, y)",
        "Use the base class where your own only changes defaults; else write a federated "
        "estimator for it.",
    ),
    Code(
        "FM209",
        "left: where the data comes from cannot be traced",
        "cannot trace where the data of {name} comes from",
        Severity.WARNING,
        "The estimator is known, but its rows come from where the tool cannot look, so it does "
        "not know which call to hand to the parties.",
        "from my_project import X, y\nRidge().fit(X, y)",
        'df = pd.read_csv("patients.csv")\nRidge().fit(df[["age"]], df["outcome"])',
        "Load the data in the script, with a function that returns rows.",
    ),
    Code(
        "FM210",
        "left: the place lies inside an f-string",
        "{name} is used inside an f-string: move it out",
        Severity.WARNING,
        "Python versions disagree about where the parts of an f-string stand, so nothing is "
        "rewritten inside of one.",
        'print(f"{LogisticRegression().fit(X, y).score(X, y):.3f}")',
        'model = LogisticRegression().fit(X, y)\nscore = model.score(X, y)\nprint(f"{score:.3f}")',
        "Assign the expression to a name above the f-string, and convert again.",
    ),
    Code(
        "FM301",
        "rows would be printed",
        "rows would be printed: {expression}",
        Severity.ERROR,
        "The coordinator runs the script and sees what it prints. Rows never leave a party, so "
        "this raises RevealError at run time.",
        "print(df.head())",
        "print(df.shape, df.columns.tolist())  # public\nprint(df.mean())  # an aggregate",
        "Print shapes, column names or aggregates instead.",
    ),
    Code(
        "FM302",
        "rows would be plotted",
        "{library} would plot rows",
        Severity.ERROR,
        "A scatter plot shows single rows; a histogram or a box plot drawn here would fetch all "
        "of them first. This raises RevealError at run time.",
        'plt.scatter(df["age"], df["bmi"])',
        'counts = df["age"].value_counts()  # an aggregate\nplt.bar(counts.index, counts)',
        "Plot aggregates or attributes of the fitted model.",
    ),
    Code(
        "FM303",
        "rows would be written to a file",
        "rows would be written to a file: {expression}",
        Severity.ERROR,
        "The file would lie on the coordinator's disk. This raises RevealError at run time.",
        'df.to_csv("cleaned.csv")',
        'joblib.dump(model.to_sklearn(), "model.joblib")  # models are public',
        "Write the fitted model instead, or prepare files at the parties.",
    ),
    Code(
        "FM304",
        "single rows would be read",
        "single rows would be read: {expression}",
        Severity.ERROR,
        "Indexing a row or looping over rows brings them to the coordinator. This raises "
        "RevealError at run time.",
        "for row in X:\n    total += row[0]",
        "total = X[:, 0].sum()  # an aggregate",
        "Express it as an operation on whole columns.",
    ),
    Code(
        "FM305",
        "rows would be given to another library",
        "{library} would be given rows",
        Severity.ERROR,
        "Another library takes rows as arrays in memory, which are not there. This raises "
        "RevealError at run time.",
        "sm.OLS(y, X).fit()  # statsmodels",
        "LinearRegression().fit(X, y)",
        "Use a scikit-learn estimator that `fedmigrate estimators` lists.",
    ),
    Code(
        "FM901",
        "the script is not valid Python",
        "cannot be parsed: {reason}",
        Severity.ERROR,
        "The script has a syntax error for the Python that runs fedmigrate, often because it was "
        "written for Python 2. Nothing is written.",
        'print "accuracy"',
        'print("accuracy")',
        "Mend the line that is shown, or run fedmigrate under the Python that runs the script.",
    ),
    Code(
        "FM902",
        "the file is not text",
        "is not text: {reason}",
        Severity.ERROR,
        "The bytes do not fit the declared encoding, which is UTF-8 unless a coding comment in "
        "the first two lines says otherwise.",
        'name = "Z\\xfcrich"  # saved as Latin-1, not declared',
        '# -*- coding: latin-1 -*-\nname = "Zürich"',
        "Save the file as UTF-8, or declare its encoding in the first line.",
    ),
    Code(
        "FM903",
        "the file cannot be read",
        "cannot be read: {reason}",
        Severity.ERROR,
        "The operating system refuses the file: it does not exist, is a folder, or is not yours.",
        "fedmigrate convert tarin.py",
        "fedmigrate convert train.py",
        "Check the name and the permissions.",
    ),
    Code(
        "FM904",
        "the output cannot be written",
        "cannot be written: {reason}",
        Severity.ERROR,
        "The folder or the file refuses to be written. What was there before is intact.",
        "fedmigrate convert /mnt/readonly/train.py",
        "fedmigrate convert /mnt/readonly/train.py -o train_fed.py",
        "Choose another place with `-o`, or mend the permissions.",
    ),
    Code(
        "FM905",
        "the folder holds nothing to convert",
        "holds no script that trains with scikit-learn",
        Severity.ERROR,
        "A folder means the Python files in it that fit scikit-learn estimators. Hidden folders, "
        "virtual environments and generated `*_fed.py` files are not looked at.",
        "fedmigrate convert docs/",
        "fedmigrate convert src/",
        "Name the script itself to see why it is not converted: "
        "`fedmigrate convert --verbose train.py`.",
    ),
)

CODES: Mapping[str, Code] = {entry.code: entry for entry in _TABLE}
