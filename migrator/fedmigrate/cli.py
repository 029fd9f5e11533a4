"""The command line: click commands and their help, and no logic.

Whatever a command needs beyond click is imported when it runs, so that ``--help`` and ``--version``
answer at once and a commit without training scripts does not notice the hook.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from fedmigrate import __version__
from fedmigrate.errors import MigrateError

P = ParamSpec("P")

_TABLE_FORMATS = click.Choice(["text", "json", "markdown"])
_FORMATS = click.Choice(["text", "json"])
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _shows_errors(command: Callable[P, int]) -> Callable[P, None]:
    """Turn a command's result, or the error that ended it, into an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except MigrateError as error:
            click.echo(f"fedmigrate: {error}", err=True)
            code = 2
        sys.exit(code)

    return run


@click.group(context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="fedmigrate")
def main() -> None:
    """Turn a scikit-learn training script into federated code that trains the same model.

    \b
    fedmigrate convert train.py --diff   see what would change
    fedmigrate convert train.py          write train_fed.py beside it
    python train_fed.py                  train across the parties, simulated here
    fedmigrate verify train.py           run both and compare the two models

    The script itself is never changed. What cannot be converted stays as it was, under a comment
    with a code that `fedmigrate explain` explains.
    """


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@click.option("-o", "--output", metavar="FILE", help="Write here; `-` for standard output.")
@click.option("--diff", is_flag=True, help="Print a patch for `git apply`; write nothing.")
@click.option("--check", is_flag=True, help="Exit 1 if a conversion is missing or out of date.")
@click.option("--parties", metavar="A,B,...", help="Names of the parties.  [default: alice,bob]")
@click.option(
    "--split",
    type=click.Choice(["contiguous", "iid", "label_skew"]),
    help="How a simulation splits the rows over the parties.  [default: contiguous]",
)
@click.option(
    "--partition",
    type=click.Choice(["horizontal", "vertical", "auto"]),
    help="Whether parties have other rows, or other columns of the same rows; `auto` looks, and "
    "asks.  [default: horizontal]",
)
@click.option("--label-party", metavar="NAME", help="Of a vertical partition: who has the label.")
@click.option(
    "--on",
    metavar="COLUMN,...",
    help="Of a vertical partition: the key by which rows are matched.",
)
@click.option(
    "--drop-displays",
    is_flag=True,
    help="Turn statements that only show rows (plots, prints) into comments.",
)
@click.option(
    "--epsilon",
    type=click.FloatRange(0, min_open=True),
    help="Train under a privacy budget: 1 is strong, 3 usual, 10 weak.",
)
@click.option(
    "--delta",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Of the privacy budget; below one over the number of rows.  [default: 1e-06]",
)
@click.option("--stdin-filename", metavar="NAME", help="What standard input is called.")
@click.option("--format", "format_", type=_FORMATS, default="text", help="Of the summary.")
@click.option("-v", "--verbose", is_flag=True, help="Also list what was left alone on purpose.")
@_shows_errors
def convert(
    paths: tuple[str, ...],
    output: str | None,
    diff: bool,
    check: bool,
    parties: str | None,
    split: str | None,
    partition: str | None,
    label_party: str | None,
    on: str | None,
    drop_displays: bool,
    epsilon: float | None,
    delta: float | None,
    stdin_filename: str | None,
    format_: str,
    verbose: bool,
) -> int:
    """Write the federated version of scripts beside them.

    PATHS are scripts, folders (every script in them that fits scikit-learn estimators), or `-` for
    standard input, which is converted to standard output.

    \b
    fedmigrate convert train.py                       writes train_fed.py
    fedmigrate convert train.py --diff | git apply    the same, by way of a patch
    fedmigrate convert src/ --check                   for continuous integration
    fedmigrate convert train.py --parties a,b,c --split label_skew
    fedmigrate convert train.py --epsilon 3           with noise on all that is let out
    fedmigrate convert - < train.py > train_fed.py
    fedmigrate convert train.py --parties bank,shop \\
        --partition vertical --label-party bank --on customer_id

    Exit code: 0 all is well; 1 a person is needed, because something could not be converted, or
    (with --check) a conversion is missing or out of date, or (with --partition auto) parties seem
    to have other columns and nobody could be asked; 2 wrong usage, or a file that cannot be read
    or written. An existing file is only replaced if fedmigrate wrote it.
    """
    if check and format_ == "text" and not (diff or verbose):
        from fedmigrate.gate import holds_no_training_script

        if holds_no_training_script(paths):
            return 0
    from fedmigrate.commands import convert_command

    return convert_command(
        paths,
        output=output,
        diff=diff,
        check=check,
        parties=parties,
        split=split,
        partition=partition,
        label_party=label_party,
        on=on,
        drop_displays=drop_displays,
        epsilon=epsilon,
        delta=delta,
        stdin_name=stdin_filename,
        format=format_,
        verbose=verbose,
    )


@main.command()
@click.argument("code", required=False)
@_shows_errors
def explain(code: str | None) -> int:
    """Explain a diagnostic code, or list all of them.

    \b
    fedmigrate explain          one line a code
    fedmigrate explain FM203    why it is so, an example, and what to do
    """
    from fedmigrate.commands import explain_command

    return explain_command(code)


@main.command()
@click.option("--format", "format_", type=_TABLE_FORMATS, default="text", help="Of the table.")
@_shows_errors
def estimators(format_: str) -> int:
    """List the supported estimators.

    Each with its exactness, how that is reached, and the values its parameters may have.

    \b
    fedmigrate estimators                    one paragraph each
    fedmigrate estimators --format markdown  a table for your documentation

    \b
    exact        equal to scikit-learn on the pooled data, to rounding
    equivalent   the same optimum, reached on another path
    statistical  the same algorithm, with other random draws
    approximate  a federated stand-in
    """
    from fedmigrate.commands import estimators_command

    return estimators_command(format_)


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="SCRIPT [CONVERSION]")
@click.option("--rtol", type=float, default=1e-9, show_default=True, help="Relative tolerance.")
@click.option("--sample", type=float, metavar="SHARE", help="Of the rows, such as 0.1.")
@click.option(
    "--seeds", type=int, default=5, show_default=True, help="Runs of each where draws decide."
)
@click.option("--format", "format_", type=_FORMATS, default="text", help="Of the answer.")
@_shows_errors
def verify(
    paths: tuple[str, ...], rtol: float, sample: float | None, seeds: int, format_: str
) -> int:
    """Run a script and its conversion and compare them.

    Every fitted attribute and every printed line is compared, and judged by what the estimator's
    exactness class promises. Both run in processes of their own; nothing is written into files.

    Values are compared under one seed, which is set before the script starts. Where values that
    draws may decide differ, both scripts run under --seeds seeds, and a score or printed line is
    worse than promised if no other way to deal these runs into two groups sets them further apart,
    and the conversion lies more than twice as far from the original's runs as these from one
    another: with 5 seeds a false alarm in at most 0.8 % of the values. Estimators that were given a
    whole number as random_state get others in further runs; data and splits keep theirs.

    What differs by at most 10 times what another order of rows does to scikit-learn's own fit, and
    by at most 1e-2, is as promised, too; where only the same optimum is promised, 10 times what a
    tighter tolerance does to it, if that is more.

    \b
    fedmigrate verify train.py                  converts, runs both, compares
    fedmigrate verify train.py train_fed.py     compares an existing conversion
    fedmigrate verify train.py --sample 0.1     a first look on a tenth of the rows

    Exit code: 0 as equal as promised; 1 worse than that, or a script failed; 2 wrong usage, or
    a file that cannot be read.
    """
    from fedmigrate.verify import verify_command

    return verify_command(paths, rtol, sample, seeds, format_, sys.stdout)


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@click.option("--format", "format_", type=_FORMATS, default="text", help="Of the report.")
@click.option("--html", metavar="FILE", help="Also write one page to read in a browser.")
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: one a core]"
)
@_shows_errors
def report(paths: tuple[str, ...], format_: str, html: str | None, jobs: int | None) -> int:
    """Tell how much of a code base can migrate, and what stands in the way.

    PATHS are scripts, notebooks and folders. They are looked at as `convert` does; nothing is
    written beside them, nor run.

    \b
    fedmigrate report src/                         tables
    fedmigrate report src/ --html report.html      and a page to hand on
    fedmigrate report src/ --format json > report.json

    Exit code: 0 everything migrates, or there is nothing to do; 1 something is left for a person;
    2 wrong usage, or a file that cannot be read.
    """
    from fedmigrate.inventory.command import report_command

    return report_command(paths, format_, html, jobs)


@main.command()
@click.argument("run")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "html"]),
    help="Of the answer.  [default: text, or what FILE is called]",
)
@click.option("-o", "--output", metavar="FILE", help="Write here: *.html, *.json or *.txt.")
@click.option("--all", "every_run", is_flag=True, help="All runs, not only the last one.")
@_shows_errors
def audit(run: str, format_: str | None, output: str | None, every_run: bool) -> int:
    """Show what left each party in a run, and who knows what now.

    RUN is a federated script (its last run), a ledger file, or a folder (the last run of each
    script in it). Every message that left a party is counted, with how it was protected and what it
    was for. The record is checked: each of its lines is bound to the one before it by a hash.

    \b
    fedmigrate audit train_fed.py                  its last run
    fedmigrate audit train_fed.py -o audit.html    a page to hand on
    fedmigrate audit run.ledger.jsonl --all        all runs of a ledger that was kept

    Exit code: 0 the record is complete and as it was written; 1 a person has to look into it,
    because lines were altered, removed or moved, or the run did not end properly; 2 wrong usage, or
    a file that cannot be read. What a party's policy objects to is listed and is no reason for 1.
    """
    from fedmigrate.audit import audit_command

    return audit_command(run, format_, output, every_run, sys.stdout)


@main.command()
@click.argument("script")
@click.option("-o", "--output", metavar="FOLDER", required=True, help="The folder to write.")
@click.option(
    "--engine",
    type=click.Choice(["flower", "secretflow"]),
    default="secretflow",
    show_default=True,
    help="What carries messages between the parties.",
)
@click.option("--parties", metavar="A,B,...", help="Names of the parties.  [default: the script's]")
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="PARTY=HOST:PORT",
    help="Where a party is reached by the others; one a party. With Flower only the coordinator "
    "is reached: coordinator=HOST:PORT.",
)
@click.option(
    "--identity",
    "identities",
    multiple=True,
    metavar="PARTY=BASE64",
    help="A party's public identity, as it has sent it.",
)
@click.option("--certs", is_flag=True, help="Make all keys and certificates here, to try it out.")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="How long certificates of --certs are valid.",
)
@click.option("--force", is_flag=True, help="Replace files that are there, keys included.")
@_shows_errors
def deploy(
    script: str,
    output: str,
    engine: str,
    parties: str | None,
    addresses: tuple[str, ...],
    identities: tuple[str, ...],
    certs: bool,
    days: int,
    force: bool,
) -> int:
    """Write the folders from which real organisations run a federated script.

    SCRIPT is what `convert` wrote. Each party gets a folder with the script and the modules that it
    imports, its settings, a policy with the defaults, and a README with its commands.

    \b
    fedmigrate deploy train_fed.py --engine flower -o out/ \\
        --address coordinator=study.example:8000
    fedmigrate deploy train_fed.py --engine secretflow -o out/ \\
        --address alice=alice.example:9000 --address bob=bob.example:9000

    With --certs every private key is made on this machine, for trying it out on one. In a real
    deployment each party makes its own, as its README says, and sends what is public.

    Exit code: 0 all is there; 1 the parties still have to send their public identities; 2 wrong
    usage, or a file that cannot be read or written. Nothing is overwritten without --force.
    """
    from fedmigrate.deploy import deploy_command

    return deploy_command(
        script,
        output,
        engine=engine,
        parties=parties,
        addresses=addresses,
        identities=identities,
        certs=certs,
        days=days,
        force=force,
    )


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS...]")
@click.option(
    "--engine",
    type=click.Choice(["local", "processes", "flower", "secretflow"]),
    help="Instead of the one that the settings name.",
)
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines on standard output.")
@click.option("--metrics", metavar="FILE", help="Keep a file in Prometheus' text format.")
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Answer Prometheus on this port of this machine; 0 takes a free one.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that was interrupted.")
@click.option(
    "--run-dir",
    metavar="FOLDER",
    help="For events, status and checkpoint.  [default: .fedmigrate/SCRIPT.run beside the script]",
)
@_shows_errors
def run(
    script: str,
    arguments: tuple[str, ...],
    engine: str | None,
    as_json: bool,
    metrics: str | None,
    metrics_port: int | None,
    resume: bool,
    run_dir: str | None,
) -> int:
    """Run a federated script and watch it.

    SCRIPT is what `convert` wrote. It runs unchanged, in a process of its own; what it prints goes
    to standard output, and all else to standard error: at a terminal a table of the parties with
    rounds, bytes, loss and stragglers, elsewhere a line a fit.

    \b
    fedmigrate run train_fed.py                     on the engine that its settings name
    fedmigrate run train_fed.py --engine processes
    fedmigrate run train_fed.py --resume            after a crash or Ctrl-C
    fedmigrate run train_fed.py --json | jq .event
    fedmigrate run train_fed.py -- --epochs 5       with arguments of its own

    Every answer of the parties is kept until the run ends (not on SecretFlow), so that --resume
    gives the model that the run would have given, bit by bit.

    Exit code: 0 the script ended well; 1 it failed or was interrupted; 2 wrong usage, or a file
    that cannot be read or written.
    """
    from fedmigrate.run import run_command

    return run_command(
        script,
        arguments,
        engine=engine,
        as_json=as_json,
        metrics=metrics,
        metrics_port=metrics_port,
        resume=resume,
        run_dir=run_dir,
    )


@main.command()
@click.argument("subject", required=False, default=".", metavar="[SCRIPT | FOLDER]")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON on standard output.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
    help="To wait for an address to answer.",
)
@_shows_errors
def doctor(subject: str, as_json: bool, timeout: float) -> int:
    """Check what a run needs, before it runs.

    SCRIPT is a federated script, FOLDER that of a party (where its party.toml lies) or of a
    deployment (with the parties' folders in it). Checked are versions, settings, clocks, ports,
    certificates, keys, the script's digest, policies, and whether the parties' tables have the same
    columns.

    \b
    fedmigrate doctor train_fed.py
    fedmigrate doctor out/               what `deploy` wrote
    fedmigrate doctor out/alice --json

    Parties whose folders are on this machine are started and asked what their tables look like;
    their own ledgers note that.

    Exit code: 0 nothing was found; 1 a person has to look into it; 2 wrong usage.
    """
    from fedmigrate.doctor import doctor_command

    return doctor_command(subject, as_json=as_json, timeout=timeout)
