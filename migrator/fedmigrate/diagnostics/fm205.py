"""Operations that look at one row at a time run at each party, and sums, means, counts and the
like are aggregated. This one needs rows of several parties side by side, or is not known to the
tool.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: this operation on rows has no counterpart",
    message="{operation} has no counterpart on rows that stay at the parties",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LogisticRegression

X["before"] = X["bmi"].shift()  # of the row above, whoever has it
LogisticRegression().fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression

X["squared"] = X["bmi"] ** 2  # of the row itself
LogisticRegression().fit(X, y)
""",
    next_step=(
        "Leave the operation out, do it in the parties' files beforehand, or express it by "
        "operations on single rows."
    ),
)
