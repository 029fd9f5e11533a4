"""``fedmigrate convert --partition``: options, settings, what is written, what is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from vertical_scripts import SCRIPT, Command

from fedmigrate.auto import find_signs

OPTIONS = ("--parties", "bank,shop", "--partition", "vertical", "--label-party", "bank")
KEY = ("--on", "customer_id")
JOINED = SCRIPT.replace(
    'df = pd.read_csv("customers.csv")',
    'df = pd.read_csv("bank.csv").merge(pd.read_csv("shop.csv"), on="customer_id")',
)


def _conversion(script: Path) -> str:
    return (script.parent / "train_fed.py").read_text(encoding="utf-8")


def test_set_up_and_alignment(command: Command, script: Path) -> None:
    done = command("convert", "train.py", *OPTIONS, *KEY)
    assert done.exit_code == 0
    written = _conversion(script)
    assert 'init(parties=["bank", "shop"], partition="vertical", label_party="bank")\n' in written
    assert (
        'df = fed.load(pd.read_csv, "customers.csv")\ndf = fed.align(df, on="customer_id")\n'
        in written
    )
    assert "columns=" not in written.replace("drop(columns=", "")


def test_without_key_nothing_is_aligned(command: Command, script: Path) -> None:
    assert command("convert", "train.py", *OPTIONS).exit_code == 0
    assert "align" not in _conversion(script)


def test_horizontal_is_the_default_and_says_nothing_new(command: Command, script: Path) -> None:
    plain = command("convert", "train.py", "--format", "json")
    before = _conversion(script)
    named = command("convert", "train.py", "--partition", "horizontal", "--format", "json")
    assert _conversion(script) == before
    assert named.output == plain.output
    assert "vertical" not in before + plain.output
    assert "shares" not in plain.output


def test_the_conversion_of_a_conversion_is_itself(command: Command, script: Path) -> None:
    command("convert", "train.py", *OPTIONS, *KEY)
    before = _conversion(script)
    command("convert", "train_fed.py", *OPTIONS, *KEY)
    assert _conversion(script) == before
    assert not (script.parent / "train_fed_fed.py").exists()


def test_a_check_takes_the_partition_from_the_conversion(command: Command, script: Path) -> None:
    command("convert", "train.py", *OPTIONS, *KEY)
    assert command("convert", "train.py", "--check").exit_code == 0
    assert command("convert", "train.py", "--check", "--label-party", "shop").exit_code == 1
    assert command("convert", "train.py", "--check", "--partition", "horizontal").exit_code == 1
    script.write_text(script.read_text() + "print(1)\n")
    done = command("convert", "train.py", "--check")
    assert done.exit_code == 1
    assert f"{' '.join(OPTIONS)} --on customer_id train.py" in done.output


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ('partition = "vertical"\nlabel-party = "bank"\non = ["customer_id"]', ()),
        (
            'partition = "vertical"\nlabel-party = "shop"\non = "customer_id"',
            ("--label-party", "bank"),
        ),
        ('label-party = "bank"', ("--partition", "vertical", "--on", "customer_id")),
        ('split = "iid"', OPTIONS[2:] + KEY),
    ],
)
def test_settings_are_used_and_options_win(
    command: Command, script: Path, settings: str, options: tuple[str, ...]
) -> None:
    table = f'[tool.fedmigrate]\nparties = ["bank", "shop"]\n{settings}\n'
    (script.parent / "pyproject.toml").write_text(table)
    assert command("convert", "train.py", *options).exit_code == 0
    written = _conversion(script)
    assert 'init(parties=["bank", "shop"], partition="vertical", label_party="bank")\n' in written
    assert 'fed.align(df, on="customer_id")' in written


def test_the_federation_says_who_has_what(command: Command, script: Path) -> None:
    (script.parent / "federation.toml").write_text(
        'partition = "vertical"\nlabel_party = "bank"\n[columns]\nshop = ["visits"]\n'
    )
    text = SCRIPT.replace(
        "LinearRegression().fit", 'X["r"] = X["age"] / X["visits"]\nLinearRegression().fit'
    )
    script.write_text(text)
    options = ("--parties", "bank,shop", "--partition", "vertical")
    assert "FM212" in command("convert", "train.py", *options).output
    assert 'label_party="bank"' in _conversion(script)
    assert "FM" not in command("convert", "train.py", "-o", "other.py").output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--partition", "vertical"), "needs --label-party"),
        (("--partition", "vertical", "--label-party", "carol"), "'carol' is none of the parties"),
        ((*OPTIONS, "--parties", "bank"), "two parties or more"),
        ((*OPTIONS, "--split", "iid"), "--split deals rows"),
        ((*OPTIONS, "--epsilon", "3"), "privacy budget"),
        (("--label-party", "alice"), "give --partition vertical as well"),
        (("--on", "id"), "give --partition vertical as well"),
        (("--partition", "horizontal", "--on", "id"), "not to --partition horizontal"),
        ((*OPTIONS, "--on", "a,,b"), "name 2 is empty"),
        ((*OPTIONS, "--on", "a,a"), "there twice"),
        (("--partition", "auto", "--check", "."), "looks at one script"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    command: Command, script: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    done = command("convert", "train.py", *arguments)
    assert done.exit_code == 2
    assert complaint in done.output
    assert not (script.parent / "train_fed.py").exists()


def test_columns_that_are_no_lists_are_refused(command: Command, script: Path) -> None:
    (script.parent / "federation.toml").write_text('[columns]\nshop = "visits"\n')
    done = command("convert", "train.py", *OPTIONS)
    assert done.exit_code == 2
    assert "columns takes a table" in done.output


def test_the_summary_and_the_json_say_who_runs_what(command: Command, script: Path) -> None:
    said = command("convert", "train.py", *OPTIONS).output
    assert "bank         label holder  runs lines 5-8\n" in said
    assert "shop         client        runs lines 5, 7-8\n" in said
    assert "coordinator  aggregator    runs line 8\n" in said
    (file,) = json.loads(command("convert", "train.py", *OPTIONS, "--format", "json").output)[
        "files"
    ]
    assert file["plan"]["options"]["vertical"]["label_party"] == "bank"
    assert file["plan"]["shares"][1] == {"party": "shop", "role": "client", "lines": [5, 7, 8]}


def test_auto_finds_nothing_in_a_script_with_one_table(command: Command, script: Path) -> None:
    done = command("convert", "train.py", "--partition", "auto")
    assert done.exit_code == 0
    assert "nothing speaks for a vertical partition" in done.output
    assert "vertical" not in _conversion(script)


def test_auto_without_a_terminal_stays_horizontal_and_needs_a_person(
    command: Command, script: Path
) -> None:
    script.write_text(JOINED)
    done = command("convert", "train.py", "--partition", "auto")
    assert done.exit_code == 1
    assert "line 5 joins tables that were loaded by the key customer_id" in done.output
    assert "--partition vertical --label-party NAME --on customer_id" in done.output
    assert "vertical" not in _conversion(script)


def test_auto_asks_at_a_terminal(
    command: Command, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (script.parent / "federation.toml").write_text('[columns]\nshop = ["visits"]\n')
    asked: list[str] = []

    def answer(question: str, **more: object) -> object:
        asked.append(question)
        return {0: True, 1: "bob", 2: "customer_id"}[len(asked) - 1]

    monkeypatch.setattr("fedmigrate.auto.at_terminal", lambda: True)
    monkeypatch.setattr("fedmigrate.auto.click.confirm", answer)
    monkeypatch.setattr("fedmigrate.auto.click.prompt", answer)
    done = command("convert", "train.py", "--partition", "auto")
    assert done.exit_code == 0
    assert len(asked) == 3
    assert "federation.toml has [columns] of shop" in done.output
    assert 'label_party="bob"' in _conversion(script)
    assert 'fed.align(df, on="customer_id")' in _conversion(script)


def test_settings_that_say_horizontal_are_no_sign(script: Path) -> None:
    (script.parent / "federation.toml").write_text('partition = "horizontal"\n')
    assert list(find_signs(script)) == []


def test_signs_name_a_key_only_if_it_looks_like_a_name(script: Path) -> None:
    script.write_text(JOINED.replace('on="customer_id"', 'on="Mr. Smith\'s secret"'))
    (sign,) = find_signs(script)
    assert sign.key is None
    assert "Smith" not in sign.text


def test_a_script_that_joins_tables_named_after_parties_is_converted(
    command: Command, script: Path
) -> None:
    script.write_text(JOINED)
    assert command("convert", "train.py", *OPTIONS).exit_code == 0
    written = _conversion(script)
    assert 'fed.load_at("bank", pd.read_csv, "bank.csv"),\n' in written
    assert 'fed.load_at("shop", pd.read_csv, "shop.csv"),\n' in written
    assert written.count("fed.align(") == 1
    assert command("convert", "train.py", "--check").exit_code == 0
    said = command("convert", "train.py", *OPTIONS, *KEY)
    assert _conversion(script) == written, said.output


def test_a_script_that_joins_tables_is_told_what_to_do(command: Command, script: Path) -> None:
    script.write_text(JOINED.replace("shop.csv", "visits.csv"))
    done = command("convert", "train.py", *OPTIONS, *KEY)
    assert done.exit_code == 1
    assert "names of tables and files do not tell which party has which" in done.output
    assert "next: Name the tables, or their files, after their parties" in done.output
    assert "# fedmigrate: FM214 " in _conversion(script)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            'df = pd.read_csv("c.csv")  # all of them',
            'df = fed.load(pd.read_csv, "c.csv")  # all of them\n'
            'df = fed.align(df, on="customer_id")\n',
        ),
        (
            'df = pd.read_csv("c.csv").rename(columns={"a": "b"})',
            'df = fed.align(fed.load(pd.read_csv, "c.csv"), on="customer_id").rename(',
        ),
        (
            'df = pd.read_csv("c.csv"); print(1)',
            'df = fed.align(fed.load(pd.read_csv, "c.csv"), on=',
        ),
        (
            'if True:\n    df = pd.read_csv("c.csv")',
            '    df = fed.load(pd.read_csv, "c.csv")\n    df = fed.align(df, on="customer_id")\n',
        ),
        (
            'df = table = pd.read_csv("c.csv")',
            'df = table = fed.align(fed.load(pd.read_csv, "c.csv"), on="customer_id")\n',
        ),
    ],
)
def test_where_the_alignment_stands(
    command: Command, script: Path, statement: str, expected: str
) -> None:
    script.write_text(SCRIPT.replace('df = pd.read_csv("customers.csv")', statement))
    assert command("convert", "train.py", *OPTIONS, *KEY).exit_code == 0
    assert expected in _conversion(script)


def test_modules_are_converted_with_the_script(command: Command, script: Path) -> None:
    (script.parent / "tables.py").write_text(
        "import pandas as pd\n\n\ndef read():\n    return pd.read_csv('c.csv')\n\n\n"
        "def ratio(table):\n    return table['age'] / table['visits']\n"
    )
    script.write_text(
        "from sklearn.linear_model import LinearRegression\nfrom tables import ratio, read\n\n"
        "df = read()\nX = df[['age', 'visits']]\nX['r'] = ratio(df)\n"
        "LinearRegression().fit(X, df['spent'])\n"
    )
    done = command("convert", "train.py", *OPTIONS, *KEY)
    assert done.exit_code == 0, done.output
    module = (script.parent / "tables_fed.py").read_text()
    assert "    return fed.align(fed.load(pd.read_csv, 'c.csv'), on=\"customer_id\")\n" in module
    assert 'partition="vertical", label_party="bank"' in module
    assert "tables.py:9  FM142" in done.output
    assert "train.py:4  FM" not in done.output


def test_every_cell_of_a_notebook_keeps_its_statements(command: Command, script: Path) -> None:
    lines = SCRIPT.splitlines(keepends=True)
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": part,
        }
        for part in (lines[:5], lines[5:])
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (script.parent / "train.ipynb").write_text(json.dumps(notebook))
    done = command("convert", "train.ipynb", *OPTIONS, *KEY)
    assert done.exit_code == 0, done.output
    assert "runs cell 1 line 5; cell 2 lines 1-3" in done.output
    written = json.loads((script.parent / "train_fed.ipynb").read_text())
    assert written["cells"][0]["source"][-1] == 'df = fed.align(df, on="customer_id")\n'
