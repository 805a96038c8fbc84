"""Endpoints of the floor: the same rows by the fewest lines that Django and DRF need for them."""

from typing import Any, cast

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.urls import path
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from infra.bench.floor.models import (
    Brand,
    Customer,
    Lead,
    Movement,
    Series,
    SignUp,
    Summary,
    Transfer,
    Unit,
    Vehicle,
    VehicleModel,
)

PAGE = 50


class LeadSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="customer.name")
    phone = serializers.CharField(source="customer.phone")

    class Meta:
        model = Lead
        fields = ("id", "name", "phone", "source", "store_id")
        read_only_fields = ("store_id",)


class BrandSerializer(serializers.ModelSerializer):
    class Meta:
        model = Brand
        fields = "__all__"


class SeriesSerializer(serializers.ModelSerializer):
    brand = BrandSerializer()

    class Meta:
        model = Series
        fields = "__all__"


class ModelSerializer(serializers.ModelSerializer):
    class Meta:
        model = VehicleModel
        fields = "__all__"


class VehicleSerializer(serializers.ModelSerializer):
    series = SeriesSerializer()
    model = ModelSerializer()

    class Meta:
        model = Vehicle
        fields = "__all__"


class UnitSerializer(serializers.ModelSerializer):
    vehicle = VehicleSerializer()

    class Meta:
        model = Unit
        fields = "__all__"


class CustomerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Customer
        exclude = ("grams",)


class TransferSerializer(serializers.ModelSerializer):
    class Meta:
        model = Transfer
        fields = ("id", "unit_id", "from_store_id", "to_store_id", "state")


def sent(request: Request) -> dict[str, Any]:
    """The body, which is an object here."""
    return cast("dict[str, Any]", request.data)


@api_view(["POST"])
def lead(request: Request) -> Response:
    """Customer found by phone or made, and the lead."""
    body = LeadSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    values = body.validated_data
    with transaction.atomic():
        phone, name = values["customer"]["phone"], values["customer"]["name"]
        customer = Customer.objects.filter(phone=phone).first() or Customer.objects.create(
            phone=phone, name=name
        )
        made = Lead.objects.create(customer=customer, source=values["source"], store_id=1)
    return Response(LeadSerializer(made).data, status=201)


@api_view(["POST"])
def import_leads(request: Request) -> Response:
    """All rows of a file, a thousand at a time."""
    rows = [line.split(",") for line in sent(request)["text"].splitlines()[1:]]
    with transaction.atomic():
        customers = Customer.objects.bulk_create(
            [Customer(name=row[0], phone=row[1]) for row in rows], batch_size=1000
        )
        Lead.objects.bulk_create(
            [Lead(customer=customer, source="WEB", store_id=1) for customer in customers],
            batch_size=1000,
        )
    return Response({"created": len(rows)}, status=201)


@api_view(["GET"])
def units(request: Request) -> Response:
    """A page by offset, as DRF's own pagination does it."""
    start = int(request.GET.get("offset", 0))
    rows = (
        Unit.objects.select_related("vehicle__series__brand", "vehicle__model")
        .filter(state=request.GET["state"])
        .order_by("list_price", "id")
    )
    return Response(UnitSerializer(rows[start : start + PAGE], many=True).data)


@api_view(["GET"])
def customers(request: Request) -> Response:
    rows = Customer.objects.filter(grams__contains=request.GET.getlist("gram")).order_by("-id")
    return Response(CustomerSerializer(rows[:PAGE], many=True).data)


@api_view(["GET"])
def summary(request: Request) -> Response:
    rows = (
        Summary.objects.values("store_id", "month", "measure")
        .annotate(total=Sum("quantity"))
        .order_by("store_id", "month")
    )
    return Response(list(rows))


@api_view(["POST"])
def request_transfer(request: Request) -> Response:
    try:
        with transaction.atomic():
            unit = Unit.objects.select_for_update().get(pk=sent(request)["unit"])
            made = Transfer.objects.create(
                unit=unit,
                from_store_id=unit.store_id,
                to_store_id=sent(request)["to_store"],
                state="REQUESTED",
                is_open=True,
            )
    except IntegrityError:
        return Response({"detail": "Taken."}, status=409)
    return Response(TransferSerializer(made).data, status=201)


@api_view(["POST"])
def step_transfer(request: Request, pk: int) -> Response:
    """The transfer's next state; from dispatch on the vehicle's too, with its movement."""
    state = sent(request)["state"]
    with transaction.atomic():
        # The vehicle first, as in a request: else the two would wait for each other.
        unit = Unit.objects.select_for_update().get(transfer=pk)
        row = Transfer.objects.get(pk=pk)
        row.state, row.is_open = state, state != "RECEIVED"
        row.save(update_fields=["state", "is_open"])
        if state != "APPROVED":
            unit.state = state
            unit.save(update_fields=["state"])
            Movement.objects.create(unit=unit, kind=state)
    return Response(TransferSerializer(row).data)


@api_view(["POST"])
def sign_up(request: Request) -> Response:
    """A row for a new customer, with the hashed password; no space of its own."""
    SignUp.objects.create(
        slug=sent(request)["slug"], password=make_password(sent(request)["password"])
    )
    return Response({"slug": sent(request)["slug"]}, status=201)


urlpatterns = [
    path("lead", lead),
    path("import", import_leads),
    path("units", units),
    path("customers", customers),
    path("summary", summary),
    path("transfers", request_transfer),
    path("transfers/<int:pk>", step_transfer),
    path("sign-up", sign_up),
]
