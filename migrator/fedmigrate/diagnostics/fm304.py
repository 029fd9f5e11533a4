"""Indexing a row or looping over rows brings them to the coordinator. This raises RevealError at
run time.

Most loops over rows compute something that is row by row, which is an operation on whole columns,
or a sum or count, which is an aggregate. To look at single rows is for the party that has them,
on its own file.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="single rows would be read",
    message=(
        "single rows would be read: {expression}; drop it, aggregate it, or let parties read "
        "their own with consent"
    ),
    severity=Severity.ERROR,
    before="""\
from sklearn.linear_model import LogisticRegression

total = 0
for age in df["age"]:
    total += age
LogisticRegression().fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression

total = df["age"].sum()  # an aggregate
LogisticRegression().fit(X, y)
""",
    next_step=(
        "Drop the line, express it as an operation on whole columns or as an aggregate "
        "(sum(), histogram counts, value_counts()), or let each party read its own rows, with"
        " its consent."
    ),
)
