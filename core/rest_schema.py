"""The API's own description, made and written once a language: it follows from the code and changes with a release."""

from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)

#: By language and URL configuration. Nothing here comes from a database or from who asks.
_kept: dict[tuple[str, str], dict[str, Any]] = {}
#: The YAML of each.
_written: dict[tuple[str, str], bytes] = {}
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
            _kept[key] = dict(super().get_schema(request=request, public=public))
        return _kept[key]


class KeptYaml(OpenApiYamlRenderer):
    """The YAML of a kept description is written once: that takes longer than all else of the answer."""

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> Any:
        key = next((key for key, kept in _kept.items() if kept is data), None)
        if key is None:
            return super().render(data, accepted_media_type, renderer_context)
        if key not in _written:
            _written[key] = super().render(data, accepted_media_type, renderer_context)
        return _written[key]


class KeptYamlOfAnyName(KeptYaml):
    """The same under the name that some tools ask for."""

    media_type = OpenApiYamlRenderer2.media_type


RENDERERS = (KeptYaml, KeptYamlOfAnyName, OpenApiJsonRenderer, OpenApiJsonRenderer2)
