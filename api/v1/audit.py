from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, page
from api.fields import IdField, Representation, actor_asking
from api.filters import Filter
from api.v1.stores import store
from apps.organisation.queries import list_audit, with_record_label
from forecourt.kernel.custom_fields.values import hidden_changes


class ChangesField(serializers.DictField):
    """What changed, ``{field: [before, after]}``; what is there for proofs alone is left out."""

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return {name: change for name, change in value.items() if not name.startswith("_")}


class AuditRow(Representation):
    """One thing that happened, in the caller's reach. Entries are never changed or removed."""

    expansions = {"store": store()}

    id = IdField()
    happened_at = serializers.DateTimeField()
    actor_id = IdField(allow_null=True)
    actor_name = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    device = serializers.CharField()
    channel = serializers.CharField()
    store_id = IdField(allow_null=True)
    action = serializers.CharField()
    kind = serializers.CharField(source="subject_kind")
    record_id = serializers.CharField(source="subject_id")
    record = serializers.CharField(source="subject_label")
    changes = ChangesField()

    def to_representation(self, row: Any) -> dict[str, Any]:
        """Without the custom fields that the caller does not see."""
        data = super().to_representation(row)
        hidden = hidden_changes(row.subject_kind, row.changes, actor_asking())
        if hidden and "changes" in data:
            data["changes"] = {
                name: change for name, change in data["changes"].items() if name not in hidden
            }
        return data


class AuditLog(Endpoint):
    tag = "audit"
    get = page(
        list_audit,
        AuditRow,
        name="list_audit",
        summary=_("The audit log"),
        permission="organisation.see_audit",
        filters={
            "actor_id": Filter(IdField(), "actor_id", _("Who did it.")),
            "action": Filter(serializers.CharField(), "action__in", many=True),
            "kind": Filter(
                serializers.CharField(), "subject_kind", _("The kind of record, like crm.lead.")
            ),
            "record_id": Filter(
                serializers.CharField(max_length=40), "subject_id", _("With kind: one record's.")
            ),
            "record": Filter(
                serializers.CharField(max_length=100),
                with_record_label,
                _("How the record's name begins."),
            ),
            "store_id": Filter(IdField(), "store_id"),
            "address": Filter(serializers.IPAddressField(), "address"),
            "since": Filter(serializers.DateTimeField(), "happened_at__gte"),
            "until": Filter(serializers.DateTimeField(), "happened_at__lt"),
        },
        orderings={"happened_at": "happened_at"},
        default_ordering="-happened_at",
    )
