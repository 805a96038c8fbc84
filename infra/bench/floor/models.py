"""The tables of tables.sql."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Table(models.Model):
    class Meta:
        abstract = True
        managed = False


class Brand(Table):
    name_zh = models.TextField()
    name_en = models.TextField()

    class Meta(Table.Meta):
        db_table = "brand"


class Series(Table):
    brand = models.ForeignKey(Brand, models.CASCADE)
    name_zh = models.TextField()
    name_en = models.TextField()

    class Meta(Table.Meta):
        db_table = "series"


class VehicleModel(Table):
    name_zh = models.TextField()
    name_en = models.TextField()
    model_year = models.IntegerField()

    class Meta(Table.Meta):
        db_table = "model"


class Vehicle(Table):
    vin = models.TextField()
    reference = models.TextField()
    series = models.ForeignKey(Series, models.CASCADE)
    model = models.ForeignKey(VehicleModel, models.CASCADE, null=True)
    model_year = models.IntegerField()
    exterior_colour = models.TextField()
    interior_colour = models.TextField()
    production_date = models.DateField()
    origin = models.TextField()
    condition = models.TextField()
    mileage = models.IntegerField()

    class Meta(Table.Meta):
        db_table = "vehicle"


class Unit(Table):
    stock_number = models.TextField()
    vehicle = models.ForeignKey(Vehicle, models.CASCADE)
    state = models.TextField()
    store_id = models.BigIntegerField()
    destination_store_id = models.BigIntegerField()
    location = models.TextField()
    stocked_in_date = models.DateField()
    left_date = models.DateField()
    cost = models.DecimalField(max_digits=14, decimal_places=2)
    list_price = models.DecimalField(max_digits=14, decimal_places=2)
    reserved_at = models.DateTimeField()
    reserved_by_id = models.BigIntegerField()
    reserved_for = models.TextField()
    reserved_customer_id = models.BigIntegerField()
    reserved_order = models.TextField()
    reserved_until = models.DateField()
    sold_date = models.DateField()

    class Meta(Table.Meta):
        db_table = "unit"


class Customer(Table):
    kind = models.TextField(db_default="PERSON")
    name = models.TextField()
    phone = models.TextField()
    gender = models.TextField(db_default="")
    birth_date = models.DateField(null=True)
    wechat = models.TextField(db_default="")
    email = models.TextField(db_default="")
    division_code = models.TextField(db_default="")
    address = models.TextField(db_default="")
    source = models.TextField(db_default="WEB")
    lifecycle = models.TextField(db_default="PROSPECT")
    consents = models.JSONField(default=dict)
    note = models.TextField(db_default="")
    owner_id = models.BigIntegerField(null=True)
    home_store_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    grams = ArrayField(models.TextField(), default=list)

    class Meta(Table.Meta):
        db_table = "customer"


class Lead(Table):
    customer = models.ForeignKey(Customer, models.CASCADE)
    source = models.TextField()
    store_id = models.BigIntegerField()

    class Meta(Table.Meta):
        db_table = "lead"


class Summary(Table):
    store_id = models.BigIntegerField()
    month = models.DateField()
    measure = models.TextField()
    quantity = models.BigIntegerField()

    class Meta(Table.Meta):
        db_table = "summary"


class Transfer(Table):
    unit = models.ForeignKey(Unit, models.CASCADE)
    from_store_id = models.BigIntegerField()
    to_store_id = models.BigIntegerField()
    state = models.TextField()
    is_open = models.BooleanField()

    class Meta(Table.Meta):
        db_table = "transfer"


class Movement(Table):
    unit = models.ForeignKey(Unit, models.CASCADE)
    kind = models.TextField()

    class Meta(Table.Meta):
        db_table = "movement"


class SignUp(Table):
    slug = models.TextField()
    password = models.TextField()

    class Meta(Table.Meta):
        db_table = "sign_up"
