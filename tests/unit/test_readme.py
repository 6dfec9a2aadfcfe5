"""What the README shows is what the program gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from planmine.cli import app

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readmes_input_gives_the_readmes_output(tmp_path: Path) -> None:
    sentence = re.search(r"(?m)^> (.+)$", README)
    shown = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert sentence and shown
    file = tmp_path / "plan.txt"
    file.write_text(sentence[1], encoding="utf-8")
    result = CliRunner().invoke(app, ["extract", str(file)])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    wanted = json.loads(shown[1])
    assert len(rows) == 1
    for name, value in wanted.items():
        if name == "targets":
            found = [
                {key: target[key] for key in one}
                for one, target in zip(value, rows[0]["targets"], strict=True)
            ]
            assert found == value
        else:
            assert rows[0][name] == value, name


def test_every_command_is_documented() -> None:
    names = [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]
    assert names
    for name in names:
        assert f"planmine {name}" in README, name
