"""Doctor, logs, messages, the commands' exit codes, and model folders that hold a trap."""

from __future__ import annotations

import http.server
import json
import logging
import pickle
import shutil
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planmine.bundled import flow_file, model_folder
from planmine.cli import app
from planmine.coding.model import Coder
from planmine.logs import logged
from planmine.operations.doctor import examine
from planmine.operations.notify import send


def test_doctor_finds_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    sources = tmp_path / "sources.yaml"
    sources.write_text(
        "user_agent: a@b\nallow: [127.0.0.1]\nsources: [{folder: none}, {address: 'http://127.0.0.1:9/x'}]\n",
        encoding="utf-8",
    )
    found = {finding.what: finding for finding in examine(tmp_path / "ws", sources)}
    assert found["planmine"].state == found["bundled font"].state == found["coder"].state == "ok"
    assert found[str(tmp_path / "none")].state == "error"
    assert found["http://127.0.0.1:9"].state == "warning" and found["http://127.0.0.1:9"].remedy
    assert found["disk"].found.endswith("GB free")
    assert all(finding.remedy for finding in found.values() if finding.state != "ok")
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws/ledger.duckdb").write_bytes(b"no database")
    shown = CliRunner().invoke(app, ["doctor", "--workspace", str(tmp_path / "ws"), "--json"])
    states = {row["what"]: row["state"] for row in json.loads(shown.stdout)}
    assert shown.exit_code == 1 and states["workspace"] == "error"


def test_logs_are_lines_of_json(tmp_path: Path) -> None:
    with logged(tmp_path):
        logging.getLogger("planmine.test").info("a batch", extra={"documents": 3, "where": Path("x")})
        try:
            raise ValueError("bad")
        except ValueError:
            logging.getLogger("planmine.test").exception("it failed")
    logging.getLogger("planmine.test").error("after")
    lines = [json.loads(line) for line in (tmp_path / "logs/planmine.jsonl").read_text("utf-8").splitlines()]
    assert [(line["level"], line["what"]) for line in lines] == [("info", "a batch"), ("error", "it failed")]
    assert lines[0]["documents"] == 3 and lines[0]["where"] == "x" and "ValueError: bad" in lines[1]["error"]


def test_a_message_that_nobody_takes_stops_nothing_and_hides_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[dict] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        good = f"json://127.0.0.1:{server.server_port}/"
        assert send([good], "标题", "正文") and heard[0]["title"] == "标题" and heard[0]["message"] == "正文"
        assert not send([good, "json://user:secret@127.0.0.1:9/"], "t", "m")
        assert not send(["nonsense"], "t", "m")
    finally:
        server.shutdown()
        server.server_close()
    assert len(heard) == 2
    mine = [record.getMessage() for record in caplog.records if record.name.startswith("planmine")]
    assert mine == ["a message was not sent"] * 2 and "secret" not in str(mine)


def test_wrong_sources_are_wrong_use(tmp_path: Path) -> None:
    for command in ("fetch", "watch"):
        where = ["--workspace", str(tmp_path / "ws"), "--sources", str(tmp_path / "none.yaml")]
        shown = CliRunner().invoke(app, [command, *where])
        assert shown.exit_code == 2 and "none.yaml: cannot be read" in shown.stderr


def test_watch_reads_folders_once_and_again_when_a_file_comes(
    plans: Path, tmp_path: Path, tables_only: None
) -> None:
    (tmp_path / "sources.yaml").write_text("sources: [{folder: plans}]\n", encoding="utf-8")
    where = ["--workspace", str(tmp_path / "ws"), "--sources", str(tmp_path / "sources.yaml")]
    told = []
    (plans / "empty.txt").write_bytes(b"")  # what always fails is no news
    for turn in range(3):
        if turn == 2:
            (plans / "new.txt").write_text("丙市2025年工作计划\n1.新建公厕2座。\n", encoding="utf-8")
        shown = CliRunner().invoke(app, ["watch", *where])
        assert shown.exit_code in (0, 3), shown.output
        told.append("nothing new" in shown.stdout)
    assert told == [False, True, False]


def test_the_flows_are_found() -> None:
    assert flow_file("watch").name == "watch.py"
    with pytest.raises(FileNotFoundError, match="install planmine again"):
        flow_file("nothing")


class Trap:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return Path.touch, (self.marker,)


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "vocabulary.txt", "model.pkl", "extra.bin"]
)
@pytest.mark.attack("A malicious pickle in the folder of the coder", "not executed")
def test_a_pickle_in_a_coders_folder_is_not_executed(tmp_path: Path, name: str) -> None:
    marker, folder = tmp_path / "executed", tmp_path / "coder"
    shutil.copytree(model_folder("coder"), folder)
    (folder / name).write_bytes(pickle.dumps(Trap(marker)))
    assert pickle.loads((folder / name).read_bytes()) is None and marker.exists()  # it is a trap
    marker.unlink()
    try:
        Coder.load(folder, encode=lambda texts: None)  # type: ignore[arg-type, return-value]
    except Exception as error:
        assert name in ("model.safetensors", "config.json", "vocabulary.txt"), error
    assert not marker.exists()


@pytest.mark.attack("A malicious pickle in the folder of an encoder", "not executed, refused with the remedy")
def test_a_pickle_in_an_encoders_folder_is_not_executed(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    from planmine.embedding import EncoderError, load_encoder

    marker, folder = tmp_path / "executed", tmp_path / "encoder"
    folder.mkdir()
    trap = pickle.dumps(Trap(marker))
    kind = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 8, "num_hidden_layers": 1}
    kind |= {"num_attention_heads": 1, "intermediate_size": 8, "vocab_size": 4}
    (folder / "config.json").write_text(json.dumps(kind), encoding="utf-8")
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", encoding="utf-8")
    for name in ("pytorch_model.bin", "model.pkl", "tokenizer.pkl"):
        (folder / name).write_bytes(trap)
    with pytest.raises(EncoderError):
        load_encoder(str(folder))
    assert not marker.exists()
