"""A folder means the Python files in it that fit scikit-learn estimators. Hidden folders, virtual
environments and generated `*_fed.py` files are not looked at, and neither is what `exclude` of
`[tool.fedmigrate]` names.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="the folder holds nothing to convert",
    message="holds no script that trains with scikit-learn",
    severity=Severity.ERROR,
    before="""\
fedmigrate convert docs/
""",
    after="""\
fedmigrate convert src/
""",
    next_step=(
        "Name the script itself to see why it is not converted: `fedmigrate convert --verbose"
        " train.py`."
    ),
)
