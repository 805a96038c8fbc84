"""The first steps of a new group: its owner, its first store, its people, data to begin with."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from apps.organisation import queries
from apps.organisation.actions import add_company, add_store, invite_staff
from apps.organisation.actions.group import take_over_place
from apps.organisation.models import GroupSettings, Position, Role, StaffMember, Store
from forecourt.accounts.actions import open_account
from forecourt.kernel import audit, jobs, sample
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.models import Job

MANAGE = "organisation.manage_group"
OWNER = "group_owner"


@transaction.atomic
def found_group(
    *, group_name: str, language: str, owner_name: str, email: str, password: str
) -> StaffMember:
    """Name the group and let its owner sign in, with every right.

    ``password`` is encoded. Repeated for the same person it changes nothing. Raises EmailTaken when
    somebody else of the group has the address.
    """
    already = StaffMember.objects.filter(email__iexact=email, roles__code=OWNER).first()
    if already is not None:
        return already
    take_over_place()
    GroupSettings.objects.update_or_create(
        pk=1,
        defaults={
            "name_zh": group_name,
            "name_en": group_name if group_name.isascii() else "",
        },
    )
    user = open_account(email=email, name=owner_name, password_hash=password, language=language)
    owner = StaffMember.objects.create(
        user=user,
        name=owner_name,
        email=user.email,
        position=Position.objects.filter(code=OWNER).first(),
        state=StaffMember.State.ACTIVE,
        joined_date=today(),
    )
    owner.roles.add(Role.objects.get(code=OWNER))
    audit.record(system_actor("sign-up"), "created", owner)
    return owner


# --- The guided start ---------------------------------------------------------------------------

STEPS = ("store", "people", "data")
SKIPPED, DONE = "skipped", "done"


@transaction.atomic
def add_first_store(
    *,
    company_name: str,
    code: str,
    name_zh: str,
    actor: Actor,
    tax_number: str = "",
    brand_names: Iterable[str] = (),
) -> Store:
    """A store and, unless the group has one of this name, the company that it belongs to.

    Raises NotPermitted, or Invalid and Conflict beside the field.
    """
    actor.require(MANAGE)
    if not company_name.strip():
        raise Invalid(_("Please enter a name."), field="company_name")
    company = next(
        (row for row in queries.list_legal_entities() if row.name_zh == company_name.strip()), None
    )
    if company is None:
        company = add_company(name_zh=company_name, tax_number=tax_number, actor=actor)
    store = add_store(
        code=code,
        name_zh=name_zh,
        legal_entity_id=company.pk,
        brand_names=brand_names,
        actor=actor,
    )
    _remember("store", DONE)
    return store


@transaction.atomic
def invite_person(
    *, name: str, email: str, role_id: int, home_store_id: int | None, actor: Actor
) -> StaffMember:
    """Raises as :func:`apps.organisation.actions.invite_staff`."""
    actor.require(MANAGE)
    staff = invite_staff(
        name=name, email=email, role_ids=[role_id], home_store_id=home_store_id, actor=actor
    )
    _remember("people", DONE)
    return staff


@transaction.atomic
def skip_step(*, step: str, actor: Actor) -> None:
    """Leave a step for later; one that is done stays so. Raises NotPermitted or Invalid."""
    actor.require(MANAGE)
    if step not in STEPS:
        raise Invalid(_("There is no such step."))
    if _settings().setup_state.get(step) != DONE:
        _remember(step, SKIPPED)


@transaction.atomic
def begin_empty(*, actor: Actor) -> None:
    """Begin with no data but one's own. Raises NotPermitted."""
    actor.require(MANAGE)
    _remember("data", DONE)


@transaction.atomic
def load_sample(*, actor: Actor) -> Job:
    """Start loading the sample data. Raises NotPermitted, or Conflict when it is there."""
    actor.require(MANAGE)
    _require_no_job()
    if sample.is_loaded():
        raise Conflict(_("The sample data is loaded already."))
    _remember("data", DONE)
    return jobs.start(sample.LOAD, {"user_id": actor.user_id}, actor)


@transaction.atomic
def remove_sample(*, actor: Actor) -> Job:
    """Start removing the sample data. Raises NotPermitted, or Conflict when there is none."""
    actor.require(MANAGE)
    _require_no_job()
    if not sample.is_loaded():
        raise Conflict(_("There is no sample data."))
    return jobs.start(sample.REMOVE, {}, actor)


def _require_no_job() -> None:
    """The settings' row is locked, so two presses at once start one job."""
    _settings()
    if sample.open_job() is not None:
        raise Conflict(_("The sample data is being changed at this moment."))


def _settings() -> GroupSettings:
    queries.group_settings()
    return GroupSettings.objects.select_for_update().get(pk=1)


def _remember(step: str, state: str) -> None:
    settings = _settings()
    settings.setup_state = {**settings.setup_state, step: state}
    settings.save(update_fields=["setup_state"])
