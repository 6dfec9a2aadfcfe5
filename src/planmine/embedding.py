"""Measures -> vectors, made to be compared across cities.

Two cities that do the same thing name different places and figures, so both are masked before a text is
embedded. And the vectors of any encoder crowd around one direction (unrelated measures at cosine 0.86), so they
are centred: the encoder's mean over a fixed list of reference measures is taken off, as in Mu and Viswanath,
All-but-the-Top (ICLR 2018). Both happen inside ``encode``, for the bundled model and any other alike.

The bundled model is a table of word vectors, read without torch; models/static-zh/README.md tells its making
and how good it is. ``e5zh``, bundled too, is the neural network it was distilled from. Any sentence-transformers
model can take their place.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from planmine.bundled import model_folder, revision
from planmine.gazetteer import place_pattern

Vectors = NDArray[np.float32]
Halves = NDArray[np.float16]
Split = Callable[[list[str]], tuple[Vectors, list[Vectors]]]
BUNDLED = "static-zh"
NEURAL = "e5zh"  # bundled as well
PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".h5", ".msgpack"}
_CHUNK = 256  # texts a step of the progress bar

# Units after a figure in Arabic digits, and those that make a figure of Chinese numerals as well: 一体化, 三农,
# 一方面, 两岸, 百日攻坚 are none. A lone 一 is never a figure (最多跑一次).
_COUNTED = """个百分点 百分点 平方公里 平方千米 平方米 平米 立方米 公里 千米 米 海里 公顷 亩 公斤 吨 千瓦时 瓦时 千瓦 兆瓦 瓦 蒸吨 元
小时 分钟 个工作日 工作日 个月 周年 周岁 年 岁 人次 车次 班次 户次 剂次 架次 场次 件次 例次 台次 批次 人(?![民口才大]) 个(?!体) 座 处
条(?!龙) 辆 台 套 项(?!规定) 件 起 次(?!性) 名 户 家(?![亲庭]) 间 栋 幢 棵 株 盆 盏 块 份 张 册 篇 期(?!间) 场 批 届 支 种 类 组 段 只 头 例 宗
所 艘 枚 倍 成(?!立|为|果|效)"""
_MEASURED = (
    _COUNTED
    + """ 厘米 毫米 千克 克 毫升 升 千伏安 千伏 摄氏度 度 立方 平方 方 秒 月份 季度 年度 月 日 号 天 周 面 本 根 口 眼 孔 羽 部 架 班
节 课时 学时 课 堂 笔 款 对 幅 把 床 桶 箱 袋 包 车 趟 遍 道 扇 层 位 字 [kKcm]?m[23²³]? km/h kg [kKM]W kV [㎡㎥℃%％‰]"""
)


def _any(words: str) -> str:
    longest_first = sorted(words.split(), key=lambda word: len(word.partition("(")[0]), reverse=True)
    return "(?:" + "|".join(longest_first) + ")"


_AFTER = r"(?:[余多来](?!元))?"
_UNIT = rf"{_AFTER}[十百千万亿]{{0,3}}{_AFTER}(?:{_any(_MEASURED)}{_AFTER})?"
_DIGITS = r"[0-9０-９]++(?:[,.．][0-9０-９]++)*+"
_TENS = "[〇零一二三四五六七八九十百千万亿]"
_ONE_FIGURE = (
    # 300余个, 3.5万平方米; no part of PM2.5, no 5G, no 12345热线, no 104国道
    rf"(?<![A-Za-z0-9.]){_DIGITS}(?!热线|电话|平台|中心|国道|省道){_UNIT}(?![A-Za-z])"
    rf"|百分之{_TENS}+(?:点{_TENS}+)?"
    r"|[一二][〇零一二三四五六七八九]{3}年"
    # 二十余座, 数百名, 两百亿; not inside a quoted name such as “四个意识”
    rf"|(?<![“\"])(?:[二两三四五六七八九十]{_TENS}*|一{_TENS}+|[数几上近]{_TENS}*[十百千万亿]|[百千万](?=[余多]|{_TENS}){_TENS}*)"
    rf"{_AFTER}[万亿]?(?:{_any(_COUNTED)}|(?<=[万亿]))"
    # xxxx年, X区, ××个: what the source made anonymous
    r"|(?<![A-Za-z])[xXｘＸ×＊*]+(?![A-Za-z])" + _UNIT
)
_FIGURE = re.compile(
    rf"(?=[0-9０-９一二两三四五六七八九十百千万数几上近第xXｘＸ×＊*])第?(?:{_ONE_FIGURE})(?:[-—–~～至到]+(?:{_ONE_FIGURE}))*"
    r"(?:以上|以下|以内|左右|上下|余|底前|底|初)?"
)

_WORD = re.compile(r"\w")
_LETTER = re.compile(r"[^\W\d_]")


def mask(text: str) -> str:
    """``text`` without place names and without figures and their units, years and redactions (xxxx年, X区).

    What remains says what is done to what. Nothing is put in their place: see models/static-zh/README.md for the
    measurement. The result may be empty.
    """
    return _FIGURE.sub("", place_pattern().sub("", text))


class EncoderError(RuntimeError):
    """A model cannot be loaded; the message names it and the remedy."""


class Encoder(Protocol):
    """Turns texts into vectors that can be compared by dot product."""

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str:
        """sha256 over the model's files and the reference measures: the same revision, the same vectors."""

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors (n, dimensions) of unit length, masked and centred; the dot product of two is their cosine.

        The vector of a text depends on that text alone, to the byte. A text that is nothing but places and
        figures is encoded unmasked; one in which the model knows no word (an empty one) gets the direction
        opposite to the mean, so that it resembles its like and nothing else.
        """

    def read(self, texts: Sequence[str]) -> tuple[Vectors, list[Halves]]:
        """The vectors that ``encode`` gives, and for each text those of its words (w, e), masked, centred and of unit length.

        Words are the model's tokens with a letter in them, in half floats.
        """


@dataclass(frozen=True, slots=True)
class _CentredEncoder:
    """An Encoder around ``embed``, which gives raw vectors (n, dimensions) of texts that are masked already, and
    ``split``, which gives those of their words, too; ``middle`` gives the mean of the reference's words."""

    name: str
    revision: str
    dimensions: int
    embed: Callable[[list[str]], Vectors] = field(repr=False)
    mean: Vectors = field(repr=False)
    split: Split = field(repr=False)
    middle: Callable[[], Vectors] = field(repr=False)

    def encode(self, texts: Sequence[str]) -> Vectors:
        if isinstance(texts, str):
            raise TypeError("encode() takes a sequence of texts, not one text: encode([text])")
        distinct, rows = _masked(texts)
        raw = _embed_all(self.embed, distinct, self.dimensions)
        return _unit(raw - self.mean)[rows]

    def read(self, texts: Sequence[str]) -> tuple[Vectors, list[Halves]]:
        distinct, rows = _masked(texts)
        middle = self.middle()
        words: list[Halves] = []

        def embed(chunk: list[str]) -> Vectors:
            vectors, parts = self.split(chunk)
            words.extend(_unit(part - middle).astype(np.float16) for part in parts)
            return vectors

        raw = _embed_all(embed, distinct, self.dimensions)
        return _unit(raw - self.mean)[rows], [words[row] for row in rows]


def _masked(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """The different texts, masked, and for each text its place among them."""
    masked = [content if _WORD.search(content := mask(text)) else text for text in texts]
    places = {text: row for row, text in enumerate(dict.fromkeys(masked))}
    return list(places), [places[text] for text in masked]


def load_encoder(name: str | Path | None = None) -> Encoder:
    """A bundled model (``None`` or ``static-zh``; ``e5zh``), or the sentence-transformers model of that name or folder.

    ``static-zh`` needs no torch and no network. Others need ``pip install planmine[transformers]`` and, if
    they are no folder, a model hub or its local cache. They encode text by text, since a batch's padding changes
    the last bits of a vector. Raises EncoderError, and FileNotFoundError where the bundled model is missing.
    """
    folder = model_folder(BUNDLED)
    reference = (folder / "reference.txt").read_text(encoding="utf-8")
    if name is None or name == BUNDLED:
        name, files, (embed, split) = BUNDLED, revision(folder), _static_model(folder)
    else:
        files, (embed, split) = _sentence_transformer(str(model_folder(NEURAL) if name == NEURAL else name))
        name = Path(name).name if Path(name).is_dir() else str(name)
    sentences = [mask(line) for line in reference.splitlines() if not line.startswith("#")]
    mean = _unit(embed(sentences)).mean(axis=0)
    digest = hashlib.sha256(f"{files}\n{reference}".encode()).hexdigest()
    middle = cache(lambda: np.concatenate(split(sentences)[1]).mean(axis=0))  # only ``read`` asks for it
    return _CentredEncoder(name, digest, len(mean), embed, mean, split, middle)


def _static_model(folder: Path) -> tuple[Callable[[list[str]], Vectors], Split]:
    """The light path: the sums of the words' vectors, as sentence-transformers' StaticEmbedding has their means."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        table = load_file(folder / "model.safetensors")["embedding.weight"].astype(np.float32)
    except Exception as error:  # the file formats' own errors, of many types
        raise EncoderError(
            f"{folder}: no table of word vectors ({str(error).partition(chr(10))[0]}); models/README.md says how to "
            "rebuild it"
        ) from error

    def embed(texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), table.shape[1]), dtype=np.float32)
        for row, encoding in enumerate(tokenizer.encode_batch_fast(texts, add_special_tokens=False)):
            table[encoding.ids].sum(axis=0, out=vectors[row])
        return vectors

    def split(texts: list[str]) -> tuple[Vectors, list[Vectors]]:
        parts = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        words = [table[part.ids] for part in parts]
        return embed(texts), [word[word.any(axis=1)] for word in words]  # signs and digits have no vector

    return embed, split


def _sentence_transformer(name: str) -> tuple[str, tuple[Callable[[list[str]], Vectors], Split]]:
    """(revision of the files, (embed, split)) of a sentence-transformers model."""
    try:
        from huggingface_hub import snapshot_download
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(
            f"the model {name} needs sentence-transformers, which is not installed: "
            "pip install planmine[transformers]"
        ) from error
    folder = Path(name)
    if not folder.is_dir() and not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name):
        raise EncoderError(f"the model {name} is no folder, and no name on a model hub: check the path")
    if folder.is_dir():
        _check_files(folder)
    try:
        model = SentenceTransformer(name, model_kwargs={"use_safetensors": True})
        if not folder.is_dir():
            folder = Path(snapshot_download(name, local_files_only=True))
    except Exception as error:  # the hub's, the network's and the file formats' own errors, of many types
        raise EncoderError(
            f"the model {name} cannot be loaded ({str(error).partition(chr(10))[0]}). It must be a folder written "
            "by sentence-transformers, or a name on the model hub, which must be in reach for the first use"
        ) from error

    def embed(texts: list[str]) -> Vectors:
        vectors: Any = model.encode(texts, batch_size=1, normalize_embeddings=True, show_progress_bar=False)
        return vectors.astype(np.float32, copy=False)

    def split(texts: list[str]) -> tuple[Vectors, list[Vectors]]:
        tokenizer: Any = model.tokenizer
        if not callable(tokenizer):
            raise EncoderError(f"the model {name} has no vectors of words in context; re-rank with {NEURAL}")
        lead = model.prompts.get(model.default_prompt_name or "") or ""
        prompt = len(tokenizer(lead.rstrip())["input_ids"]) - 1  # tokens before the text's own
        vectors, words = [], []
        for text in texts:
            encoded: Any = model.encode(
                [text], output_value=None, normalize_embeddings=True, show_progress_bar=False
            )
            [found] = encoded
            tokens = tokenizer.convert_ids_to_tokens(found["input_ids"])[prompt:-1]
            kept = [prompt + k for k, token in enumerate(tokens) if _LETTER.search(token)]
            vectors.append(found["sentence_embedding"].float().numpy())
            words.append(found["token_embeddings"].float().numpy()[kept])
        return np.array(vectors), words

    return revision(folder), (embed, split)


def _check_files(folder: Path) -> None:
    """EncoderError where weights are pickled, which runs whatever code they hold, or are no safetensors."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    for file in files:
        if file.suffix in PICKLED:
            raise EncoderError(
                f"{file}: weights in a format that can hold code or that PlanMine does not read; save the model with "
                "SentenceTransformer.save_pretrained(folder), which writes safetensors, and remove this file"
            )
    if not any(file.suffix == ".safetensors" for file in files):
        raise EncoderError(
            f"{folder}: no weights (.safetensors) in it; give a folder that SentenceTransformer.save_pretrained wrote"
        )


def _embed_all(embed: Callable[[list[str]], Vectors], texts: list[str], dimensions: int) -> Vectors:
    """Raw unit vectors (n, dimensions), with a progress bar on a terminal if it takes long."""
    vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
    with tqdm(
        total=len(texts), desc="vectors", unit=" texts", delay=2, disable=not sys.stderr.isatty()
    ) as bar:
        for start in range(0, len(texts), _CHUNK):
            chunk = texts[start : start + _CHUNK]
            vectors[start : start + len(chunk)] = _unit(embed(chunk))
            bar.update(len(chunk))
    return vectors


def _unit(vectors: Vectors) -> Vectors:
    """Rows at unit length; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return vectors / np.maximum(lengths, np.float32(1e-12))
