from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, listing, page, record
from api.fields import Body, IdField, NoBody, OptionField, Representation
from api.filters import Filter
from api.v1.customers import customer
from api.v1.staff import person
from api.v1.stores import store
from apps.crm import hooks
from apps.crm.actions import (
    book_test_drive,
    cancel_test_drive,
    hand_out_test_drive,
    miss_test_drive,
    move_test_drive,
    return_test_drive,
)
from apps.crm.queries import get_test_drive, list_test_drives
from apps.crm.rules.test_drives import (
    BEST_RATING,
    MINUTES,
    TEST_DRIVE_ROUTES,
    USUAL_MINUTES,
    TestDriveRoute,
    TestDriveState,
)
from apps.organisation.queries import stores_in_scope
from forecourt.kernel.access import Actor

VIEW, WORK = "crm.view_test_drive", "crm.work_test_drive"
MOST_MILEAGE = 2_000_000


class TestDriveRow(Representation):
    """A drive with a demo car, from the booking to the return."""

    __test__ = False

    expansions = {"customer": customer(), "advisor": person("advisor_id"), "store": store()}

    id = IdField()
    number = serializers.CharField()
    store_id = IdField()
    customer_id = IdField()
    lead_id = IdField(allow_null=True)
    opportunity_id = IdField(allow_null=True)
    advisor_id = IdField()
    vehicle_id = IdField(help_text=_("The stock unit of the demo car."))
    vehicle_name = serializers.CharField()
    route = OptionField(TEST_DRIVE_ROUTES)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    state = serializers.ChoiceField(TestDriveState.choices)
    driver_name = serializers.CharField()
    licence_number = serializers.CharField()
    mileage_before = serializers.IntegerField(allow_null=True)
    mileage_after = serializers.IntegerField(allow_null=True)
    out_at = serializers.DateTimeField(allow_null=True)
    returned_at = serializers.DateTimeField(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)
    feedback = serializers.CharField()
    cancel_reason = serializers.CharField()
    note = serializers.CharField()
    follow_up_id = IdField(allow_null=True, help_text=_("The contact planned after the drive."))


class DemoCarRow(Representation):
    """A car that may be driven; ``id`` is its stock unit's."""

    id = IdField()
    store_id = IdField()
    name = serializers.CharField()
    mileage = serializers.IntegerField(allow_null=True)


class BookingBody(Body):
    store_id = IdField()
    customer_id = IdField()
    vehicle_id = IdField()
    starts_at = serializers.DateTimeField(help_text=_("On the quarter of an hour."))
    minutes = serializers.ChoiceField(MINUTES, default=USUAL_MINUTES)
    route = OptionField(TEST_DRIVE_ROUTES, default=TestDriveRoute.MIXED)
    advisor_id = IdField(
        required=False,
        allow_null=True,
        help_text=_("Left out: the customer's own advisor, else yourself."),
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class RebookBody(Body):
    """What is left out stays as it is."""

    vehicle_id = IdField(required=False)
    starts_at = serializers.DateTimeField(required=False)
    minutes = serializers.ChoiceField(MINUTES, required=False)
    route = OptionField(TEST_DRIVE_ROUTES, required=False)
    advisor_id = IdField(required=False)


class HandOutBody(Body):
    driver_name = serializers.CharField(max_length=100)
    licence_number = serializers.CharField(max_length=30)
    mileage_before = serializers.IntegerField(min_value=0, max_value=MOST_MILEAGE)


class ReturnBody(Body):
    mileage_after = serializers.IntegerField(min_value=0, max_value=MOST_MILEAGE)
    rating = serializers.IntegerField(
        min_value=1, max_value=BEST_RATING, required=False, allow_null=True
    )
    feedback = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class CancelDriveBody(Body):
    reason = serializers.CharField(max_length=200)


def _demo_cars(*, actor: Actor) -> list[hooks.DemoCar]:
    actor.require(VIEW)
    return hooks.demo_cars_in([one.pk for one in stores_in_scope(actor, VIEW)])


class DemoCars(Endpoint):
    tag = "test-drives"
    get = listing(
        _demo_cars,
        DemoCarRow,
        name="list_demo_cars",
        summary=_("Cars that may be driven now"),
        filters={},
    )


class TestDrives(Endpoint):
    __test__ = False

    tag = "test-drives"
    get = page(
        list_test_drives,
        TestDriveRow,
        name="list_test_drives",
        summary=_("Test drives"),
        permission=VIEW,
        filters={
            "state": Filter(
                serializers.ChoiceField(TestDriveState.choices), "state__in", many=True
            ),
            "store_id": Filter(IdField(), "store_id"),
            "advisor_id": Filter(IdField(), "advisor_id"),
            "customer_id": Filter(IdField(), "customer_id"),
            "vehicle_id": Filter(IdField(), "vehicle_id"),
            "starts_from": Filter(serializers.DateTimeField(), "starts_at__gte"),
            "starts_before": Filter(serializers.DateTimeField(), "starts_at__lt"),
        },
        orderings={"id": "id", "starts_at": "starts_at"},
        default_ordering="-id",
    )
    post = command(
        book_test_drive,
        BookingBody,
        TestDriveRow,
        name="book_test_drive",
        summary=_("Book a test drive"),
        description=_(
            "409 with the clashing booking where the car or the advisor is in another drive then."
        ),
        permission=WORK,
        status=201,
    )


class TestDrive(Endpoint):
    __test__ = False

    tag = "test-drives"
    get = record(
        get_test_drive,
        TestDriveRow,
        name="get_test_drive",
        summary=_("A test drive"),
        permission=VIEW,
    )


class Move(Endpoint):
    tag = "test-drives"
    post = command(
        move_test_drive,
        RebookBody,
        TestDriveRow,
        name="move_test_drive",
        summary=_("Book another time, car, advisor or route"),
        permission=WORK,
    )


class HandOut(Endpoint):
    tag = "test-drives"
    post = command(
        hand_out_test_drive,
        HandOutBody,
        TestDriveRow,
        name="hand_out_test_drive",
        summary=_("Hand out the car"),
        permission=WORK,
    )


class Return(Endpoint):
    tag = "test-drives"
    post = command(
        return_test_drive,
        ReturnBody,
        TestDriveRow,
        name="return_test_drive",
        summary=_("Take back the car; a contact is planned"),
        permission=WORK,
    )


class Cancel(Endpoint):
    tag = "test-drives"
    post = command(
        cancel_test_drive,
        CancelDriveBody,
        TestDriveRow,
        name="cancel_test_drive",
        summary=_("Cancel a test drive"),
        permission=WORK,
    )


class Miss(Endpoint):
    tag = "test-drives"
    post = command(
        miss_test_drive,
        NoBody,
        TestDriveRow,
        name="miss_test_drive",
        summary=_("The customer did not come"),
        permission=WORK,
    )
