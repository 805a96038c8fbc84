"""The model field of an encrypted column."""

from typing import Any, NoReturn

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from forecourt.kernel.secret import Secret


class _SecretAttribute(DeferredAttribute):
    """Whatever text is assigned becomes a secret at once, so that it does not show either."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, str) and value:
            value = Secret(value)
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """A text that the database never holds in clear; its value is a :class:`Secret`.

    Nothing can be compared with it in the database. Where it is looked up by equality, a column
    beside it holds its :func:`blind_index`, written by the same action; where people see it,
    ``masked_fields`` of the model names who sees it in full.
    """

    descriptor_class = _SecretAttribute

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("blank", True)
        options.setdefault("default", "")
        super().__init__(*args, **options)

    def from_db_value(self, value: str | None, *_arguments: Any) -> Secret | str | None:
        return Secret.of_token(value) if value else value

    def get_prep_value(self, value: Any) -> str | None:
        if isinstance(value, Secret):
            return value.token() if value else ""
        return Secret(value).token() if value else value

    def get_lookup(self, lookup_name: str) -> NoReturn:
        raise FieldError(f"{self.name} is encrypted: look it up by its blind index.")
