"""The API's own description, made once a language: it follows from the code and changes with a release alone."""

from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator

#: By language and whether it is the public description. Nothing here comes from a database or from who asks.
_kept: dict[tuple[str, str], dict[str, Any]] = {}
_LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


class KeptSchemaGenerator(SchemaGenerator):
    """Gives the description that was made before, unless who asks decides what it holds."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        language = get_language() or ""
        # A version that a caller made up, or routes of one's own, are no description to keep.
        is_common = public and not self.api_version and self.patterns is None and self.urlconf is None
        if not is_common or language not in _LANGUAGES:
            return dict(super().get_schema(request=request, public=public))
        key = (language, settings.ROOT_URLCONF)
        if key not in _kept:
            _kept[key] = super().get_schema(request=request, public=public)
        return dict(_kept[key])
