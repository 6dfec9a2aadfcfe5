"""The codebook: which statuses and categories a coder may give, and what each covers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import yaml

from planmine.records import UNSURE


class CodebookError(ValueError):
    """The codebook file is not usable; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class Category:
    """One category: its code, its name in Chinese and English, and its object of action."""

    code: str
    zh: str
    en: str
    covers: tuple[str, ...]
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strength:
    """One step of the scale of commitment: its names, its wording, and examples."""

    zh: str
    en: str
    wording: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Codebook:
    """Statuses and categories in their order, the scale of strength; ``sha256`` identifies the file."""

    version: str
    statuses: dict[str, str]
    categories: dict[str, Category]
    strengths: dict[int, Strength]
    sha256: str

    def name(self, code: str, language: str = "zh") -> str:
        """The name of a category in ``zh`` or ``en``; the code itself where it is unknown."""
        if code == UNSURE:
            return "未定" if language == "zh" else "Not sure"
        category = self.categories.get(code)
        return getattr(category, language) if category else code


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Read a codebook file; without ``path`` the one that PlanMine brings.

    Raises CodebookError where the file is missing, is no YAML, or lacks statuses or categories.
    """
    if path is None:
        name, raw = (
            "planmine/codebook.yaml",
            resources.files("planmine").joinpath("codebook.yaml").read_bytes(),
        )
    else:
        name = str(path)
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            raise CodebookError(f"{name}: {error.strerror}; give the path of a codebook in YAML") from error
    try:
        data = yaml.safe_load(raw.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CodebookError(f"{name}: no YAML in UTF-8 ({error})") from error
    for key in ("version", "statuses", "categories"):
        if not isinstance(data, dict) or not data.get(key):
            raise CodebookError(f"{name}: `{key}` is missing; see planmine/codebook.yaml for the form")
    categories = {}
    for code, entry in data["categories"].items():
        if not isinstance(entry, dict) or not entry.get("zh"):
            raise CodebookError(f"{name}: category `{code}` needs a name `zh`")
        categories[code] = Category(
            code=code,
            zh=entry["zh"],
            en=entry.get("en") or code.replace("_", " ").capitalize(),
            covers=tuple(map(str, entry.get("covers", ()))),
            excludes=tuple(map(str, entry.get("not", ()))),
        )
    statuses = {str(code): str(text) for code, text in data["statuses"].items()}
    strengths = {
        int(step): Strength(
            zh=str(entry.get("zh", step)),
            en=str(entry.get("en", step)),
            wording=str(entry.get("wording", "")),
            examples=tuple(map(str, entry.get("examples", ()))),
        )
        for step, entry in (data.get("strength") or {}).items()
    }
    return Codebook(str(data["version"]), statuses, categories, strengths, hashlib.sha256(raw).hexdigest())
