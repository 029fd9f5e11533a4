"""The statement has no such finding, for example because it was mended since. A suppression that
is left behind would hide the next finding that comes up there.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="a suppression that suppresses nothing",
    message="{entry} suppresses nothing here",
    severity=Severity.NOTE,
    before="""\
from sklearn.linear_model import LogisticRegression

LogisticRegression().fit(X, y)  # fedmigrate: ignore[FM201]
""",
    after="""\
from sklearn.linear_model import LogisticRegression

LogisticRegression().fit(X, y)
""",
    next_step="Remove it.",
)
