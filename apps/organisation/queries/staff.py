"""People, where they work and how they are reached."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from apps.organisation import rules
from apps.organisation.models import Department, Invitation, Position, StaffMember, Store
from apps.organisation.queries.actors import team_of
from apps.organisation.queries.rows import one
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.crypto import blind_index
from forecourt.kernel.groups import current_group


def active_people(role: str) -> "QuerySet[StaffMember]":
    """Everybody active in a role, whoever asks."""
    return StaffMember.objects.filter(state=StaffMember.State.ACTIVE, roles__code=role)


@dataclass(frozen=True, slots=True)
class StaffContact:
    """How to reach an active member of staff, and in which language."""

    staff_id: int
    name: str
    email: str
    mobile: str
    language: str
    chat_ids: Mapping[str, str] = field(default_factory=dict)


def staff_employed(*, positions: Collection[str], departments: Collection[str]) -> frozenset[int]:
    """Who holds one of the positions (codes) and works in one of the departments (names in either
    language) or below it; empty asks for nothing."""
    people = StaffMember.objects.all()
    if positions:
        people = people.filter(position__code__in=positions)
    if departments:
        wanted = {name.casefold() for name in departments}
        nodes = list(Department.objects.values_list("pk", "parent_id", "name_zh", "name_en"))
        inside = {pk for pk, _above, *names in nodes if wanted & {n.casefold() for n in names if n}}
        while below := {pk for pk, above, *_names in nodes if above in inside} - inside:
            inside |= below
        people = people.filter(department__in=inside)
    return frozenset(people.values_list("pk", flat=True))


def contacts_of(staff_ids: Iterable[int]) -> dict[int, StaffContact]:
    """How to reach those of the people who are active; one query."""
    group = current_group()
    people = StaffMember.objects.filter(
        pk__in=list(staff_ids), state=StaffMember.State.ACTIVE
    ).values_list("pk", "name", "email", "mobile", "user__language", "chat_ids")
    return {
        staff_id: StaffContact(
            staff_id,
            name,
            email,
            mobile,
            language or (group.language if group else "zh-hans"),
            chat_ids,
        )
        for staff_id, name, email, mobile, language, chat_ids in people
    }


def staff_of_account(user_id: int) -> StaffMember | None:
    """The person behind an account."""
    return StaffMember.objects.filter(user_id=user_id).first()


def list_positions() -> "QuerySet[Position]":
    return Position.objects.order_by("id")


def list_departments() -> "QuerySet[Department]":
    return Department.objects.select_related("store").order_by("store__code", "id")


def list_staff(actor: Actor) -> "QuerySet[StaffMember]":
    return StaffMember.objects.visible_to(actor).select_related("home_store", "position")


def get_staff_member(*, staff_id: int, actor: Actor) -> StaffMember:
    return one(list_staff(actor), staff_id)


def national_id_index(number: str) -> str:
    """What a person with this identity number is found by; the column holds no number."""
    return blind_index(number, "organisation.staff.national_id")


def driving_licence_index(number: str) -> str:
    return blind_index(number, "organisation.staff.driving_licence")


def find_staff(rows: "QuerySet[StaffMember]", text: str, actor: Actor) -> "QuerySet[StaffMember]":
    """People whose name, its pinyin or initials, e-mail or mobile holds every word.

    A whole identity or licence number finds her who has it, for those who may see it.
    """
    named = Q()
    for word in text.split():
        found = (
            Q(name__icontains=word)
            | Q(name_pinyin__icontains=word)
            | Q(email__icontains=word)
            | Q(mobile__contains=word)
        )
        pinyin = rules.pinyin_pattern(word)
        named &= found | Q(name_pinyin__iregex=pinyin) if pinyin else found
    return rows.filter(named | _has_number(text, actor))


def _has_number(text: str, actor: Actor) -> Q:
    number = re.sub(r"[\s-]", "", text).upper()
    if not rules.LICENCE.fullmatch(number) or not any(sign.isdigit() for sign in number):
        return Q(pk__in=())
    has = Q(national_id_index=national_id_index(number)) | Q(
        driving_licence_index=driving_licence_index(number)
    )
    return has & StaffMember.access.reached_by(actor.grant("organisation.see_identity"))


def with_roles(
    rows: "QuerySet[StaffMember]", role_ids: Iterable[object]
) -> "QuerySet[StaffMember]":
    """Those who have one of the roles, each once."""
    held = StaffMember.roles.through.objects.filter(role_id__in=list(role_ids))
    return rows.filter(pk__in=held.values("staffmember_id"))


def list_people_of(store: Store, actor: Actor) -> "list[StaffMember]":
    """Those who work in a store and whom the actor may see; whoever left is left out."""
    return list(
        list_staff(actor)
        .filter(Q(home_store=store) | Q(pk__in=store.staff.values("pk")))
        .exclude(state=StaffMember.State.LEFT)
        .prefetch_related("roles")
        .order_by("name_pinyin", "pk")
    )


def list_reports(staff: StaffMember) -> "list[StaffMember]":
    """Those who report to a person directly."""
    return list(
        staff.reports.exclude(state=StaffMember.State.LEFT)
        .select_related("position")
        .order_by("name_pinyin", "pk")
    )


def staff_by_email() -> "dict[str, StaffMember]":
    """Who works here at present by address in small letters: what a file may name."""
    present = StaffMember.objects.exclude(state=StaffMember.State.LEFT)
    return {staff.email.lower(): staff for staff in present}


def staff_by_id(staff_ids: Iterable[int]) -> dict[int, StaffMember]:
    """People for showing their names on rows that are already within the reader's scope."""
    return StaffMember.objects.in_bulk(list(staff_ids))


def names_of_staff(staff_ids: Collection[int] | None = None) -> dict[int, str]:
    """The names of these people, or of all; for rows that are within the reader's scope."""
    people = StaffMember.objects.all()
    if staff_ids is not None:
        people = people.filter(pk__in=staff_ids)
    return dict(people.values_list("pk", "name"))


def lock_staff_member(*, staff_id: int, actor: Actor) -> StaffMember:
    """The person for a change, in a transaction. Raises NotFound."""
    return one(StaffMember.objects.visible_to(actor).select_for_update(of=("self",)), staff_id)


def stores_of_staff(staff_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The stores that each of these people works in, whoever asks; nothing for nobody."""
    found: dict[int, set[int]] = {staff_id: set() for staff_id in staff_ids}
    if found:
        people = StaffMember.objects.filter(pk__in=found)
        for staff_id, *store_ids in people.values_list("pk", "home_store_id", "stores"):
            found[staff_id] |= set(store_ids) - {None}
    return {staff_id: frozenset(store_ids) for staff_id, store_ids in found.items()}


def store_ids_of(staff: StaffMember) -> frozenset[int]:
    """The stores that a person works in."""
    also_in = frozenset(staff.stores.values_list("pk", flat=True))
    return also_in | ({staff.home_store_id} if staff.home_store_id else frozenset())


def is_below(*, manager_id: int, staff_id: int) -> bool:
    """Whether ``manager_id`` is the person herself or somewhere below her."""
    return manager_id == staff_id or manager_id in team_of(staff_id)


def find_invitation(token: str) -> Invitation | None:
    """The invitation behind a link that is still good."""
    return (
        Invitation.objects.filter(
            digest=Invitation.digest_of(token),
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=now(),
            staff_member__state=StaffMember.State.INVITED,
        )
        .select_related("staff_member")
        .first()
    )


def last_invitation(staff: StaffMember) -> Invitation | None:
    return staff.invitations.order_by("-id").first()
