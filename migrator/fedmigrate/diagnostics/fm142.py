"""Where parties have other columns of the same rows, an operation on two columns runs where both
lie. Who has which column is told by `[columns]` of `federation.toml`, or by each party's own table
when the script runs; the tool was not told, so the operation may end in an error before anything
is sent.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="columns meet, which is only possible at one party",
    message="{operation} is only possible where both lie at one party",
    severity=Severity.NOTE,
    before="""\
from sklearn.linear_model import LinearRegression

X["ratio"] = X["income"] / X["rent"]
LinearRegression().fit(X, y)
""",
    after="""\
import numpy as np
from sklearn.linear_model import LinearRegression

X["income"] = np.log(X["income"])
X["rent"] = np.log(X["rent"])
LinearRegression().fit(X, y)  # the log of the ratio is a difference of the two
""",
    vertical=Vertical("bob"),
    next_step=(
        "Name the columns under [columns] of federation.toml, so that the tool knows, or compute "
        "the new column in the file of the party that has both."
    ),
)
