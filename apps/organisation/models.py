"""Companies, regions, stores, departments, positions, people and their roles."""

import hashlib
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.organisation import rules
from forecourt.kernel.access import Masked, RowAccess, ScopedModel
from forecourt.kernel.citizen_id import masked_citizen_id
from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.custom_fields.rows import CustomValues
from forecourt.kernel.language import in_active_language

if TYPE_CHECKING:
    from django.utils.functional import Promise

STORE_CODE = RegexValidator(r"^[A-Z0-9]{2,8}$", _("2 to 8 capital letters and digits."))


class Bilingual(models.Model):
    """Something with a Chinese and an English name; either may be left to the other."""

    name_zh = models.CharField(_("Chinese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_active_language(self.name_zh, self.name_en)


class LegalEntity(Bilingual, ScopedModel):
    """A company of the group: has its own books, tax number and currency."""

    access: ClassVar[RowAccess] = RowAccess(view="organisation.view_store")

    tax_number = models.CharField(_("Tax number"), max_length=30, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, default="CNY")

    class Meta:
        verbose_name = _("Company")
        constraints = [
            models.UniqueConstraint(
                fields=["tax_number"],
                condition=~models.Q(tax_number=""),
                name="legal_entity_tax_number_uq",
            ),
        ]


class Region(Bilingual, ScopedModel):
    """The group's own grouping of stores."""

    access: ClassVar[RowAccess] = RowAccess(view="organisation.view_store")

    sequence = models.PositiveSmallIntegerField(_("Order"), default=0)

    class Meta:
        verbose_name = _("Region")
        constraints = [models.UniqueConstraint(fields=["name_zh"], name="region_name_uq")]
        ordering: ClassVar[list[str]] = ["sequence", "id"]


class Store(CustomValues, Bilingual, ScopedModel):
    class State(models.TextChoices):
        OPENING = "OPENING", _("Opening")
        OPEN = "OPEN", _("Open")
        SUSPENDED = "SUSPENDED", _("Trading suspended")
        CLOSED = "CLOSED", _("Closed")

    access: ClassVar[RowAccess] = RowAccess(view="organisation.view_store", store=("id",))

    code = models.CharField(_("Code"), max_length=8, validators=[STORE_CODE])
    legal_entity = models.ForeignKey(
        LegalEntity, models.PROTECT, related_name="stores", verbose_name=_("Company")
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stores",
        verbose_name=_("Region"),
    )
    brand_names = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, verbose_name=_("Brands")
    )
    division_code = models.CharField(_("Administrative division"), max_length=6, blank=True)
    address = models.CharField(_("Address"), max_length=200, blank=True)
    latitude = models.DecimalField(
        _("Latitude"), max_digits=8, decimal_places=6, null=True, blank=True
    )
    """In degrees, by the datum of Chinese maps (GCJ-02), which outside of China is WGS 84."""
    longitude = models.DecimalField(
        _("Longitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    phone = models.CharField(_("Telephone"), max_length=20, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=40, default="Asia/Shanghai")
    opens_at = models.TimeField(_("Opens"), default="09:00")
    closes_at = models.TimeField(_("Closes"), default="18:00")
    opening_date = models.DateField(_("Opening date"), null=True, blank=True)
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.OPEN)

    class Meta:
        verbose_name = _("Store")
        constraints = [
            models.UniqueConstraint(fields=["code"], name="store_code_uq"),
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z0-9]{2,8}$"), name="store_code_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["OPENING", "OPEN", "SUSPENDED", "CLOSED"]),
                name="store_state_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")), name="store_hours_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(
                    latitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__isnull=False,
                    longitude__range=(-180, 180),
                ),
                name="store_place_ck",
            ),
        ]
        ordering: ClassVar[list[str]] = ["code"]

    @property
    def map_url(self) -> str:
        """Where a map shows the place; empty without coordinates."""
        if self.latitude is None or self.longitude is None:
            return ""
        place = {"position": f"{self.longitude},{self.latitude}", "name": self.name}
        return f"https://uri.amap.com/marker?{urlencode(place)}"

    @property
    def is_working(self) -> bool:
        return self.state in {self.State.OPENING, self.State.OPEN}


class Department(Bilingual, ScopedModel):
    """A node of a tree inside a store or, with no store, at headquarters.

    One that is no longer in use stays on history, but nobody is put into it.
    """

    access: ClassVar[RowAccess] = RowAccess(view="organisation.view_staff", store=("store_id",))

    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="departments"
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("Part of"),
    )
    is_active = models.BooleanField(_("In use"), default=True, db_default=True)

    class Meta:
        verbose_name = _("Department")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="department_parent_ck"
            ),
            models.UniqueConstraint(
                fields=["store", "parent", "name_zh"],
                name="department_name_uq",
                nulls_distinct=False,
            ),
        ]

    @property
    def place(self) -> "str | Promise":
        """The store that it belongs to, or headquarters."""
        return self.store.name if self.store else _("Headquarters")


class Position(Bilingual, ScopedModel):
    """What people are employed as. One that is no longer in use stays with those who have it."""

    access: ClassVar[RowAccess] = RowAccess(view="organisation.view_staff")

    code = models.CharField(_("Code"), max_length=30)
    is_active = models.BooleanField(_("In use"), default=True, db_default=True)

    class Meta:
        verbose_name = _("Position")
        constraints = [models.UniqueConstraint(fields=["code"], name="position_code_uq")]


class Role(Bilingual, ScopedModel):
    """A set of permissions, each with a scope. Built-in ones come with every group."""

    access: ClassVar[RowAccess] = RowAccess(view="organisation.view_staff")

    code = models.CharField(_("Code"), max_length=40)
    is_built_in = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("Role")
        constraints = [models.UniqueConstraint(fields=["code"], name="role_code_uq")]


class RolePermission(models.Model):
    class Scope(models.TextChoices):
        OWN = "OWN", _("Own")
        TEAM = "TEAM", _("Team")
        STORE = "STORE", _("Store")
        REGION = "REGION", _("Region")
        GROUP = "GROUP", _("Group")

    role = models.ForeignKey(Role, models.CASCADE, related_name="permissions")
    permission = models.CharField(max_length=80)
    scope = models.CharField(max_length=6, choices=Scope)

    class Meta:
        verbose_name = _("Right of a role")
        constraints = [
            models.UniqueConstraint(fields=["role", "permission"], name="role_permission_uq"),
            models.CheckConstraint(
                condition=models.Q(scope__in=["OWN", "TEAM", "STORE", "REGION", "GROUP"]),
                name="role_permission_scope_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permission} ({self.scope})"


class StaffMember(CustomValues, ScopedModel):
    """A person who works, or has worked, for the group.

    ``national_id_index`` and ``driving_licence_index`` are the blind indexes by which the numbers
    are found; null where there is none.
    """

    class State(models.TextChoices):
        INVITED = "INVITED", _("Invited")
        ACTIVE = "ACTIVE", _("Active")
        SUSPENDED = "SUSPENDED", _("Suspended")
        LEFT = "LEFT", _("Left")

    access: ClassVar[RowAccess] = RowAccess(
        view="organisation.view_staff", store=("home_store_id",), owner=("id",)
    )
    masked_fields: ClassVar[dict[str, Masked]] = {
        "bank_account": Masked("organisation.see_bank_account", rules.masked_account),
        "national_id": Masked("organisation.see_identity", masked_citizen_id),
        "driving_licence": Masked("organisation.see_identity", rules.masked_licence),
    }

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="staff_member"
    )
    name = models.CharField(_("Name"), max_length=100)
    name_pinyin = models.CharField(max_length=200, blank=True)
    email = models.EmailField(_("E-mail"))
    mobile = models.CharField(_("Mobile"), max_length=20, blank=True)
    chat_ids = models.JSONField(
        _("Identifiers in chat apps"),
        default=dict,
        db_default=models.Value({}, output_field=models.JSONField()),
        blank=True,
    )
    """Who she is in the company's WeCom, DingTalk and Feishu, by app."""
    home_store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="home_staff",
        verbose_name=_("Store"),
        help_text=_("Leave empty for headquarters."),
    )
    stores = models.ManyToManyField(
        Store, blank=True, related_name="staff", verbose_name=_("Also works in")
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("Department"),
    )
    position = models.ForeignKey(
        Position,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("Position"),
    )
    manager = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("Manager"),
    )
    roles = models.ManyToManyField(Role, related_name="staff", verbose_name=_("Roles"))
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.INVITED)
    bank_account = EncryptedTextField(_("Bank account"))
    national_id = EncryptedTextField(_("National ID"))
    national_id_index = models.CharField(max_length=64, null=True, editable=False)
    driving_licence = EncryptedTextField(_("Driving licence number"))
    driving_licence_index = models.CharField(max_length=64, null=True, editable=False)
    joined_date = models.DateField(_("Joined on"), null=True, blank=True)
    left_date = models.DateField(_("Left on"), null=True, blank=True)

    class Meta:
        verbose_name = _("Member of staff")
        constraints = [
            models.UniqueConstraint(models.functions.Lower("email"), name="staff_email_uq"),
            models.UniqueConstraint(
                fields=["mobile"], condition=~models.Q(mobile=""), name="staff_mobile_uq"
            ),
            models.UniqueConstraint(
                fields=["national_id_index"],
                condition=~models.Q(state="LEFT"),
                name="staff_national_id_uq",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["INVITED", "ACTIVE", "SUSPENDED", "LEFT"]),
                name="staff_state_ck",
            ),
        ]
        indexes = [models.Index(fields=["home_store", "state"], name="staff_store_idx")]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A link by mail that lets a staff member set a password; kept only as a digest."""

    staff_member = models.ForeignKey(StaffMember, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Invitation")
        constraints = [models.UniqueConstraint(fields=["digest"], name="invitation_digest_uq")]

    def __str__(self) -> str:
        return f"{self.staff_member} {self.created_at:%F}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()


class GroupSettings(models.Model):
    """What a group is called. One row, id 1.

    Whether it requires second factors is a setting by now; the column goes with a later release.
    """

    name_zh = models.CharField(_("Chinese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)
    requires_second_factor = models.BooleanField(
        _("Everybody signs in with a second factor"), default=False
    )
    setup_state = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("Group settings")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="group_settings_one")]

    def __str__(self) -> str:
        return self.name_zh
