"""What a model needs to be a host: the column of values, and the way to its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import DO_NOTHING, QuerySet, Value
from django.db.models.fields.related import ForeignObject
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.query_utils import PathInfo

from forecourt.kernel.custom_fields.hosts import host_of


class KeysOfRow(ForeignObject):
    """From a host's row to its keys, so that a list can be joined with them and sorted by them.

    No column and no constraint: which host a key is of follows from its field, so whoever joins
    names the field (:func:`forecourt.kernel.custom_fields.keys.sorted_by`). A row that is deleted
    takes its keys along.
    """

    auto_created = False
    empty_strings_allowed = False
    many_to_many = False
    many_to_one = False
    one_to_many = True
    one_to_one = False

    def __init__(self, **_options: Any) -> None:
        super().__init__(
            "kernel.CustomKey",
            on_delete=models.CASCADE,
            from_fields=["row_id"],
            to_fields=[],
            rel=ForeignObjectRel(self, "kernel.CustomKey", related_name="+", on_delete=DO_NOTHING),
            null=True,
            blank=True,
            editable=False,
            serialize=False,
        )

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = True, **kwargs: Any
    ) -> None:
        super().contribute_to_class(cls, name, private_only=True)
        self.model = cls

    def check(self, **kwargs: Any) -> list[Any]:
        """What a foreign key must be does not apply: many keys refer to a row, by no constraint."""
        return []

    def set_attributes_from_rel(self) -> None:
        """The name is the field's own."""

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        self.to_fields = [self.model._meta.pk.name]
        return [(self.remote_field.model._meta.get_field("row_id"), self.model._meta.pk)]

    def get_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        keys = self.remote_field.model._meta
        return [
            PathInfo(
                from_opts=self.model._meta,
                to_opts=keys,
                target_fields=(keys.pk,),
                join_field=cast(Any, self.remote_field),
                m2m=True,
                direct=False,
                filtered_relation=filtered_relation,
            )
        ]

    def bulk_related_objects(self, rows: Sequence[Any], using: str = DEFAULT_DB_ALIAS) -> QuerySet:
        """The keys that go with deleted rows."""
        host = host_of(self.model)
        keys = self.remote_field.model._base_manager.db_manager(using)
        if host is None:
            return keys.none()
        return keys.filter(field__host=host.name, row_id__in=[row.pk for row in rows])


class CustomValues(models.Model):
    """Base of a model with custom fields; ``custom`` holds ``{code: value}``.

    Written through :func:`forecourt.kernel.custom_fields.save_values` alone.
    """

    custom = models.JSONField(
        default=dict, db_default=Value({}, output_field=models.JSONField()), blank=True
    )
    custom_keys = KeysOfRow()

    class Meta:
        abstract = True
