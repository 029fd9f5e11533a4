"""A transformer that looks at one column at a time is fitted by each party on its own columns, and
what it learns stays there: the mean of a column, its categories, what is filled in. `transform`
works as ever; the attributes of the fitted object are nowhere that the script could read them.

Aggregates of single columns can be asked for, if their party allows it.
"""

from fedmigrate.diagnostics.code import Code, Severity
from fedmigrate.plan import Vertical

CODE = Code(
    title="left: what a transformer has learnt stays at the parties",
    message="{name} stays at the parties: each fits its own columns",
    severity=Severity.WARNING,
    before="""\
from sklearn.preprocessing import StandardScaler

scaler = StandardScaler().fit(X)
print(scaler.mean_)
""",
    after="""\
from sklearn.preprocessing import StandardScaler

scaler = StandardScaler().fit(X)
print(X.mean())  # an aggregate
""",
    vertical=Vertical("bob"),
    next_step="Leave the line out, or ask for an aggregate of the columns instead.",
)
