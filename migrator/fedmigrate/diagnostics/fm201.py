"""The fitted model is made of rows, or the fit compares every row with every other one. No
aggregate replaces that, so a federated version would either reveal rows or compute something else
under the same name.

The line stays as it was. Where it is given rows of the parties, it raises an error when it runs,
so nothing is revealed by accident.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: this estimator cannot be fitted without showing rows",
    message="{name} is left: {reason}; use {instead}",
    severity=Severity.WARNING,
    before="""\
from sklearn.neighbors import KNeighborsClassifier

model = KNeighborsClassifier(n_neighbors=3)
model.fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression()  # fitted from sums
model.fit(X, y)
""",
    next_step=(
        "Replace the estimator by the one named in the message, or another one that "
        "`fedmigrate estimators` lists, and convert again."
    ),
)
