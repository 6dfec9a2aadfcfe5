"""The embedding stage: what masking takes away, what every encoder promises, how good the bundled one is."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planmine.bundled import model_folder
from planmine.embedding import Encoder, EncoderError, load_encoder, mask

GOLDEN = Path(__file__).parents[1] / "golden" / "paraphrases.jsonl"
MEASURES = [
    "新建公共厕所12座，改造提升35座。",
    "组织环卫工人开展安全培训，全年不少于四次。",
    "依托视频监控，对渣土车实行全程监管。",
]


@cache
def bundled() -> Encoder:
    return load_encoder()


@pytest.fixture
def encoder() -> Encoder:
    return bundled()


def triples() -> list[dict[str, str]]:
    rows = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if "measure" in row]


# -- masking ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("深圳市新建公厕12座", "新建公厕"),
        ("清运垃圾3.5万吨", "清运垃圾"),
        ("投入180余万元购置车辆", "投入购置车辆"),
        ("机械化清扫率达到98%以上", "机械化清扫率达到"),
        ("处置率由40％提高到60％", "处置率由提高到"),
        ("投资20-30亿元建厂", "投资建厂"),
        ("2021年6月底前完成绿化", "完成绿化"),
        ("二〇二一年完成绿化", "完成绿化"),
        ("植树二十余万棵", "植树"),
        ("培训数百名队员", "培训队员"),
        ("满意率百分之九十八点五", "满意率"),
        ("１２座公厕", "公厕"),
        ("装机300万千瓦", "装机"),
        ("xxxx年清理小广告xxx处", "清理小广告"),
        ("X区××街道整治市场", "区街道整治市场"),
        ("举办第八届花展", "举办花展"),
    ],
)
def test_places_and_figures_are_masked(text: str, left: str) -> None:
    assert mask(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "推进城乡一体化",
        "落实门前三包",
        "最多跑一次改革",
        "监测PM2.5浓度",
        "布设5G基站",
        "完善12345热线",
        "改造104国道",
        "学习“四个意识”",
        "做好三农工作",
        "开展百日攻坚",
        "编制十四五规划",
        "落实八项规定",
        "推广GPS和PPP",
        "新建城区公园",
    ],
)
def test_names_that_hold_numerals_stay(text: str) -> None:
    assert mask(text) == text


@given(st.integers(1, 10**9), st.sampled_from("座 处 万元 平方米 % 公里 人次 个".split()))
def test_no_figure_survives(value: int, unit: str) -> None:
    assert mask(f"完成{value}{unit}任务") == "完成任务"
    assert mask(f"完成约{value:,}余{unit}") == "完成约"


@given(st.text(alphabet="建设公园垃圾，。0123年xX 座深圳市“”ab", max_size=40))
def test_masking_only_takes_away(text: str) -> None:
    left = iter(text)
    assert all(char in left for char in mask(text))


# -- what every encoder promises -------------------------------------------------------------------------------


def test_vectors_are_unit_rows_of_float32(encoder: Encoder) -> None:
    vectors = encoder.encode(MEASURES)
    assert vectors.shape == (len(MEASURES), encoder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("text", ["", " ", "。", "——", "2021年", "深圳市", "\U0001f600", "𠮷𠮷", "\x00"])
def test_text_without_content_has_a_defined_vector(encoder: Encoder, text: str) -> None:
    (vector,) = encoder.encode([text])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert np.abs(encoder.encode(MEASURES) @ vector).max() < 0.6


def test_text_of_figures_alone_is_encoded_as_it_stands(encoder: Encoder) -> None:
    empty, year, city = encoder.encode(["", "2021年", "深圳市"])
    assert not np.array_equal(empty, year)
    assert not np.array_equal(year, city)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_one_text_in_place_of_a_list_is_refused(encoder: Encoder) -> None:
    with pytest.raises(TypeError, match=r"encode\(\[text\]\)"):
        encoder.encode("新建公厕")


@settings(deadline=None)
@given(st.lists(st.sampled_from([*MEASURES, "", "整治市容"]), min_size=1, max_size=30))
def test_a_vector_depends_on_its_text_alone(texts: list[str]) -> None:
    together = bundled().encode(texts)
    for text, row in zip(texts, together, strict=True):
        assert bundled().encode([text])[0].tobytes() == row.tobytes()


def test_many_texts_give_the_bytes_of_few(encoder: Encoder) -> None:
    texts = [
        f"{verb}{what}" for verb in "新建 改造 清理 检查".split() for what in map(chr, range(0x6000, 0x6200))
    ]
    together = encoder.encode(texts)
    apart = np.vstack([encoder.encode(texts[start : start + 7]) for start in range(0, len(texts), 7)])
    assert together.tobytes() == apart.tobytes()


def test_other_places_and_figures_give_the_same_vector(encoder: Encoder) -> None:
    here, there = encoder.encode(["深圳市新建公厕12座", "成都市新建公厕300余座"])
    np.testing.assert_array_equal(here, there)


def test_the_revision_is_a_digest_and_stable(encoder: Encoder) -> None:
    assert re.fullmatch("[0-9a-f]{64}", encoder.revision)
    assert load_encoder().revision == encoder.revision
    assert encoder.name == "static-zh"


# -- loading ---------------------------------------------------------------------------------------------------


def test_the_bundled_model_needs_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = sys.modules['sentence_transformers'] = None\n"
        "from planmine.embedding import load_encoder\n"
        "assert load_encoder().encode(['新建公厕']).shape[0] == 1\n"
        "assert 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EncoderError, match=r"pip install planmine\[transformers\]"):
        load_encoder("some/model")


def test_a_missing_folder_is_named() -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(EncoderError, match="no/such/folder is no folder"):
        load_encoder("no/such/folder")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match=re.escape(str(tmp_path))):
        load_encoder(tmp_path)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pkl", "0_Dense/weights.pt"])
@pytest.mark.attack("Pickled weights in the folder of an encoder", "refused with the remedy")
def test_pickled_weights_are_refused(tmp_path: Path, name: str) -> None:
    pytest.importorskip("sentence_transformers")
    shutil.copytree(model_folder("static-zh"), tmp_path / "model")
    file = tmp_path / "model" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(pickle.dumps({"weights": [1.0]}))
    with pytest.raises(EncoderError, match=rf"{re.escape(str(file))}.*save_pretrained"):
        load_encoder(tmp_path / "model")


@pytest.mark.parametrize("content", [b"", b"GGUF" + bytes(60), pickle.dumps([1.0])])
def test_weights_of_another_format_are_refused(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("sentence_transformers")
    shutil.copytree(model_folder("static-zh"), tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_bytes(content)
    with pytest.raises(EncoderError, match=re.escape(str(tmp_path / "model"))):
        load_encoder(tmp_path / "model")


def test_a_damaged_bundled_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(model_folder("static-zh"), tmp_path / "static-zh")
    (tmp_path / "static-zh" / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr("planmine.embedding.model_folder", lambda name: tmp_path / name)
    with pytest.raises(EncoderError, match=r"models/README\.md"):
        load_encoder()


def test_sentence_transformers_loads_the_bundled_model_with_the_same_vectors(encoder: Encoder) -> None:
    pytest.importorskip("sentence_transformers")
    texts = [row[key] for row in triples()[:40] for key in ("measure", "paraphrase")]
    other = load_encoder(model_folder("static-zh"))
    np.testing.assert_allclose(other.encode(texts), encoder.encode(texts), atol=1e-3)
    assert other.revision == encoder.revision
    assert other.dimensions == encoder.dimensions


# -- quality ---------------------------------------------------------------------------------------------------


def test_paraphrases_of_other_cities_are_found(encoder: Encoder) -> None:
    rows = triples()
    assert len(rows) >= 120
    measures, paraphrases, others = (
        encoder.encode([row[key] for row in rows]) for key in ("measure", "paraphrase", "hard_negative")
    )
    cosines = measures @ np.vstack([paraphrases, others]).T
    true = np.diagonal(cosines)
    assert np.mean(cosines.argmax(axis=1) == np.arange(len(rows))) >= 0.60
    assert np.mean(cosines[:, : len(rows)].argmax(axis=1) == np.arange(len(rows))) >= 0.80
    strangers = cosines[:, : len(rows)][~np.eye(len(rows), dtype=bool)]
    assert abs(strangers.mean()) < 0.08
    assert true.mean() > strangers.mean() + 3 * strangers.std()


def test_what_is_read_are_the_vectors_and_those_of_the_words(encoder: Encoder) -> None:
    texts = ["新建公共厕所12座", "12座", "再盖公厕三十余座", "新建公共厕所15座"]
    vectors, words = encoder.read(texts)
    np.testing.assert_array_equal(vectors, encoder.encode(texts))
    assert all(len(part) for part in (words[0], words[2]))
    np.testing.assert_allclose(np.linalg.norm(words[0].astype(np.float32), axis=1), 1, atol=1e-2)
    np.testing.assert_array_equal(words[0], words[3])  # figures are masked
