"""For each name that stands in an address (``lead_id``) a row that it may mean.

A route with a name that is missing here fails the suite: whoever adds it says here how to make such
a row and how far it may be seen.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings

from apps.approvals.actions import attach, plan_absence, submit_own
from apps.approvals.models import Absence, ApprovalAct, ApprovalFlow, ApprovalRequest
from apps.approvals.rules.steps import Step
from apps.care.models import Complaint
from apps.crm.actions import (
    create_feed,
    merge_customers,
    receive_message,
    register_visit,
    save_tag,
    schedule_follow_up,
)
from apps.crm.models import (
    AssignmentRule,
    CustomerMerge,
    DuplicatePair,
    FeedMessage,
    FollowUp,
    LeadFeed,
    Tag,
    TestDrive,
    Visit,
)
from apps.discussions.actions import write_post
from apps.discussions.models import Post, PostFile
from apps.documents.actions import erase_papers, make_paper, request_signature, save_template
from apps.documents.models import Document, DocumentKind, DocumentTemplate, SigningRequest
from apps.documents.subjects import Place as DocumentPlace
from apps.marketing.actions import (
    add_tag_rule,
    save_automation,
    save_campaign,
    save_segment,
)
from apps.marketing.models import Automation, Campaign, Segment, TagRule
from apps.notifications.models import Delivery, Notification
from apps.organisation.models import Department, LegalEntity, Position, Role, StaffMember, Store
from apps.sales.models import SalesOrder
from forecourt.accounts.models import ApiToken
from forecourt.kernel import feed, files
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.imports.actions import upload_file
from forecourt.kernel.models import (
    AuditEntry,
    ConfigurationVersion,
    CustomField,
    Job,
    OptionValue,
    StoredFile,
    Webhook,
    WebhookDelivery,
)
from forecourt.kernel.models.imports import ImportRun
from forecourt.ui.lists import exports
from tenants.archive.layout import JOB_KIND
from tenants.domains import add_domain
from tenants.models import OwnDomain
from tests.factories.approvals import make_flow, make_request_kind
from tests.factories.care import make_complaint
from tests.factories.crm import make_customer, make_lead, make_opportunity
from tests.factories.documents import make_document
from tests.factories.organisation import actor_of, make_region, make_staff, make_store
from tests.factories.vehicles import (
    make_brand,
    make_model,
    make_series,
    make_transfer,
    make_unit,
)


@dataclass(frozen=True)
class Place:
    """Where a row is made, and whose it is."""

    store: Store
    staff: StaffMember


@dataclass(frozen=True)
class Kind:
    """``make`` answers the row; ``reach`` says who else than its owner may see it.

    ``own`` nobody, ``owner`` those with rights over the owner's or the store's rows, ``store``
    those with rights in the store, ``group`` everybody with the right, for the reason given.
    """

    make: Callable[[Place], Any]
    reach: str
    why: str = ""


def _sales_order(place: Place) -> SalesOrder:
    unit = make_unit(place.store)
    return SalesOrder.objects.create(
        number=f"SO-{unit.pk}",
        store=place.store,
        customer=make_customer(owner=place.staff),
        stock_unit=unit,
        advisor=place.staff,
        state="DELIVERED",
        order_date=date(2026, 1, 5),
        delivery_date=date(2026, 1, 9),
        total_amount=Decimal("100000.00"),
        currency="CNY",
        external_reference=str(unit.pk),
    )


def _import_run(place: Place) -> ImportRun:
    """A real file that has been taken in, as if the person had brought it."""
    run = upload_file(
        kind="vehicles.stock_unit",
        name="list.csv",
        content=io.BytesIO(b"VIN\n1\n"),
        store_id=place.store.pk,
        actor=system_actor(),
    )
    run.actor_id, run.user_id = place.staff.pk, place.staff.user_id
    run.save(update_fields=["actor_id", "user_id"])
    return run


def _follow_up(place: Place) -> FollowUp:
    lead = make_lead(owner=place.staff)
    return schedule_follow_up(
        actor=system_actor(), due_at=now() + timedelta(days=1), lead_id=lead.pk
    )


def _visit(place: Place) -> Visit:
    return register_visit(
        actor=system_actor(), store_id=place.store.pk, reason="LOOK", advisor_id=place.staff.pk
    )


def _complaint(place: Place) -> Complaint:
    return make_complaint(owner=place.staff)


def _post(place: Place, **more: Any) -> Post:
    return write_post(
        subject="crm.customer",
        record_id=make_customer(owner=place.staff).pk,
        text="明天到店",
        actor=actor_of(place.staff),
        **more,
    )


def _post_file(place: Place) -> PostFile:
    file = files.keep_bytes(
        purpose="discussions.file",
        name="offer.txt",
        content=b"offer",
        content_type="text/plain",
        actor=actor_of(place.staff),
    )
    return _post(place, file_ids=[file.pk]).files.get()


def _test_drive(place: Place) -> TestDrive:
    start = now() + timedelta(days=1 + TestDrive.objects.count())
    return TestDrive.objects.create(
        number=f"TD-{place.staff.pk}-{TestDrive.objects.count()}",
        store=place.store,
        customer=make_customer(owner=place.staff),
        advisor=place.staff,
        vehicle_id=make_unit(place.store).pk,
        vehicle_name="demo",
        route="MIXED",
        starts_at=start,
        ends_at=start + timedelta(minutes=30),
        created_at=now(),
    )


def _feed(_place: Place) -> LeadFeed:
    code = f"feed-{LeadFeed.objects.count()}"
    return create_feed(name=code, code=code, source="WEB", actor=system_actor()).feed


def _feed_message(place: Place) -> FeedMessage:
    """One that waits to be mended."""
    return receive_message(feed=_feed(place), body=b"{}", content_type="application/json").message


def _assignment_rule(place: Place) -> AssignmentRule:
    last = AssignmentRule.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    return AssignmentRule.objects.create(
        name="rule", sequence=(last or 0) + 1, store=place.store, conditions={}
    )


def _approval(place: Place) -> ApprovalRequest:
    kind = make_request_kind()
    make_flow(kind.kind, [Step(roles=("group_owner",), where="GROUP")])
    return submit_own(
        request_kind_id=kind.pk,
        title="Umbrellas",
        store_id=place.store.pk,
        actor=actor_of(place.staff),
    )


def _attachment(place: Place) -> ApprovalAct:
    actor = actor_of(place.staff)
    file = files.keep_bytes(
        purpose="approvals.attachment",
        name="offer.txt",
        content=b"offer",
        content_type="text/plain",
        actor=actor,
    )
    (act,) = attach(approval_id=_approval(place).pk, file_ids=[file.pk], actor=actor)
    return act


def _flow(place: Place) -> ApprovalFlow:
    return make_flow(make_request_kind().kind, [Step(roles=("group_owner",))], store=place.store)


def _absence(place: Place) -> Absence:
    return plan_absence(
        substitute_id=make_staff("sales_advisor", place.store).pk,
        from_date=today(),
        to_date=today(),
        actor=actor_of(place.staff),
    )


def _job(place: Place) -> Job:
    return Job.objects.create(
        kind="none", actor_id=place.staff.pk, actor_name=place.staff.name, created_at=now()
    )


def _notification(place: Place) -> Notification:
    return Notification.objects.create(
        recipient_id=place.staff.pk, event="none", key="1", created_at=now()
    )


def _export(place: Place) -> Job:
    return Job.objects.create(
        kind=exports.KIND,
        params={"list": "crm.leads", "kind": "csv", "query": "", "address": {}, "file": "none"},
        actor_id=place.staff.pk,
        actor_name=place.staff.name,
        created_at=now(),
    )


def _archive(place: Place) -> Job:
    return Job.objects.create(
        kind=JOB_KIND,
        params={"user_id": place.staff.user_id, "file": "", "is_locked": False},
        actor_id=place.staff.pk,
        actor_name=place.staff.name,
        created_at=now(),
    )


def _replay(place: Place) -> Job:
    return Job.objects.create(
        kind="crm.replay_assignment",
        actor_id=place.staff.pk,
        actor_name=place.staff.name,
        created_at=now(),
    )


def _flow_replay(place: Place) -> Job:
    return Job.objects.create(
        kind="approvals.replay_flow",
        actor_id=place.staff.pk,
        actor_name=place.staff.name,
        created_at=now(),
        params={"flow_id": _flow(place).pk, "steps": []},
    )


def _option_value(_place: Place) -> OptionValue:
    return OptionValue.objects.create(
        list_code="lead_sources",
        code=f"OWN_{OptionValue.objects.count()}",
        name_zh="值",
        sequence=OptionValue.objects.count(),
    )


def _version(place: Place) -> ConfigurationVersion:
    return ConfigurationVersion.objects.create(
        made_at=now(),
        actor_id=place.staff.pk,
        actor_name=place.staff.name,
        origin="SAVED",
        content="format: 1\nparts: {}\n",
        sha256="0" * 64,
    )


def _delivery(place: Place) -> Delivery:
    """A message to a customer that was held back."""
    return Delivery.objects.create(
        event="none",
        key=f"{place.staff.pk}",
        channel="email",
        recipient_kind="crm.customer",
        recipient_id=make_customer(owner=place.staff).pk,
        store_id=place.store.pk,
        state="HELD",
        reason="CAP",
        created_at=now(),
        ended_at=now(),
    )


def _duplicate_pair(place: Place) -> DuplicatePair:
    first, second = (make_customer(owner=place.staff) for _ in range(2))
    return DuplicatePair.objects.create(
        first=first, second=second, percent=80, evidence=["SAME_NAME"], found_at=now()
    )


def _merge(place: Place) -> CustomerMerge:
    kept, merged = (make_customer(owner=place.staff) for _ in range(2))
    return merge_customers(kept_id=kept.pk, merged_id=merged.pk, actor=system_actor())


def _device(place: Place) -> UserSession:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["_auth_user_id"] = str(place.staff.user_id)
    store.create()
    return UserSession.objects.create(
        user=place.staff.user, ip="127.0.0.1", session_key=store.session_key, user_agent="x"
    )


def _passkey(place: Place) -> Authenticator:
    return Authenticator.objects.create(
        user=place.staff.user, type="webauthn", data={"name": "key", "credential": {}}
    )


def _token(place: Place) -> ApiToken:
    return ApiToken.issue(place.staff.user, "theirs")[0]


def _custom_field(place: Place) -> CustomField:
    return CustomField.objects.create(
        host="customer", code=f"own_{place.staff.pk}", kind="TEXT", label_zh="字段"
    )


def _webhook(place: Place) -> Webhook:
    start = feed.end()
    return Webhook.objects.create(
        name=f"hook {place.staff.pk}.{Webhook.objects.count()}",
        url="http://127.0.0.1:9999/hook",
        types=["lead.registered"],
        secret="fcw_test",
        user_id=place.staff.user_id,
        staff_id=place.staff.pk,
        staff_name=place.staff.name,
        cursor_seal=start.seal,
        cursor_entry=start.entry,
        created_at=now(),
    )


def _webhook_delivery(place: Place) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        webhook=_webhook(place), type="ping", queued_at=now(), next_at=now() + timedelta(days=1)
    )


def _upload(place: Place) -> StoredFile:
    upload = files.begin_upload(
        actor=actor_of(place.staff), purpose="ui.gallery", name="a.pdf", size=10
    )
    return upload.file


def _document(place: Place) -> Document:
    customer = make_customer(owner=place.staff)
    return make_document(DocumentPlace("crm.customer", customer.pk), actor=actor_of(place.staff))


def _paper(place: Place) -> Document:
    opportunity = make_opportunity(owner=place.staff)
    return make_paper(
        code="crm.purchase_contract",
        subject_id=opportunity.pk,
        language="en",
        actor=actor_of(place.staff),
    )


def _signing_request(place: Place) -> SigningRequest:
    paper = _paper(place)
    asked, _address = request_signature(
        document_id=paper.pk, field="customer", name="Li", actor=actor_of(place.staff)
    )
    return asked


def _template(_place: Place) -> DocumentTemplate:
    """The draft of a text for the whole group; each in a place of its own."""
    DocumentTemplate.objects.filter(state="DRAFT").update(state="RETIRED", published_at=now())
    return save_template(code="crm.letter", language="en", text="Dear", actor=system_actor())


def _erasure(place: Place) -> AuditEntry:
    customer = make_customer(owner=place.staff)
    return erase_papers(
        subject="crm.customer", subject_id=customer.pk, reason="her wish", actor=system_actor()
    )


def _campaign(place: Place) -> Campaign:
    return save_campaign(
        name="campaign",
        store_id=place.store.pk,
        segment_id=_segment(place).pk,
        channel="sms",
        text="Dear {name}",
        starts_on=today(),
        ends_on=today(),
        actor=system_actor(),
    )


def _automation(place: Place) -> Automation:
    return save_automation(
        name="automation",
        store_id=place.store.pk,
        trigger="DATE",
        fact="crm.birthday",
        deed="TASK",
        options={},
        actor=system_actor(),
    )


def _segment(place: Place) -> Segment:
    return save_segment(
        name=f"segment {Segment.objects.count()}", conditions={}, actor=system_actor()
    )


def _tag_rule(place: Place) -> TagRule:
    return add_tag_rule(segment_id=_segment(place).pk, tag_id=_tag(place).pk, actor=system_actor())


def _tag(_place: Place) -> Tag:
    return save_tag(name=f"tag {Tag.objects.count()}", actor=system_actor())


def _own_domain(_place: Place) -> OwnDomain:
    return add_domain(host=f"dms{OwnDomain.objects.count()}.example-auto.com")


KINDS: dict[str, Kind] = {
    "store_id": Kind(lambda place: place.store, "store"),
    "staff_id": Kind(lambda place: place.staff, "owner"),
    "region_id": Kind(lambda _place: make_region(), "group", "regions belong to the whole group"),
    "company_id": Kind(
        lambda _place: LegalEntity.objects.create(name_zh="公司"),
        "group",
        "companies belong to the whole group",
    ),
    "role_id": Kind(
        lambda place: Role.objects.create(code=f"own_{place.staff.pk}", name_zh="角色"),
        "group",
        "roles belong to the whole group",
    ),
    "department_id": Kind(
        lambda place: Department.objects.create(
            store=place.store, name_zh=f"部门{Department.objects.count()}"
        ),
        "store",
    ),
    "position_id": Kind(
        lambda place: Position.objects.create(code=f"own_{place.staff.pk}", name_zh="岗位"),
        "group",
        "positions belong to the whole group",
    ),
    "customer_id": Kind(lambda place: make_customer(owner=place.staff), "owner"),
    "other_id": Kind(lambda place: make_customer(owner=place.staff), "owner"),
    "campaign_id": Kind(_campaign, "store"),
    "automation_id": Kind(_automation, "store"),
    "segment_id": Kind(_segment, "group", "shared segments are everybody's who may see segments"),
    "tag_rule_id": Kind(_tag_rule, "group", "tags belong to the whole group"),
    "tag_id": Kind(_tag, "group", "tags belong to the whole group"),
    "pair_id": Kind(_duplicate_pair, "owner"),
    "merge_id": Kind(_merge, "owner"),
    "lead_id": Kind(lambda place: make_lead(owner=place.staff), "owner"),
    "opportunity_id": Kind(lambda place: make_opportunity(owner=place.staff), "owner"),
    "stock_unit_id": Kind(lambda place: make_unit(place.store), "store"),
    "transfer_id": Kind(
        lambda place: make_transfer(make_unit(place.store), to_store=make_store()), "store"
    ),
    "sales_order_id": Kind(_sales_order, "owner"),
    "visit_id": Kind(_visit, "owner"),
    "complaint_id": Kind(_complaint, "owner"),
    "test_drive_id": Kind(_test_drive, "owner"),
    "follow_up_id": Kind(_follow_up, "owner"),
    "rule_id": Kind(
        _assignment_rule,
        "group",
        "the order of all rules decides, so it is read as a whole; only one's own are changed",
    ),
    "feed_id": Kind(_feed, "group", "feeds are the whole group's"),
    "message_id": Kind(_feed_message, "group", "what feeds sent is the whole group's"),
    "brand_id": Kind(lambda _place: make_brand(), "group", "the catalogue is the whole group's"),
    "series_id": Kind(lambda _place: make_series(), "group", "the catalogue is the whole group's"),
    "model_id": Kind(lambda _place: make_model(), "group", "the catalogue is the whole group's"),
    "domain_id": Kind(_own_domain, "group", "host names are the whole group's"),
    "archive_id": Kind(_archive, "group", "an archive holds the whole group"),
    "export_id": Kind(_export, "own"),
    "value_id": Kind(_option_value, "group", "option lists belong to the whole group"),
    "version_id": Kind(_version, "group", "the configuration is the whole group's"),
    "approval_id": Kind(_approval, "owner"),
    "act_id": Kind(_attachment, "owner"),
    "flow_id": Kind(_flow, "store"),
    "request_kind_id": Kind(
        lambda _place: make_request_kind(), "group", "kinds of request are the whole group's"
    ),
    "absence_id": Kind(_absence, "own"),
    "document_id": Kind(_document, "owner"),
    "upload_id": Kind(_upload, "own"),
    **{
        f"{route}.document_id": Kind(_paper, "owner")
        for route in (
            "documents:paper_page",
            "documents:paper_signing",
            "documents:sign_field",
            "documents:signature_ask",
            "api:signature_fields",
            "api:signing_links",
        )
    },
    "discussions:panel.subject_id": Kind(lambda place: make_customer(owner=place.staff), "owner"),
    "post_id": Kind(_post, "owner"),
    "post_file_id": Kind(_post_file, "owner"),
    "documents:paper_make.subject_id": Kind(
        lambda place: make_opportunity(owner=place.staff), "owner"
    ),
    "signing_request_id": Kind(_signing_request, "owner"),
    "document_template_id": Kind(_template, "group", "texts of papers are the whole group's"),
    "erasure_id": Kind(_erasure, "owner"),
    "document_kind_id": Kind(
        lambda _place: DocumentKind.objects.create(
            code=f"own_{DocumentKind.objects.count()}", name_zh="类型"
        ),
        "group",
        "kinds of documents are the whole group's",
    ),
    **{
        f"documents:{route}.subject_id": Kind(
            lambda place: make_customer(owner=place.staff), "owner"
        )
        for route in ("panel", "document_add", "papers_erase")
    },
    "run_id": Kind(_import_run, "owner"),
    "webhook_id": Kind(_webhook, "group", "webhooks belong to the whole group"),
    **{
        f"webhooks:{route}.delivery_id": Kind(
            _webhook_delivery, "group", "webhooks belong to the whole group"
        )
        for route in ("delivery_detail", "delivery_replay")
    },
    "job_id": Kind(_job, "own"),
    "notification_id": Kind(_notification, "own"),
    "crm:assignment_replay.job_id": Kind(_replay, "own"),
    "crm:assignment_replay_publish.job_id": Kind(_replay, "own"),
    "api:assignment_replay.job_id": Kind(_replay, "own"),
    "approvals:flow_replay.job_id": Kind(_flow_replay, "own"),
    "api:approval_flow_replay_result.job_id": Kind(_flow_replay, "own"),
    "api:assignment_replay_publish.job_id": Kind(_replay, "own"),
    "field_id": Kind(_custom_field, "group", "a form is the whole group's"),
    "custom_fields:values.row_id": Kind(lambda place: make_customer(owner=place.staff), "owner"),
    "custom_fields:file.row_id": Kind(lambda place: make_customer(owner=place.staff), "owner"),
    "api:custom_file_open.row_id": Kind(lambda place: make_customer(owner=place.staff), "owner"),
    "delivery_id": Kind(_delivery, "store"),
    "device_id": Kind(_device, "own"),
    "token_id": Kind(_token, "own"),
    "mfa_edit_webauthn.pk": Kind(_passkey, "own"),
    "mfa_remove_webauthn.pk": Kind(_passkey, "own"),
}
VALUES: dict[str, str] = {
    **{
        f"documents:{route}.subject": "crm.customer"
        for route in ("panel", "document_add", "papers_erase")
    },
    "discussions:panel.subject": "crm.customer",
    "documents:paper_page.number": "1",
    "documents:paper_make.code": "crm.purchase_contract",
    "documents:sign_field.field": "customer",
    "documents:signature_ask.field": "customer",
    **{
        f"documents:{route}.{name}": value
        for route in ("template_edit", "template_preview")
        for name, value in (("code", "crm.letter"), ("language", "en"))
    },
    **{f"documents:{route}.token": "no-such-token" for route in ("sign", "sign_file", "sign_page")},
    "documents:sign_page.number": "1",
    **{
        f"{route}.number": "1"
        for route in (
            "documents:version_file",
            "documents:version_restore",
            "documents:version_remove",
            "documents:version_abandon",
            "api:document_version",
            "api:version_complete",
            "api:version_resume",
            "api:version_parts",
            "api:version_restore",
        )
    },
    "notifications:channel.code": "sms",
    "notifications:channel_switch.code": "sms",
    "notifications:channel_try.code": "sms",
    **{
        f"notifications:{route}.{name}": value
        for route in ("text", "text_preview", "text_reset")
        for name, value in (
            ("event_code", "crm.lead_assigned"),
            ("way", "email"),
            ("language", "en"),
        )
    },
    "notifications:opt_out.token": "no-such-token",
    "marketing:follow_link.token": "no-such-token",
    # Parts of addresses that name no row.
    **{
        f"{route}.list_code": "lead_sources"
        for route in (
            "settings:option_list_detail",
            "settings:option_list_history",
            "settings:option_value_add",
            "settings:option_value_edit",
            "settings:option_value_move",
            "settings:option_value_switch",
            "settings:option_value_remove",
            "api:option_values",
            "api:option_value",
        )
    },
    **{f"crm:assignment_draft_{part}.place": "0" for part in ("edit", "move", "switch", "remove")},
    "approvals:step_edit.index": "0",
    "approvals:step_remove.index": "0",
    "start:skip.step": "people",
    "api:setting.key": "crm.response_minutes",
    "api:setting_reset.key": "crm.response_minutes",
    "api:setting_preview.key": "vehicles.aged_from",
    "ui:brand_css.colour": "0b6270",
    "ui:brand_logo.name": "none.png",
    "settings:look_reset.part": "logo",
    "settings:numbering_edit.kind": "TR",
    "settings:numbering_preview.kind": "TR",
    "settings:edit.key": "crm.response_minutes",
    "settings:reset.key": "crm.response_minutes",
    "settings:history.key": "crm.response_minutes",
    "custom_fields:values.host": "customer",
    "custom_fields:file.host": "customer",
    "custom_fields:file.code": "contract",
    "api:custom_file_open.host": "customer",
    "api:custom_file_open.code": "contract",
    "api:feed.source": "autohome",
    "imports:upload.kind": "vehicles",
    "imports:column.name": "vin",
    "organisation:invitation_accept.token": "no-such-token",
    "account_reset_password_from_key.uidb36": "1",
    "account_reset_password_from_key.key": "no-such-key",
}

QUERIES: dict[str, str] = {
    # What an address must be asked, to be understood at all.
    "api:search": "q=zz",
    "crm:customer_timeline": "before=1700000000",
}
FORMS: dict[str, dict[str, str]] = {
    "approvals:step_move": {"step": "0", "to": "0"},
    "crm:opportunity_stage": {"stage": "QUOTED"},
    "organisation:store_state": {"state": "SUSPENDED"},
}


def kind_of(route: str, keyword: str) -> Kind | None:
    return KINDS.get(f"{route}.{keyword}") or KINDS.get(keyword)


def value_of(route: str, keyword: str) -> str | None:
    return VALUES.get(f"{route}.{keyword}")


def make_place(store: Store | None = None) -> Place:
    store = store or make_store()
    return Place(store, make_staff("sales_advisor", store))
