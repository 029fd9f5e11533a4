"""Where parties have other columns of the same rows, no party has a whole row. What compares rows,
or splits them by one column after another, needs an algorithm of its own then, and this one has
none. The line stays as it was.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="left: no counterpart where parties have other columns",
    message="{name} has no counterpart where parties have other columns of the same rows",
    severity=Severity.WARNING,
    before="""\
from sklearn.ensemble import RandomForestClassifier

model = RandomForestClassifier(random_state=0)
model.fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression()
model.fit(X, y)
""",
    vertical=Vertical("bob"),
    next_step="Use an estimator or a function that docs/vertical.md lists, and convert again.",
)
