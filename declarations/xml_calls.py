"""A declaration as XML: read into what the JSON call holds, written from it, and the schema of both.

One shape in two notations: the elements are the fields of :class:`~declarations.serializers.DeclarationCallSerializer`,
a list is an element with one child for each member (``lines`` holds ``line``). What the reader hands on is checked by
that serializer, so that both notations are refused for the same reasons, in the same words.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import BaseParser

from core.errors import DomainError
from declarations.serializers import DeclarationCallSerializer

NAMESPACE = "urn:portage:declaration:1"
ROOT = "declaration"
MEMBERS = {"releases": "release", "invoices": "invoice", "lines": "line"}
#: Far more than the longest declaration allowed.
MOST_BYTES = 8 * 1024 * 1024
_XSD = "{http://www.w3.org/2001/XMLSchema}"


class DeclarationParser(BaseParser):
    """Takes ``application/xml`` where JSON is taken."""

    media_type = "application/xml"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        return read(stream.read(MOST_BYTES + 1))


class TextDeclarationParser(DeclarationParser):
    """The older name of the same format."""

    media_type = "text/xml"


def read(content: bytes) -> dict[str, Any]:
    """The call that the XML holds, values as text; ``DomainError`` with line or path where it is no declaration.

    Document types and entities are refused.
    """
    if len(content) > MOST_BYTES:
        raise DomainError(_("Send at most %(most)s bytes.") % {"most": MOST_BYTES}, code="xml_too_large")
    try:
        root = fromstring(content, forbid_dtd=True)
    except ElementTree.ParseError as problem:
        line, column = problem.position
        raise DomainError(
            _("The XML cannot be read at line %(line)s, column %(column)s. Close every element and try again.")
            % {"line": line, "column": column + 1},
            code="xml_not_well_formed",
        ) from problem
    except (DefusedXmlException, ValueError, LookupError) as problem:
        raise DomainError(
            _("Send plain XML in UTF-8, without a document type and without entities of your own."),
            code="xml_not_plain",
        ) from problem
    if root.tag != f"{{{NAMESPACE}}}{ROOT}":
        raise DomainError(
            _('Begin with <%(root)s xmlns="%(namespace)s">.') % {"root": ROOT, "namespace": NAMESPACE},
            code="xml_not_a_declaration",
        )
    value = _read(root, DeclarationCallSerializer(), "")
    assert isinstance(value, dict)
    return value


def write(call: Mapping[str, Any]) -> str:
    """A call as XML, its elements in the order of the schema."""
    root = ElementTree.Element(ROOT, {"xmlns": NAMESPACE})
    _write(root, DeclarationCallSerializer(), call)
    return _text_of(root)


def schema() -> str:
    """The XML Schema of a declaration, made of the fields of the call."""
    ElementTree.register_namespace("xs", _XSD[1:-1])
    top = ElementTree.Element(
        f"{_XSD}schema", {"targetNamespace": NAMESPACE, "xmlns": NAMESPACE, "elementFormDefault": "qualified"}
    )
    element = ElementTree.SubElement(top, f"{_XSD}element", {"name": ROOT})
    _describe(element, DeclarationCallSerializer())
    return _text_of(top)


def _read(element: ElementTree.Element, field: serializers.Field[Any, Any, Any, Any], path: str) -> Any:
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        name = MEMBERS[path.rpartition(".")[2]]
        return [
            _read(_named(child, {name}, path), _member(field), f"{path}[{place}]")
            for place, child in enumerate(element)
        ]
    if isinstance(field, serializers.Serializer):
        values: dict[str, Any] = {}
        for child in element:
            name = _local(_named(child, set(field.fields), path))
            inner = f"{path}.{name}" if path else name
            if name in values:
                raise DomainError(
                    _("Send the element %(name)s once.") % {"name": name}, code="xml_element_repeated", field=inner
                )
            values[name] = _read(child, field.fields[name], inner)
        return values
    for child in element:
        _named(child, set(), path)
    return (element.text or "").strip()


def _member(field: Any) -> serializers.Field[Any, Any, Any, Any]:
    """What each member of a list is."""
    member: serializers.Field[Any, Any, Any, Any] = field.child
    return member


def _named(element: ElementTree.Element, names: set[str], path: str) -> ElementTree.Element:
    """The element, once its name is one of those that may stand there."""
    if element.tag.startswith(f"{{{NAMESPACE}}}") and _local(element) in names:
        return element
    raise DomainError(
        _("%(name)s is no element of this place. Look at the schema, /api/v1/schemas/declaration.xsd.")
        % {"name": _local(element)},
        code="xml_element_unknown",
        field=path or None,
    )


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _write(parent: ElementTree.Element, field: serializers.Field[Any, Any, Any, Any], value: Any) -> None:
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        for member in value:
            _write(ElementTree.SubElement(parent, MEMBERS[parent.tag]), _member(field), member)
    elif isinstance(field, serializers.Serializer):
        for name, inner in field.fields.items():
            if name in value:
                _write(ElementTree.SubElement(parent, name), inner, value[name])
    else:
        parent.text = str(value).lower() if isinstance(value, bool) else str(value)


def _describe(element: ElementTree.Element, field: serializers.Field[Any, Any, Any, Any]) -> None:
    """Give an element of the schema its type."""
    if field.help_text:
        note = ElementTree.SubElement(element, f"{_XSD}annotation")
        ElementTree.SubElement(note, f"{_XSD}documentation", {"xml:lang": "en"}).text = str(field.help_text)
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        sequence = _sequence(element)
        most = str(getattr(field, "max_length", None) or "unbounded")
        member = {"name": MEMBERS[element.attrib["name"]], "minOccurs": "1", "maxOccurs": most}
        _describe(ElementTree.SubElement(sequence, f"{_XSD}element", member), _member(field))
    elif isinstance(field, serializers.Serializer):
        sequence = _sequence(element)
        for name, inner in field.fields.items():
            attributes = {"name": name, "minOccurs": "1" if inner.required else "0"}
            _describe(ElementTree.SubElement(sequence, f"{_XSD}element", attributes), inner)
    else:
        base, limits = _simple_type(field)
        kind = ElementTree.SubElement(element, f"{_XSD}simpleType")
        restriction = ElementTree.SubElement(kind, f"{_XSD}restriction", {"base": f"xs:{base}"})
        for name, limit in limits:
            ElementTree.SubElement(restriction, f"{_XSD}{name}", {"value": limit})


def _sequence(element: ElementTree.Element) -> ElementTree.Element:
    return ElementTree.SubElement(ElementTree.SubElement(element, f"{_XSD}complexType"), f"{_XSD}sequence")


def _simple_type(field: Any) -> tuple[str, list[tuple[str, str]]]:
    if isinstance(field, serializers.DecimalField):
        return "decimal", [("totalDigits", str(field.max_digits)), ("fractionDigits", str(field.decimal_places))]
    if isinstance(field, serializers.IntegerField):
        return "integer", [("minInclusive", str(field.min_value)), ("maxInclusive", str(field.max_value))]
    if isinstance(field, serializers.DateField):
        return "date", []
    if isinstance(field, serializers.BooleanField):
        return "boolean", []
    return "string", list(_text_limits(field))


def _text_limits(field: Any) -> Iterator[tuple[str, str]]:
    for validator in field.validators:
        if isinstance(validator, RegexValidator) and (pattern := validator.regex.pattern).startswith("^"):  # type: ignore[union-attr]
            yield "pattern", pattern.strip("^$")
    if field.max_length:
        yield "maxLength", str(field.max_length)


def _text_of(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    buffer = io.BytesIO()
    ElementTree.ElementTree(root).write(buffer, encoding="UTF-8", xml_declaration=True)
    return buffer.getvalue().decode() + "\n"
