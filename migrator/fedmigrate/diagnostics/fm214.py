"""This script reads several tables and joins them by a key: that is how the data of a vertical
federation look in one place. In a federation each party has one of the tables, and none may see
another's. `fed.align` joins them without that.

A plain inner join becomes one, if names tell whose each table is: `bank.merge(shop, on="id")`, or
`pd.read_csv("bank.csv").merge(pd.read_csv("shop.csv"), on="id")`, for parties `bank` and `shop`.
The label party's table has to be the first, because rows come in its order, and the others follow
as in `--parties`, because columns do. Else the script can load one table in one call: a simulation
reads the joined table and deals its columns.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="left: tables of several parties are joined in the script",
    message="{operation} joins tables of several parties: {reason}",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LinearRegression

visits = pd.read_csv("visits.csv")
df = df.merge(visits, on="patient").drop(columns=["patient"])
LinearRegression().fit(df.drop(columns=["outcome"]), df["outcome"])
""",
    after="""\
from sklearn.linear_model import LinearRegression

df = pd.read_csv("joined.csv").drop(columns=["patient"])
LinearRegression().fit(df.drop(columns=["outcome"]), df["outcome"])
""",
    vertical=Vertical("bob", on=("patient",)),
    next_step=(
        "Name the tables, or their files, after their parties and join them to the label party's "
        "by on=; or load one table instead, and convert with --on and the key."
    ),
)
