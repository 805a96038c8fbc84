"""What CRM keeps in the configuration file: how leads are handed out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.crm import actions, queries
from apps.crm.models import AssignmentRule
from apps.crm.rules.assignment import CONDITION_KEYS, Strategy
from apps.organisation import queries as organisation
from forecourt.kernel import regions
from forecourt.kernel.access import Actor
from forecourt.kernel.configuration import (
    Flag,
    ListOf,
    OneOf,
    Part,
    Record,
    Report,
    Text,
    Whole,
    at,
    register,
)


class AssignmentRules(Part):
    """The ordered list of rules; stores stand in it by code, people by address."""

    name = "assignment_rules"
    label = _("Assignment rules")
    shape = ListOf(
        Record(
            {
                "name": Text(80),
                "is_active": Flag(),
                **{key: ListOf(Text(100)) for key in CONDITION_KEYS},
                "store": Text(8, blank=True),
                "staff": ListOf(Text(254)),
                "strategy": OneOf(Strategy.values),
                "open_lead_cap": Whole(1, 10_000, empty=True),
            },
            {
                "is_active": True,
                **{key: [] for key in CONDITION_KEYS},
                "store": "",
                "staff": [],
                "open_lead_cap": None,
            },
        ),
        most=200,
    )

    def export(self) -> Any:
        rules = list(queries.list_assignment_rules())
        emails = {staff.pk: email for email, staff in organisation.staff_by_email().items()}
        return [_exported(rule, emails) for rule in rules]

    def check(self, data: Any, report: Report) -> None:
        stores = organisation.stores_by_code()
        people = organisation.staff_by_email()
        for position, rule in enumerate(data, start=1):
            place = (self.name, str(position))
            if rule["store"] and rule["store"] not in stores:
                report.problem(
                    (*place, "store"), _t("There is no store “%(code)s”.") % {"code": rule["store"]}
                )
            for number, email in enumerate(rule["staff"], start=1):
                if email not in people:
                    report.problem(
                        (*place, "staff", str(number)),
                        _t("Nobody here has the address “%(email)s”.") % {"email": email},
                    )
            for number, code in enumerate(rule["divisions"], start=1):
                if regions.get(code) is None:
                    report.problem(
                        (*place, "divisions", str(number)),
                        _t("There is no administrative division “%(code)s”.") % {"code": code},
                    )

    def apply(self, data: Any, actor: Actor) -> None:
        stores = organisation.stores_by_code()
        people = organisation.staff_by_email()
        ids = []
        for position, (wanted, rule) in enumerate(_matched(data), start=1):
            with at(str(position)):
                saved = actions.save_assignment_rule(
                    rule_id=rule.pk if rule else None,
                    name=wanted["name"],
                    strategy=wanted["strategy"],
                    conditions={key: wanted[key] for key in CONDITION_KEYS},
                    store_id=stores[wanted["store"]].pk if wanted["store"] else None,
                    staff_ids=[people[email].pk for email in wanted["staff"]],
                    open_lead_cap=wanted["open_lead_cap"],
                    actor=actor,
                )
                if saved.is_active != wanted["is_active"]:
                    actions.switch_assignment_rule(
                        rule_id=saved.pk, is_active=wanted["is_active"], actor=actor
                    )
            ids.append(saved.pk)
        actions.order_assignment_rules(rule_ids=ids, actor=actor)

    def prune(self, data: Any, actor: Actor) -> None:
        # Applied rules stand first and in order, so what is left over comes after them.
        for rule in list(queries.list_assignment_rules())[len(data) :]:
            actions.remove_assignment_rule(rule_id=rule.pk, actor=actor)


def _exported(rule: AssignmentRule, emails: Mapping[int, str]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "is_active": rule.is_active,
        **{key: list(rule.conditions.get(key, ())) for key in CONDITION_KEYS},
        "store": rule.store.code if rule.store else "",
        "staff": sorted(emails[id_] for id_ in rule.staff_ids if id_ in emails),
        "strategy": str(rule.strategy),
        "open_lead_cap": rule.open_lead_cap,
    }


def _matched(data: Any) -> Iterator[tuple[dict[str, Any], AssignmentRule | None]]:
    """Each wanted rule with the present one of the same name, so that its history goes on."""
    present: dict[str, list[AssignmentRule]] = defaultdict(list)
    for rule in queries.list_assignment_rules():
        present[rule.name].append(rule)
    for wanted in data:
        rules = present[wanted["name"]]
        yield wanted, rules.pop(0) if rules else None


register(AssignmentRules())
