"""What the description of the API says about the Bond API as a whole: how to begin, and every code of it."""

from typing import Any

from django.utils.translation import gettext as _

from integrations.rules import MEANINGS
from integrations.software_call import TAGS


def describe(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Give the group of the Bond API its description (a hook of the schema's generator)."""
    rows = "\n".join(f"| `{code}` | {meaning} |" for code, meaning in MEANINGS.items())
    begin = _(
        "A surety's software gets a token with its client identifier and secret, and sends it as a Bearer token. Each"
        " refusal has one of these codes, the field at fault, and a sentence that says what to do."
    )
    heads = f"| {_('Code')} | {_('What it says, and what to do')} |\n|---|---|"
    result.setdefault("tags", []).append({"name": TAGS[0], "description": f"{begin}\n\n{heads}\n{rows}"})
    return result
