"""The script has a syntax error for the Python that runs fedmigrate, often because it was written
for Python 2. Nothing is written.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="the script is not valid Python",
    message="cannot be parsed: {reason}",
    severity=Severity.ERROR,
    before="""\
from sklearn.linear_model import Ridge

print Ridge().fit(X, y).coef_
""",
    after="""\
from sklearn.linear_model import Ridge

print(Ridge().fit(X, y).coef_)
""",
    next_step=(
        "Mend the line that is shown, or run fedmigrate under the Python that runs the script."
    ),
)
