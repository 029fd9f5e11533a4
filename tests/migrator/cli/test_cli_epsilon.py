"""``fedmigrate convert --epsilon``: what is written, what is said before, what verify answers."""

from __future__ import annotations

import json
from pathlib import Path

from fedmigrate.plan import Plan


def _conversion(script: Path) -> str:
    return (script.parent / "train_fed.py").read_text(encoding="utf-8")


def test_the_budget_stands_in_the_set_up_line(fedmigrate, script: Path) -> None:
    done = fedmigrate("convert", "train.py", "--epsilon", "3")
    assert done.returncode == 0
    written = _conversion(script)
    assert "PrivacyBudget(epsilon=3.0, delta=1e-06, parts=10)" in written
    assert "from fedruntime import FLModel, PrivacyBudget, SecureAggregator, init\n" in written


def test_without_epsilon_nothing_is_said_of_a_budget(fedmigrate, script: Path) -> None:
    fedmigrate("convert", "train.py")
    assert "udget" not in _conversion(script)


def test_parts_grow_with_what_the_script_fits(fedmigrate, script: Path) -> None:
    more = "".join(f"m{n} = LogisticRegression().fit(X, y)\n" for n in range(3))
    script.write_text(script.read_text() + more)
    fedmigrate("convert", "train.py", "--epsilon", "1", "--delta", "1e-5")
    # Four models of six parts and a score each, and one metric.
    assert "PrivacyBudget(epsilon=1.0, delta=1e-05, parts=29)" in _conversion(script)


def test_a_name_of_the_script_is_not_taken(fedmigrate, script: Path) -> None:
    script.write_text("PrivacyBudget = 3\n" + script.read_text())
    fedmigrate("convert", "train.py", "--epsilon", "3")
    assert "budget=FedPrivacyBudget(epsilon=3.0" in _conversion(script)
    assert "PrivacyBudget as FedPrivacyBudget" in _conversion(script)


def test_check_takes_the_budget_from_the_conversion(fedmigrate, script: Path) -> None:
    fedmigrate("convert", "train.py", "--epsilon", "3", "--delta", "1e-7")
    before = _conversion(script)
    assert fedmigrate("convert", "train.py", "--check").returncode == 0
    assert fedmigrate("convert", "train.py", "--check", "--epsilon", "2").returncode == 1
    assert _conversion(script) == before


def test_what_has_no_private_form_is_said_beforehand(fedmigrate, script: Path) -> None:
    text = script.read_text().replace("LogisticRegression", "RandomForestClassifier")
    script.write_text(text.replace("linear_model", "ensemble"))
    done = fedmigrate("convert", "train.py", "--epsilon", "3")
    said = done.stderr.decode()
    assert "FM131  RandomForestClassifier has no private form" in said
    assert "FM131" not in fedmigrate("convert", "train.py", "-o", "other.py").stderr.decode()


def test_a_private_fit_is_not_called_exact(fedmigrate, script: Path) -> None:
    said = fedmigrate("convert", "train.py", "--epsilon", "3").stderr.decode()
    assert "LogisticRegression  approximate  noise is added under the privacy budget" in said
    assert "FM131" not in said


def test_verify_says_why_it_does_not_compare(fedmigrate, script: Path) -> None:
    said = fedmigrate("convert", "train.py", "--epsilon", "3").stderr.decode()
    assert "fedmigrate verify" not in said
    before = _conversion(script)
    done = fedmigrate("verify", "train.py")
    assert done.returncode == 2
    assert b"trains under a privacy budget" in done.stderr
    assert _conversion(script) == before
    assert not (script.parent / ".fedmigrate").exists()


def test_delta_needs_epsilon(fedmigrate, script: Path) -> None:
    done = fedmigrate("convert", "train.py", "--delta", "1e-5")
    assert done.returncode == 2
    assert b"give --epsilon as well" in done.stderr
    assert not (script.parent / "train_fed.py").exists()


def test_values_that_are_no_budget_are_refused(fedmigrate, script: Path) -> None:
    for arguments in (("--epsilon", "0"), ("--epsilon", "-1"), ("--epsilon", "3", "--delta", "1")):
        assert fedmigrate("convert", "train.py", *arguments).returncode == 2
    assert not (script.parent / "train_fed.py").exists()


def test_the_plan_carries_the_budget_through_json(fedmigrate, script: Path) -> None:
    done = fedmigrate("convert", "train.py", "--epsilon", "3", "--format", "json")
    (file,) = json.loads(done.stdout)["files"]
    plan = Plan.from_json(file["plan"])
    assert (plan.options.epsilon, plan.options.delta) == (3.0, None)
    assert Plan.from_json(plan.to_json()) == plan


def test_functions_without_private_form_are_said_too_and_others_are_not(
    fedmigrate, script: Path
) -> None:
    script.write_text(
        script.read_text()
        + "from sklearn.metrics import roc_auc_score\n"
        + "from sklearn.model_selection import cross_val_score, train_test_split\n"
        + "print(cross_val_score(model, X, y).mean())\n"
        + "print(roc_auc_score(y, model.decision_function(X)))\n"
        + "parts = train_test_split(X, y, random_state=0)\n"
    )
    said = fedmigrate("convert", "train.py", "--epsilon", "3").stderr.decode()
    named = {line.split()[2] for line in said.splitlines() if "  FM131  " in line}
    assert named == {"sklearn.model_selection.cross_val_score", "sklearn.metrics.roc_auc_score"}


def test_a_finding_can_be_accepted(fedmigrate, script: Path) -> None:
    text = script.read_text().replace("LogisticRegression", "RandomForestClassifier")
    text = text.replace("linear_model", "ensemble").replace(
        "Classifier()", "Classifier(random_state=0)  # fedmigrate: ignore[FM131, FM102]"
    )
    script.write_text(text)
    said = fedmigrate("convert", "train.py", "--epsilon", "3").stderr.decode()
    assert "FM131" not in said
