"""The reference (OpenAPI 3) as the operations describe themselves."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from api.errors import CONTENT_TYPE, TITLES
from api.idempotency import HEADER as IDEMPOTENCY_KEY
from api.idempotency import MAX_LENGTH, REPLAYED
from api.pagination import DEFAULT_SIZE, MAX_SIZE
from forecourt.kernel.models.options import CODE
from forecourt.kernel.option_lists import option_list
from forecourt.kernel.option_lists.values import values as option_values

if TYPE_CHECKING:
    from api.endpoints import Operation
    from api.fields import Representation

QUERY, PATH, HEADER = OpenApiParameter.QUERY, OpenApiParameter.PATH, OpenApiParameter.HEADER
OPTION_LIST = "x-option-list"
IDENTIFIER = {"type": "string", "pattern": "^[0-9]+$"}

INTRODUCTION = gettext_lazy(
    "Everything here obeys the same rights, scopes and rules as the pages. Sign in with "
    "`Authorization: Bearer fct_…`. Identifiers are text, amounts of money decimal text with "
    "their currency, times ISO 8601 with offset. A refusal is a problem document (RFC 9457) with "
    "a stable `code`. A POST with an `Idempotency-Key` may be sent again. Lists are read by "
    "following `links.next`."
)


class ProblemError(serializers.Serializer):
    field = serializers.CharField(help_text=gettext_lazy("Path of the value, such as phones.0."))
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text=gettext_lazy("Address of the explanation."))
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text=gettext_lazy("For people, in the caller's language."))
    code = serializers.CharField(help_text=gettext_lazy("For programs; never changes."))
    field = serializers.CharField(required=False)
    errors = ProblemError(many=True, required=False)


class Links(serializers.Serializer):
    """Addresses of the neighbouring pages; null at either end."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class NextLink(serializers.Serializer):
    """Where to go on; at the end, where to ask again later."""

    next = serializers.URLField()


@cache
def _page_of(row: "type[Representation]", name: str) -> Any:
    """One class for each kind of row, however many lists have it: a component has one name."""
    return inline_serializer(f"{name}Page", {"data": row(many=True), "links": Links()})


@cache
def _list_of(row: "type[Representation]", name: str) -> Any:
    return inline_serializer(f"{name}List", {"data": row(many=True)})


class EndpointSchema(AutoSchema):
    """Reads :class:`api.endpoints.Operation` from the view's methods."""

    @property
    def _operation(self) -> "Operation":
        return getattr(type(self.view), self.method.lower()).operation

    def is_excluded(self) -> bool:
        return not hasattr(getattr(type(self.view), self.method.lower()), "operation")

    def get_operation_id(self) -> str:
        return self._operation.name

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_summary(self) -> str:
        return str(self._operation.summary)

    def get_description(self) -> str:
        operation = self._operation
        lines = [str(operation.description)] if operation.description else []
        if operation.permission:
            lines.append(_("Right needed: `%s`.") % operation.permission)
        return "\n\n".join(lines)

    def get_extensions(self) -> dict[str, Any]:
        permission = self._operation.permission
        return {"x-permission": permission} if permission else {}

    def get_request_serializer(self) -> type[serializers.Serializer] | None:
        return self._operation.body

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def get_response_serializers(self) -> dict[Any, Any]:
        operation = self._operation
        good = self._answer()
        if operation.kind == "file":
            return {
                (200, "application/octet-stream"): OpenApiResponse(
                    OpenApiTypes.BINARY, description=str(operation.summary)
                ),
                **self._refusal_responses(),
            }
        if operation.kind == "link":
            said = _("Leads to the file by an address that lives for some minutes (Location).")
            return {302: OpenApiResponse(description=said), **self._refusal_responses()}
        responses: dict[Any, Any] = {
            status: OpenApiResponse(good, description=str(operation.summary))
            for status in operation.statuses
        }
        if operation.kind == "record":
            responses[304] = OpenApiResponse(description=_("Unchanged since the ETag you sent."))
        return {**responses, **self._refusal_responses()}

    def _refusal_responses(self) -> dict[Any, Any]:
        return {
            (status, CONTENT_TYPE): OpenApiResponse(Problem, description=str(TITLES[status]))
            for status in self._refusals()
        }

    def _answer(self) -> Any:
        operation = self._operation
        if operation.answer is None:
            return None
        row: type[Representation] = operation.answer
        name = self._get_serializer_name(row(), "response")
        if operation.kind == "page":
            return _page_of(row, name)
        if operation.kind == "listing":
            return _list_of(row, name)
        if operation.kind == "stream":
            stream_parts: dict[str, Any] = {
                "data": row(many=True),
                "links": NextLink(),
                "has_more": serializers.BooleanField(
                    help_text=_("Whether the next address gives more right away.")
                ),
            }
            return inline_serializer(f"{name}Stream", stream_parts)
        return row

    def _refusals(self) -> list[int]:
        operation = self._operation
        refusals = {401, 403, 422, 429}
        if "{" in self.path:
            refusals.add(404)
        if operation.kind in {"command", "change"}:
            refusals |= {400, 404, 409, 415}
        if operation.kind == "change":
            refusals |= {412, 428}
        if operation.kind in ("file", "link"):
            refusals.add(409)
        return sorted(refusals)

    def get_override_parameters(self) -> list[OpenApiParameter]:
        operation = self._operation
        parameters = [
            OpenApiParameter(name, IDENTIFIER, PATH, required=True)
            for name in self._path_variables()
        ]
        for name, filter_ in operation.filters.items():
            parameters.append(
                OpenApiParameter(
                    name,
                    self._filter_schema(filter_.field),
                    QUERY,
                    required=filter_.is_needed,
                    description=self._filter_text(filter_),
                )
            )
        if operation.custom_host:
            parameters.append(self._custom_filters())
        if operation.kind == "page":
            parameters += self._paging()
        if operation.kind == "stream":
            parameters += self._going_on()
        if operation.kind in {"page", "record", "command", "change"}:
            parameters += self._narrowing()
        parameters += self._headers()
        return parameters

    @staticmethod
    def _custom_filters() -> OpenApiParameter:
        return OpenApiParameter(
            "custom.{code}",
            str,
            QUERY,
            description=_(
                "The value of a custom field; of numbers, days and moments also "
                "`custom.{code}_from` and `custom.{code}_to`."
            ),
        )

    def _path_variables(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def _filter_schema(self, field: serializers.Field) -> dict[str, Any]:
        if isinstance(field, serializers.ChoiceField) or hasattr(field, "list_code"):
            return {"type": "string"}
        schema = dict(self._map_serializer_field(field, "request"))
        schema.pop("description", None)
        return schema

    @staticmethod
    def _filter_text(filter_: Any) -> str:
        parts = [str(filter_.description)] if filter_.description else []
        if isinstance(filter_.field, serializers.ChoiceField):
            parts.append(_("One of: %s.") % ", ".join(map(str, filter_.field.choices)))
        if hasattr(filter_.field, "list_code"):
            parts.append(_("A code of the option list %s.") % filter_.field.list_code)
        if filter_.many:
            parts.append(_("Several are separated by commas."))
        return " ".join(parts)

    def _paging(self) -> list[OpenApiParameter]:
        operation = self._operation
        names = ", ".join(operation.orderings)
        sorting = str(_("Columns, descending with “-”: %s.") % names)
        if operation.custom_host:
            sorting += " " + str(_("Also custom.{code} of a field that is indexed."))
        size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
        return [
            OpenApiParameter("limit", size, QUERY, description=_("Rows on a page.")),
            OpenApiParameter("after", str, QUERY, description=_("Cursor from links.next.")),
            OpenApiParameter("before", str, QUERY, description=_("Cursor from links.previous.")),
            OpenApiParameter(
                "ordering",
                {"type": "string", "default": operation.default_ordering},
                QUERY,
                description=sorting,
            ),
        ]

    def _going_on(self) -> list[OpenApiParameter]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
        after = _("Cursor from links.next; “now” skips what has been; without it all there is.")
        return [
            OpenApiParameter("limit", size, QUERY, description=_("Rows on a page.")),
            OpenApiParameter("after", str, QUERY, description=after),
        ]

    def _narrowing(self) -> list[OpenApiParameter]:
        answer: type[Representation] = self._operation.answer
        names = ", ".join(answer.field_names())
        parameters = [
            OpenApiParameter("fields", str, QUERY, description=_("Only these fields: %s.") % names)
        ]
        if answer.expansions:
            related = ", ".join(answer.expansions)
            text = _("Related records to put in: %s.") % related
            parameters.append(OpenApiParameter("expand", str, QUERY, description=text))
        return parameters

    def _headers(self) -> list[OpenApiParameter]:
        kind = self._operation.kind
        good = list(self._operation.statuses)
        language = OpenApiParameter(
            "Accept-Language", str, HEADER, description=_("Language of texts: zh-hans or en.")
        )
        parameters = [language]
        if kind == "command":
            parameters.append(
                OpenApiParameter(
                    IDEMPOTENCY_KEY,
                    {"type": "string", "maxLength": MAX_LENGTH},
                    HEADER,
                    description=_("A text of your own that makes sending again safe for 48 hours."),
                )
            )
            replayed = _("“true” when this is the answer given before.")
            parameters.append(
                OpenApiParameter(
                    REPLAYED,
                    str,
                    HEADER,
                    description=replayed,
                    response=good,
                )
            )
        if kind == "change":
            parameters.append(
                OpenApiParameter(
                    "If-Match",
                    str,
                    HEADER,
                    required=True,
                    description=_("The ETag of the state that you have read."),
                )
            )
        if kind == "record":
            parameters.append(
                OpenApiParameter("If-None-Match", str, HEADER, description=_("An ETag you hold."))
            )
        if kind in {"record", "change"}:
            parameters.append(
                OpenApiParameter(
                    "ETag",
                    str,
                    HEADER,
                    description=_("The state of the record."),
                    response=good,
                )
            )
        limit_text = _("Requests a minute; beside it RateLimit-Remaining and RateLimit-Reset.")
        parameters.append(
            OpenApiParameter(
                "RateLimit-Limit",
                int,
                HEADER,
                description=limit_text,
                response=good,
            )
        )
        return parameters


class OptionFieldShape(OpenApiSerializerFieldExtension):
    """A code; which ones there are is the group's own (:func:`with_options`)."""

    target_class = "api.fields.OptionField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        code = self.target.list_code
        built_in = [option.code for option in option_list(code).values]
        return {
            "type": "string",
            "pattern": CODE,
            OPTION_LIST: code,
            **({"example": built_in[0]} if built_in else {}),
        }


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": _("A personal or service token; it starts with fct_."),
        }


class FeedScheme(OpenApiAuthenticationExtension):
    target_class = "api.v1.lead_feeds.FeedAuthentication"
    name = "feed"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": _("The token of one feed; it starts with fcf_."),
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": _("The browser's session; changes also need X-CSRFToken."),
        }


@lru_cache(maxsize=4)
def document(language: str) -> dict[str, Any]:
    """The whole reference in one language; the same for every group, so made once a process."""
    with override(language):
        schema = SchemaGenerator().get_schema(request=None, public=True)
        schema["info"]["description"] = str(INTRODUCTION)
        return schema


def with_options(described: dict[str, Any]) -> dict[str, Any]:
    """The reference with the values of the group's own option lists, for one of the group."""
    return {key: _with_options(value) for key, value in described.items()}


def _with_options(part: Any) -> Any:
    if isinstance(part, list):
        return [_with_options(item) for item in part]
    if not isinstance(part, dict):
        return part
    read = {key: _with_options(value) for key, value in part.items()}
    if isinstance(part.get(OPTION_LIST), str):
        values = option_values(part[OPTION_LIST]).values()
        read["enum"] = [value.code for value in values]
        lines = [
            f"* `{value.code}` – {value.label}" + ("" if value.is_active else f" ({_('retired')})")
            for value in values
        ]
        read["description"] = "\n".join([*filter(None, [part.get("description")]), *lines])
    return read
