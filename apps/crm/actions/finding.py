"""What a customer is found by, written whenever her name or phones change."""

from collections.abc import Collection

from apps.crm.models import Customer
from apps.crm.rules import customers as rules
from apps.crm.rules.customers import CustomerKind


def index(customer: Customer, gone: Collection[str] = ()) -> None:
    """Fill the columns; the caller saves them.

    Digits that are no phone stay (numbers without an area code), but not phones that are ``gone``.
    """
    phones = list(customer.phones.values_list("phone", flat=True)) if customer.pk else []
    if customer.primary_phone and customer.primary_phone not in phones:
        phones.append(customer.primary_phone)
    others = rules.kept_digits(customer.search_text, [*phones, *gone])
    keys = rules.search_keys(
        name=customer.name,
        phones=[*phones, *others],
        is_person=customer.kind == CustomerKind.PERSON,
    )
    customer.name_sort = keys.name_sort
    customer.search_text = keys.search_text
    customer.grams = keys.grams
