"""How two spellings of a business's name or address are compared. Pure; the list of words is ours (assumed)."""

import re
import unicodedata

#: Words that mean the same in an address or a name, in either language, brought to one form. Where an abbreviation has
#: two meanings (St for Street and Saint) both are brought to it, so that neither way of writing fails.
_SAME_WORDS = {
    "street": "st",
    "str": "st",
    "saint": "st",
    "suite": "ste",
    "sainte": "ste",
    "avenue": "ave",
    "av": "ave",
    "boulevard": "blvd",
    "boul": "blvd",
    "road": "rd",
    "drive": "dr",
    "highway": "hwy",
    "crescent": "cres",
    "court": "crt",
    "chemin": "ch",
    "route": "rte",
    "place": "pl",
    "apartment": "apt",
    "appartement": "apt",
    "app": "apt",
    "north": "n",
    "nord": "n",
    "south": "s",
    "sud": "s",
    "east": "e",
    "est": "e",
    "west": "w",
    "ouest": "w",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
    "incorporated": "inc",
    "incorporee": "inc",
    "limited": "ltd",
    "limitee": "ltd",
    "ltee": "ltd",
    "company": "co",
    "compagnie": "co",
    "cie": "co",
    "corporation": "corp",
    "brothers": "bros",
    "international": "intl",
    "et": "and",
}
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


def normalised(text: str) -> str:
    """The text without case, accents, punctuation and common abbreviations, so that a comma does not fail a person."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES).replace("&", " and "))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = re.sub(r"['\u2019.]", "", plain)
    words = re.findall(r"[a-z0-9]+", plain)
    return " ".join(_SAME_WORDS.get(word, word) for word in words)
