"""An operation on one column runs at the party that has it, and columns of one party can be
computed with each other there. This one needs columns of several parties side by side, or looks at
a whole table in a way that has no counterpart column by column.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="left: an operation on columns of several parties",
    message="{operation} needs columns of several parties side by side",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LinearRegression

print(X.corr())
LinearRegression().fit(X, y)
""",
    after="""\
from sklearn.linear_model import LinearRegression

print(X.describe())  # each column by itself
LinearRegression().fit(X, y)
""",
    vertical=Vertical("bob"),
    next_step=(
        "Do it column by column, or in the file of the party that has all columns it needs, and "
        "convert again."
    ),
)
