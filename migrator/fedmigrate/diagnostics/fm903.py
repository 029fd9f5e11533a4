"""The operating system refuses the file: it does not exist, is a folder, or is not yours."""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="the file cannot be read",
    message="cannot be read: {reason}",
    severity=Severity.ERROR,
    before="""\
fedmigrate convert tarin.py
""",
    after="""\
fedmigrate convert train.py
""",
    next_step="Check the name and the permissions.",
)
