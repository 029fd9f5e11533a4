"""Where a value comes from is followed through assignments, calls, containers, loops, functions
and classes of the script. This construct hides it, for example because a name is made at run
time.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: the tool does not follow this construct",
    message="{construct} is not followed",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LogisticRegression, Ridge

LogisticRegression().fit(X, y)
model = globals()["Ridge"]()
model.fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression, Ridge

LogisticRegression().fit(X, y)
model = Ridge()
model.fit(X, y)
""",
    next_step="Write it with plain names and calls, and convert again.",
)
