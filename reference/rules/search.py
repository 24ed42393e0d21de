"""Words of the tariff's descriptions made comparable: no accents, no capitals, no plural, in both languages.

The same folding is stored beside each number and applied to what is typed, so both databases find the same.
"""

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'"})
_LITTLE = frozenset(
    {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "for", "in", "l", "la", "le", "les", "of", "or", "ou"}
    | {"the", "un", "une", "with"}
)
SHORTEST_STEM = 3
MOST_WORDS = 8
# What people call goods, beside what the tariff calls them; both sides folded.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "auto": ("automobile", "car", "vehicle"),
    "automobile": ("car", "vehicle"),
    "bicyclette": ("velo", "bicycle"),
    "bike": ("bicycle",),
    "bonbon": ("sucrerie", "confectionery"),
    "boot": ("footwear",),
    "botte": ("chaussure",),
    "candy": ("confectionery", "sugar"),
    "char": ("automobile", "voiture"),
    "clothing": ("garment", "apparel"),
    "couch": ("sofa", "seat"),
    "fridge": ("refrigerator",),
    "frigo": ("refrigerateur",),
    "laptop": ("computer", "data"),
    "motorcar": ("car",),
    "ordinateur": ("traitement",),
    "pop": ("water", "beverage"),
    "rebar": ("reinforcing", "bar"),
    "rug": ("carpet",),
    "runner": ("footwear",),
    "sandal": ("footwear",),
    "screw": ("bolt", "fastener"),
    "shoe": ("footwear",),
    "sneaker": ("footwear",),
    "sofa": ("seat",),
    "soulier": ("chaussure",),
    "spirit": ("whisky", "gin", "vodka", "rum"),
    "tv": ("television",),
    "van": ("vehicle",),
    "voiture": ("automobile",),
    "whiskey": ("whisky",),
}


def folded(text: str) -> str:
    """Small letters without accents."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LIGATURES))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """A folded word without its plural: boots, dresses, batteries, chevaux, bateaux."""
    for ending, singular in (
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("eaux", "eau"),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + singular
    if word.endswith("aux") and len(word) > 4:
        return word.removesuffix("aux") + "al"
    if word.endswith("s") and not word.endswith("ss") and len(word) > SHORTEST_STEM:
        return word.removesuffix("s")
    return word


def search_text(*descriptions: str) -> str:
    """What is stored for the search: every stem once, in order, with a space on either side."""
    stems = dict.fromkeys(stem(word) for text in descriptions for word in _WORD.findall(folded(text)))
    return f" {' '.join(stems)} " if stems else ""


def search_terms(typed: str) -> tuple[tuple[str, ...], ...]:
    """For each word typed the stems that answer it: its own and those of its synonyms; little words are left out."""
    words = list(dict.fromkeys(stem(word) for word in _WORD.findall(folded(typed)) if word not in _LITTLE))
    return tuple((word, *SYNONYMS.get(word, ())) for word in words[:MOST_WORDS])
