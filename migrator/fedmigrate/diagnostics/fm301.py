"""The coordinator runs the script and sees what it prints. Rows never leave a party, so this
raises RevealError at run time.

Often the line was there to look at the data once and can be dropped. Shapes, column names and
types are public. What the data look like is told by aggregates: `describe()`, `value_counts()`,
`mean()`, `isnull().sum()`. A party that wants to look at its own rows, or to show them to others,
runs the line on its own file: that is its own decision, and not one that a script can make for
it.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="rows would be printed",
    message=(
        "rows would be printed: {expression}; drop it, print describe() or value_counts(), or"
        " let parties show their own with consent"
    ),
    severity=Severity.ERROR,
    before="""\
from sklearn.linear_model import LogisticRegression

print(df.head())
LogisticRegression().fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression

print(df.shape, df.columns)  # public
print(df.describe())  # an aggregate
LogisticRegression().fit(X, y)
""",
    next_step=(
        "Drop the line, print an aggregate (describe(), value_counts(), mean()), or let each "
        "party print its own rows, with its consent."
    ),
)
