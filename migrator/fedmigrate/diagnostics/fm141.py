"""Parties that have other columns of the same rows cannot add up sums of rows: columns of several
parties have to meet. This says what is told in the clear when they do, and whom, beyond the fitted
model: cross products of columns as sums over all rows, or numbers for each row at the label party.

What is not named stays at its party or is only seen masked. Each party's ledger has every message,
and a party's policy can refuse.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="what a fit on columns of several parties reveals",
    message="{name} across columns reveals {reason}",
    severity=Severity.NOTE,
    before="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression()
model.fit(X, y)
""",
    after="""\
from sklearn.preprocessing import StandardScaler

Z = StandardScaler().fit_transform(X)  # each party on its own columns
""",
    vertical=Vertical("bob"),
    next_step="Agree with the parties that this may be told, or use another estimator.",
)
