"""The command line; each command imports what it needs, so that ``planmine --help`` answers at once."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from planmine.operations.commands import register

app = typer.Typer(
    name="planmine",
    help="Read the published work plans of cities side by side.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """Formats of ``planmine extract``."""

    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


class UnitOption(StrEnum):
    """What counts as a unit."""

    quasi_sentence = "quasi-sentence"
    sentence = "sentence"


Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait where another run holds the workspace.")]


class By(StrEnum):
    """What ``planmine search`` ranks by."""

    both = "both"
    lexical = "lexical"
    semantic = "semantic"


Place = Annotated[Path, typer.Option(help="Folder of the run.")]
Sources = Annotated[list[str], typer.Argument(help="Files, folders or globs.", show_default=False)]
Unit = Annotated[UnitOption, typer.Option(help="Unit of analysis.")]
Abstain = Annotated[
    float, typer.Option(min=0, max=1, help="Leave a category `unsure` whose probability is below this.")
]


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _tell_failures(failures: list[dict[str, str]]) -> None:
    for row in failures:
        _say(f"failed: {row['file']} [{row['stage']}] {row['reason']} -> {row['remedy']}")


def _version(value: bool) -> None:
    if value:
        from planmine import __version__

        typer.echo(f"planmine {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Read the published work plans of cities side by side."""


@app.command()
def run(
    sources: Sources,
    workspace: Annotated[Path, typer.Option(help="Folder for what was read and for the reports.")] = Path(
        "workspace"
    ),
    encoder: Annotated[
        str | None, typer.Option(help="A sentence-transformers name or folder; default the bundled model.")
    ] = None,
    rerank: Annotated[
        str | None,
        typer.Option(
            help="An encoder that weighs matches and similarity again: e5zh (bundled, needs torch; better, slow)."
        ),
    ] = None,
    codebook: Annotated[
        Path | None, typer.Option(help="Your codebook in YAML; default the bundled one.")
    ] = None,
    unit: Unit = UnitOption.quasi_sentence,
    abstain: Abstain = 0.0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that read documents.")] = 1,
    coded: Annotated[
        Path | None, typer.Option(help="Hand-coded random sample (planmine sample): corrects the coverage.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Folder of an earlier report, whose themes keep their ids.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="A name for this run, to find and cite it by.")] = None,
    wait: Wait = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Read plans, compare the cities, and write WORKSPACE/reports/latest/index.html.

    Exit code 0; 3 where some documents failed (they are listed); 2 on wrong use; 4 where another run holds
    the workspace; 1 where the disk fails.
    """
    from dataclasses import asdict

    from planmine.codebook import CodebookError
    from planmine.embedding import EncoderError
    from planmine.logs import logged
    from planmine.run import RunError, Settings, summary_table, to_json
    from planmine.run import run as run_sources
    from planmine.workspace import InUse, LedgerError

    settings = Settings(
        unit=unit.value,
        abstain=abstain,
        encoder=encoder,
        rerank=rerank,
        codebook=str(codebook) if codebook else None,
        coded=str(coded) if coded else None,
        previous=str(previous) if previous else None,
    )
    try:
        with _bar("reading") as progress, logged(workspace):
            summary = run_sources(
                sources,
                workspace,
                settings,
                workers=workers,
                progress=progress,
                name=name,
                wait=wait,
            )
    except RunError as error:
        _tell_failures([asdict(failure) for failure in error.failures])
        _say(f"error: {error}")
        raise typer.Exit(3) from error
    except InUse as error:
        _say(f"error: {error}")
        raise typer.Exit(4) from error
    except (CodebookError, EncoderError, FileNotFoundError, ValueError) as error:
        _say(f"error: {error}")
        raise typer.Exit(2) from error
    except (LedgerError, OSError) as error:
        _say(f"error: {error}; what was read before is kept, and the next run goes on from there")
        raise typer.Exit(1) from error
    typer.echo(to_json(summary) if json else summary_table(summary))
    _tell_failures(summary.failures)
    raise typer.Exit(3 if summary.failures else 0)


@app.command()
def sample(
    report: Annotated[Path, typer.Argument(help="Folder of a report: WORKSPACE/reports/latest.")],
    out: Annotated[Path, typer.Option(help="CSV to write: code its column category.")],
    n: Annotated[int, typer.Option(min=1, help="Measures to draw.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed, another sample.")] = 0,
) -> None:
    """Draw measures at random to code by hand; `planmine run --coded FILE` then corrects the coverage."""
    import pandas as pd

    from planmine.comparison import draw_sample

    file = report / "tables" / "measures.parquet"
    if not file.is_file():
        _say(f"error: {file}: missing; name the folder of a report")
        raise typer.Exit(2)
    drawn = draw_sample(pd.read_parquet(file), n, seed=seed)
    drawn.to_csv(out, index=False, encoding="utf-8-sig", lineterminator="\n")
    _say(f"{len(drawn)} measures in {out}: code the column category, `none` where it is no measure")


@app.command()
def extract(
    files: Sources,
    format: Annotated[Format, typer.Option(help="Format of the rows.")] = Format.jsonl,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
    unit: Unit = UnitOption.quasi_sentence,
    abstain: Abstain = 0.0,
) -> None:
    """Print one row for each measure of FILES, with codes, figures and offsets."""
    from dataclasses import asdict

    from planmine.extraction import ExtractError, extract_rows, write_rows

    if format is Format.parquet and out is None:
        _say("error: Parquet is no text: give --out PATH")
        raise typer.Exit(2)
    try:
        rows, failures = extract_rows(files, unit=unit.value, abstain=abstain)
        write_rows(rows, format.value, out)
    except ExtractError as error:
        _say(f"error: {error}")
        raise typer.Exit(2) from error
    _tell_failures([asdict(failure) for failure in failures])
    raise typer.Exit(3 if failures else 0)


@app.command()
def evaluate(
    gold: Annotated[Path, typer.Argument(help="Hand-coded units: a .jsonl file or a folder of them.")],
    text: Annotated[Path, typer.Option(help="Folder of the texts that the gold names.")],
    abstain: Abstain = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Score the reading of plans against hand-coded units: units, status, category, figures, calibration."""
    from json import dumps

    from planmine.evaluation import GoldError, gold_files, read_gold, report_text
    from planmine.evaluation import evaluate as score

    try:
        found = score(read_gold(gold_files(gold)), text, abstain=abstain)
    except GoldError as error:
        _say(f"error: {error}")
        raise typer.Exit(2) from error
    typer.echo(dumps(found, ensure_ascii=False, indent=1) if json else report_text(found))


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words to look for.", show_default=False)],
    workspace: Place = Path("workspace"),
    city: Annotated[str | None, typer.Option(help="Only this city.")] = None,
    year: Annotated[int | None, typer.Option(help="Only this year.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category (its code).")] = None,
    status: Annotated[str | None, typer.Option(help="Only this status.")] = None,
    agency: Annotated[
        str | None, typer.Option(help="Only measures of an agency with this in its name.")
    ] = None,
    strength: Annotated[int | None, typer.Option(min=1, max=3, help="Only this strength.")] = None,
    figures: Annotated[
        bool | None, typer.Option("--figures/--no-figures", help="Only with, or without, a figure.")
    ] = None,
    by: Annotated[By, typer.Option(help="Rank by words, by sense, or by both.")] = By.both,
    limit: Annotated[int, typer.Option(min=1, help="How many measures to print.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Find measures of the workspace's last report, by their words and by their sense."""
    from planmine.search import Filters, SearchError, found_text, to_json
    from planmine.search import search as find

    filters = Filters(
        city=city,
        year=year,
        category=category,
        status=status,
        agency=agency,
        strength=strength,
        figures=figures,
    )
    try:
        found = find(query, workspace, filters=filters, mode=by.value, limit=limit)
    except SearchError as error:
        _say(f"error: {error}")
        raise typer.Exit(2) from error
    if json:
        typer.echo(to_json(found))
    elif len(found):
        typer.echo(found_text(found))
    else:
        _say("no measure fits")


@app.command()
def show(
    measure_id: Annotated[str, typer.Argument(help="The id of a measure, as `planmine search` prints it.")],
    workspace: Place = Path("workspace"),
    around: Annotated[int, typer.Option(min=0, help="Characters to print before and after it.")] = 200,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Print a measure of the last report in its place in the plan, with its codes and its counterparts."""
    from planmine.search import SearchError, shown_text, to_json
    from planmine.search import show as find

    try:
        found = find(measure_id, workspace, around=around)
    except SearchError as error:
        _say(f"error: {error}")
        raise typer.Exit(2) from error
    typer.echo(to_json(found) if json else shown_text(found, bold=sys.stdout.isatty()))


@app.command(name="open")
def open_report(
    workspace: Place = Path("workspace"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
) -> None:
    """Serve the workspace's last report on loopback and open it in the browser, until Ctrl-C."""
    import webbrowser

    from planmine.search import SearchError, latest
    from planmine.serving import address, server

    try:
        serving = server(latest(workspace), port)
    except SearchError as error:
        _say(f"error: {error}")
        raise typer.Exit(2) from error
    except OSError as error:
        _say(f"error: port {port} cannot be used ({error.strerror}): give another, or 0 for a free one")
        raise typer.Exit(2) from error
    with serving:
        typer.echo(address(serving))
        if browser:
            webbrowser.open(address(serving))
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            _say("stopped")


register(app)


class _bar:  # noqa: N801
    """A progress bar on standard error, on a terminal only."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self):  # type: ignore[no-untyped-def]
        if not sys.stderr.isatty():
            return None
        from tqdm import tqdm

        self.bar = tqdm(desc=self.what, file=sys.stderr, unit="batch")

        def step(stage: str, done: int, total: int) -> None:
            self.bar.total = total
            self.bar.update(done - self.bar.n)

        return step

    def __exit__(self, *error: object) -> None:
        if hasattr(self, "bar"):
            self.bar.close()


if __name__ == "__main__":
    app()
