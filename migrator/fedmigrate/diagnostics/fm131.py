"""Under a privacy budget everything that leaves the parties carries noise, sized by what a single
row can contribute at most. For sums of values between known bounds that is known; for trees,
medians, curves, or a search over many fits it is not, or the noise would drown the result.

The site is converted all the same, so that the script runs once the budget is taken out. With the
budget the runtime refuses it before anything is sent, and nothing of the budget is used.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="no private form: refused under the privacy budget",
    message="{name} has no private form: with a budget it is refused when it runs",
    severity=Severity.WARNING,
    before="""\
from sklearn.ensemble import RandomForestClassifier

model = RandomForestClassifier(random_state=0).fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit(X, y)
""",
    epsilon=3.0,
    next_step=(
        "Use an estimator that has a private form (`fedmigrate estimators` lists them), or convert "
        "without --epsilon."
    ),
)
