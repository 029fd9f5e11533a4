"""Rows are matched by a key, and an aligned table does not have it any more: a key is known to all
parties, and is no feature. This script never takes it out of its table, so the pooled script would
fit on it like on any other column, and the two models differ.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="the key is a feature of the pooled script only",
    message="the key of {name} is no feature here, and the script does not drop it",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LinearRegression

LinearRegression().fit(X, y)
""",
    after="""\
from sklearn.linear_model import LinearRegression

LinearRegression().fit(X.drop(columns=["patient"]), y)
""",
    vertical=Vertical("bob", on=("patient",)),
    next_step="Drop the key in the script before anything is fitted.",
)
