"""Python versions disagree about where the parts of an f-string stand, so nothing is rewritten
inside of one.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: the place lies inside an f-string",
    message="{name} is used inside an f-string: move it out",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import Ridge

print(f"{Ridge().fit(X, y).coef_[0]:.3f}")
""",
    after="""\
from sklearn.linear_model import Ridge

model = Ridge().fit(X, y)
print(f"{model.coef_[0]:.3f}")
""",
    next_step="Assign the expression to a name above the f-string, and convert again.",
)
