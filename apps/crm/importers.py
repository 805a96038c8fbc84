"""Customers and leads from a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.crm import queries
from apps.crm.actions import enquiry, register_leads
from apps.crm.actions.identity import checked_national_id
from apps.crm.actions.records import CustomerRecord, take_in_customers
from apps.crm.actions.telling import tell_of_clashes_in_file
from apps.crm.rules.customers import CONSENT_CHANNELS, CustomerKind, Gender
from apps.crm.rules.leads import LEAD_SOURCES, LeadSource
from apps.organisation import queries as organisation
from forecourt.kernel import regions
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import save_many
from forecourt.kernel.errors import DomainError, Invalid
from forecourt.kernel.imports import (
    Choice,
    Context,
    Field,
    FieldKind,
    Importer,
    ImportRow,
    register,
)
from forecourt.kernel.imports.custom import custom_columns, custom_values
from forecourt.kernel.models import ImportRun
from forecourt.kernel.option_lists import values as options

PERMISSION = "crm.import_customer"
SEE_PHONE = "crm.see_phone"
TAGS = "tags"
"""Where the tags' names wait, read once a chunk."""
PARTED = re.compile(r"[,，、;；|]")
CHECKED = "enquiries"
"""Where the chunk's enquiries wait between check and write, so that each is read once."""
SOURCE_NAMES: dict[str, tuple[str, ...]] = {
    LeadSource.WEB: ("web", "website", "网站", "官网", "官网表单"),
    LeadSource.PHONE: ("phone", "call", "电话", "来电", "400电话"),
    LeadSource.WALK_IN: ("walk-in", "walk in", "showroom", "到店", "自然到店", "展厅", "自然来店"),
    LeadSource.AUTOHOME: ("autohome", "汽车之家"),
    LeadSource.YICHE: ("yiche", "bitauto", "易车", "易车网"),
    LeadSource.DONGCHEDI: ("dongchedi", "懂车帝"),
    LeadSource.MANUFACTURER: ("manufacturer", "oem", "厂家", "主机厂", "厂家下发"),
    LeadSource.REFERRAL: ("referral", "转介绍", "老客户介绍", "朋友介绍"),
    LeadSource.CAMPAIGN: ("campaign", "event", "车展", "活动", "外展"),
    LeadSource.OTHER: ("other", "其他", "其它"),
}


def _stores(context: Context) -> Iterable[Choice]:
    for store in organisation.stores_in_scope(context.actor, PERMISSION):
        names = tuple(name for name in (store.name_zh, store.name_en) if name)
        yield Choice(store.pk, store.name, (store.code, *names))


def _advisors(context: Context) -> Iterable[Choice]:
    grant = context.actor.grant(PERMISSION)
    for person in organisation.active_people("sales_advisor").distinct():
        if grant.covers(person.home_store_id, person.pk):
            yield Choice(person.pk, person.name, (person.email,))


def _sources(_context: Context) -> Iterable[Choice]:
    """Values in use; one that people have called otherwise is still found by its old names."""
    for value in options.values(LEAD_SOURCES).values():
        if value.is_active:
            yield Choice(
                value.code, value.label, options.spellings(value, SOURCE_NAMES.get(value.code, ()))
            )


def _genders(_context: Context) -> Iterable[Choice]:
    return (
        Choice(Gender.MALE.value, Gender.MALE.label, ("m", "male", "男", "先生")),
        Choice(Gender.FEMALE.value, Gender.FEMALE.label, ("f", "female", "女", "女士")),
    )


def _kinds(_context: Context) -> Iterable[Choice]:
    return (
        Choice(CustomerKind.PERSON.value, CustomerKind.PERSON.label, ("person", "个人")),
        Choice(
            CustomerKind.COMPANY.value,
            CustomerKind.COMPANY.label,
            ("company", "公司", "企业", "单位"),
        ),
    )


def _division(raw: str, _context: Context) -> str:
    """A code, a name or the beginning of an address. Raises Invalid where it is ambiguous."""
    found = regions.get(raw) if raw.isdigit() else regions.find(raw)
    if found is None:
        raise Invalid(_t("“%(name)s” names no single administrative division.") % {"name": raw})
    return found.code


def _national_id(raw: str, _context: Context) -> str:
    return checked_national_id(raw)


def _tags(raw: str, context: Context) -> list[int]:
    """Names of tags in use, parted by commas. Raises Invalid for one that there is not."""
    known = context.memory.get(TAGS)
    if known is None:
        known = {tag.name.casefold(): tag.pk for tag in queries.active_tags()}
        context.memory[TAGS] = known
    names = [" ".join(part.split()) for part in PARTED.split(raw) if part.strip()]
    for name in names:
        if name.casefold() not in known:
            raise Invalid(_t("There is no tag “%(name)s” in use.") % {"name": name})
    return [known[name.casefold()] for name in names]


NAME = Field(
    "name",
    _("Name"),
    max_length=100,
    synonyms=(
        "姓名",
        "客户姓名",
        "客户名称",
        "客户",
        "联系人",
        "customer",
        "customer name",
        "full name",
    ),
)
PHONE = Field(
    "phone",
    _("Phone"),
    kind=FieldKind.PHONE,
    mask=SEE_PHONE,
    synonyms=("手机", "手机号", "电话", "联系电话", "手机号码", "mobile", "tel", "phone number"),
)
GENDER = Field(
    "gender",
    _("Gender"),
    kind=FieldKind.CHOICE,
    choices=_genders,
    synonyms=("性别", "称谓", "sex"),
)
DIVISION = Field(
    "division_code",
    _("Region of the customer"),
    parse=_division,
    synonyms=("地区", "城市", "省市", "所在地", "区域", "city", "region", "location"),
)
SOURCE = Field(
    "source",
    _("Source"),
    kind=FieldKind.CHOICE,
    choices=_sources,
    synonyms=("来源", "线索来源", "客户来源", "渠道", "channel", "lead source"),
)
STORE = Field(
    "store",
    _("Store"),
    kind=FieldKind.CHOICE,
    choices=_stores,
    synonyms=("门店", "4S店", "店名", "所属门店", "经销商", "dealer", "branch"),
)
OWNER = Field(
    "owner",
    _("Owner"),
    kind=FieldKind.CHOICE,
    choices=_advisors,
    synonyms=("销售顾问", "顾问", "跟进人", "负责人", "advisor", "salesperson", "owner"),
)


class _CrmImporter(Importer):
    permission = PERMISSION

    @staticmethod
    def _store_of(row: ImportRow, context: Context) -> int | None:
        """The row's store; whoever may import for some stores only, imports for her own."""
        if row["store"] is not None or context.actor.grant(PERMISSION).everything:
            return row["store"]
        return context.actor.home_store_id


@register
class LeadImporter(_CrmImporter):
    """One row per enquiry; every rule of a single lead holds for each."""

    kind = "crm.lead"
    label = _("Leads")
    help = _(
        "One row for each enquiry. A phone that is known joins its customer, open leads are not "
        "doubled, and the assignment rules hand the new ones out."
    )
    updates = False
    fields = (
        Field(
            "phone",
            PHONE.label,
            kind=FieldKind.PHONE,
            mask=SEE_PHONE,
            required=True,
            synonyms=PHONE.synonyms,
        ),
        NAME,
        GENDER,
        SOURCE,
        Field(
            "brand",
            _("Brand"),
            max_length=60,
            synonyms=("品牌", "意向品牌", "make"),
        ),
        Field(
            "series",
            _("Series"),
            max_length=60,
            synonyms=("车系", "意向车系", "意向车型", "车型", "model"),
        ),
        DIVISION,
        STORE,
        OWNER,
        Field(
            "message",
            _("Message"),
            max_length=1000,
            synonyms=("备注", "留言", "需求", "note", "remark", "comment"),
        ),
        Field(
            "received_at",
            _("Received on"),
            kind=FieldKind.DATETIME,
            synonyms=("留资时间", "创建时间", "线索时间", "日期", "created", "date", "created at"),
        ),
        Field(
            "campaign_code",
            _("Campaign"),
            max_length=40,
            synonyms=("活动", "市场活动", "活动代码", "campaign", "utm_campaign"),
        ),
        Field(
            "external_id",
            _("Reference of the channel"),
            max_length=100,
            synonyms=("线索编号", "线索ID", "外部编号", "lead id", "id", "reference"),
        ),
    )

    def extra_fields(self, actor: Actor) -> tuple[Field, ...]:
        return custom_columns("lead", actor)

    def key(self, values: Mapping[str, Any]) -> str | None:
        return values.get("external_id") or None

    def check(self, rows: Sequence[ImportRow], context: Context) -> None:
        checked = context.memory[CHECKED] = {}
        for row in rows:
            try:
                checked[row.number] = enquiry(**self._details(row, context))
            except DomainError as refusal:
                row.refuse(refusal.message, field=refusal.field, code=refusal.code)

    def write(self, rows: Sequence[ImportRow], context: Context) -> None:
        checked = context.memory.get(CHECKED, {})
        enquiries = [
            checked.get(row.number) or enquiry(**self._details(row, context)) for row in rows
        ]
        answers = register_leads(actor=context.actor, enquiries=enquiries)
        save_many(
            [
                (answer.lead, custom_values(row))
                for row, answer in zip(rows, answers, strict=True)
                if answer.is_new
            ],
            actor=context.actor,
        )
        for row, answer in zip(rows, answers, strict=True):
            if answer.is_new:
                row.created(answer.lead.pk)
            elif answer.is_repeat:
                row.updated(answer.lead.pk)
            else:
                row.unchanged(answer.lead.pk)

    def finish(self, run: ImportRun, context: Context) -> None:
        tell_of_clashes_in_file(queries.clashes_of_import(run), run, context.actor)

    def _details(self, row: ImportRow, context: Context) -> dict[str, Any]:
        texts = ("name", "gender", "brand", "series", "division_code", "message", "external_id")
        texts += ("campaign_code",)
        return {
            **{name: row[name] or "" for name in texts},
            "phone": row["phone"],
            "source": row["source"] or LeadSource.IMPORT,
            "store_id": self._store_of(row, context),
            "owner_id": row["owner"],
            "received_at": row["received_at"],
        }


@register
class CustomerImporter(_CrmImporter):
    """One row per customer; what the group knows already is kept."""

    kind = "crm.customer"
    label = _("Customers")
    help = _(
        "One row for each customer. A phone that is known joins its customer and fills in what was "
        "missing; nothing that is known is overwritten."
    )
    fields = (
        Field("name", NAME.label, required=True, max_length=100, synonyms=NAME.synonyms),
        PHONE,
        Field(
            "second_phone",
            _("Second phone"),
            kind=FieldKind.PHONE,
            mask=SEE_PHONE,
            synonyms=("备用电话", "电话2", "手机2", "其他电话", "phone 2", "other phone"),
        ),
        Field(
            "kind",
            _("Kind"),
            kind=FieldKind.CHOICE,
            choices=_kinds,
            synonyms=("客户类型", "类型", "customer type"),
        ),
        GENDER,
        Field(
            "birth_date",
            _("Birthday"),
            kind=FieldKind.DATE,
            synonyms=("生日", "出生日期", "birthday", "date of birth"),
        ),
        Field(
            "national_id",
            _("National ID"),
            parse=_national_id,
            synonyms=("身份证", "身份证号", "身份证号码", "证件号码", "id card", "citizen id"),
            mask="crm.see_national_id",
        ),
        Field("wechat", _("WeChat"), max_length=60, synonyms=("微信", "微信号")),
        Field("email", _("E-mail"), kind=FieldKind.EMAIL, synonyms=("邮箱", "电子邮箱", "mail")),
        DIVISION,
        Field("address", _("Address"), max_length=200, synonyms=("地址", "住址", "详细地址")),
        SOURCE,
        STORE,
        OWNER,
        Field("tags", _("Tags"), parse=_tags, synonyms=("标签", "客户标签", "tag", "labels")),
        Field("occupation", _("Occupation"), max_length=60, synonyms=("职业", "工作", "job")),
        Field("family", _("Family"), max_length=200, synonyms=("家庭", "家庭情况", "household")),
        Field(
            "contact_time",
            _("Best time to call"),
            max_length=60,
            synonyms=("方便联系时间", "联系时间", "接听时间", "contact time"),
        ),
        *(
            Field(
                f"may_{channel}",
                label,
                kind=FieldKind.BOOLEAN,
                synonyms=synonyms,
                help=_("Yes or no; an answer that is on record stays."),
            )
            for channel, label, synonyms in (
                ("phone", _("Agrees to calls"), ("同意电话", "允许电话")),
                ("sms", _("Agrees to text messages"), ("同意短信", "允许短信")),
                ("wechat", _("Agrees to WeChat"), ("同意微信", "允许微信")),
                ("email", _("Agrees to e-mail"), ("同意邮件", "允许邮件")),
            )
        ),
        Field("note", _("Note"), max_length=500, synonyms=("备注", "说明", "remark", "comment")),
    )

    def extra_fields(self, actor: Actor) -> tuple[Field, ...]:
        return custom_columns("customer", actor)

    def key(self, values: Mapping[str, Any]) -> str | None:
        return values.get("phone") or None

    def write(self, rows: Sequence[ImportRow], context: Context) -> None:
        records = [self._record(row, context) for row in rows]
        taken_in = take_in_customers(records=records, actor=context.actor)
        for row, taken in zip(rows, taken_in, strict=True):
            if taken.owner_kept:
                row.warn(
                    _t("%(name)s looks after this customer, and keeps doing so.")
                    % {"name": taken.owner_kept},
                    field="owner",
                    code="owner_kept",
                )
            if taken.is_new:
                row.created(taken.customer_id)
            elif taken.is_out_of_reach:
                row.refuse(
                    _t("Another store looks after the customer with this phone."), field="phone"
                )
            elif taken.is_changed:
                row.updated(taken.customer_id)
            else:
                row.unchanged(taken.customer_id)

    def _record(self, row: ImportRow, context: Context) -> CustomerRecord:
        texts = (
            *("gender", "national_id", "wechat", "email"),
            *("division_code", "address", "note", "occupation", "family", "contact_time"),
        )
        return CustomerRecord(
            name=" ".join(row["name"].split()),
            phones=tuple(phone for phone in (row["phone"], row["second_phone"]) if phone),
            kind=row["kind"] or CustomerKind.PERSON,
            birth_date=row["birth_date"],
            source=row["source"] or LeadSource.IMPORT,
            store_id=self._store_of(row, context),
            owner_id=row["owner"],
            tag_ids=tuple(row["tags"] or ()),
            consents={
                channel: row[f"may_{channel}"]
                for channel in CONSENT_CHANNELS
                if row[f"may_{channel}"] is not None
            },
            custom=custom_values(row),
            **{name: row[name] or "" for name in texts},
        )
