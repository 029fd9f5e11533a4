"""No sum of per-party statistics gives this fit. A federated stand-in is used, such as averaging
the models of many short local trainings. Its quality depends on how alike the parties' data are:
with parties that hold one class each it can be far below the pooled model.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="converted; the federated fit is an approximation",
    message="{name} is approximated: {reason}",
    severity=Severity.NOTE,
    before="""\
from sklearn.kernel_approximation import Nystroem

Z = Nystroem(random_state=0).fit_transform(X)
""",
    after="""\
from sklearn.kernel_approximation import RBFSampler

Z = RBFSampler(random_state=0).fit_transform(X)  # exact
""",
    next_step="Check the score with `fedmigrate verify`, and once more with `--split label_skew`.",
)
