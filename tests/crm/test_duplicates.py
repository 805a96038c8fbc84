"""Customers who are one person: found, shown with a score, told apart."""

from apps.crm.actions import find_duplicates
from apps.crm.models import DuplicatePair
from tests.crm.planted import plant

SMALL_GROUP = 6000


def test_planted_duplicates_are_found_and_others_are_left_alone(group) -> None:
    planted = plant(SMALL_GROUP)

    find_duplicates()

    found = {frozenset(pair) for pair in DuplicatePair.objects.values_list("first_id", "second_id")}
    recall = len(found & planted) / len(planted)
    precision = len(found & planted) / len(found)
    print(f"recall {recall:.3f}, precision {precision:.3f} of {len(planted)} planted")
    assert recall >= 0.95
    assert precision >= 0.90
