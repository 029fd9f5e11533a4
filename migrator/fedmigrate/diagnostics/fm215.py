"""Rows are matched by a key column that every party's table has. It has to be there when the table
is loaded, and is gone afterwards: a key tells who a row is of, so that an aligned table does not
keep it.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="left: the key column is missing where it is needed",
    message="the key is missed by {name}: {reason}",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LinearRegression

df = pd.read_csv("patients.csv", index_col="patient")
LinearRegression().fit(df.drop(columns=["outcome"]), df["outcome"])
""",
    after="""\
from sklearn.linear_model import LinearRegression

df = pd.read_csv("patients.csv").drop(columns=["patient"])
LinearRegression().fit(df.drop(columns=["outcome"]), df["outcome"])
""",
    vertical=Vertical("bob", on=("patient",)),
    next_step=(
        "Load a table that has the key as a column, and use the key for nothing else; or leave "
        "--on out, if all tables have the same rows in the same order."
    ),
)
