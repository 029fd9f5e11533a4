"""All parties keep the same rows. If some are taken by what stands in a column of one party, all
others learn which: that this row is of somebody older than 30, or that a value is missing there. So
a table of several parties is not filtered by its values.

Filters belong in front of the alignment: each party leaves rows out of its own table, and rows that
are not at all parties drop out together, without a reason that anybody could see.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="left: rows would be taken by the values of one party",
    message="{operation} would tell all parties what stands in the columns of one",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LogisticRegression

df = df[df["age"] > 30]
LogisticRegression().fit(df[["age", "bmi"]], df["outcome"])
""",
    after="""\
from sklearn.linear_model import LogisticRegression

df = df[1000:]  # by position
LogisticRegression().fit(df[["age", "bmi"]], df["outcome"])
""",
    vertical=Vertical("bob"),
    next_step=(
        "Leave the rows out of the file of the party whose column decides, before the tables are "
        "aligned; fill missing values by SimpleImputer."
    ),
)
