"""What happens by itself: what is late is called to mind, and forgotten visits are closed."""

from __future__ import annotations

from datetime import time

from apps.crm import actions
from apps.crm.actions import pool, reminders
from apps.crm.actions.test_drives import tell_managers_of_missed_follow_ups
from apps.crm.actions.visits import close_forgotten_visits
from apps.crm.queries import (
    has_answers_to_escalate,
    has_answers_to_give_back,
    has_contacts_gone_by,
    has_deals_to_wake,
    has_drives_not_followed_up,
    has_late_answers,
    has_messages_left_behind,
    has_neglected_customers,
    has_soon_neglected,
    has_visits_left_open,
)
from forecourt.kernel.clock import today
from forecourt.kernel.schedule import daily, every
from forecourt.kernel.tasks import group_task


@every(minutes=5, when=has_late_answers)
@group_task
def remind_advisors() -> None:
    """Tell advisors of leads whose first answer is overdue, once for each lead."""
    reminders.remind_of_late_answers()


@every(minutes=5, when=has_answers_to_escalate)
@group_task
def tell_managers() -> None:
    """Tell managers of leads that stay unanswered, once for each lead."""
    reminders.tell_managers_of_late_answers()


@every(minutes=5, when=has_answers_to_give_back)
@group_task
def give_back_leads() -> None:
    """Let leads wait for everybody that stay unanswered though the manager was told."""
    reminders.give_back_unanswered()


@every(minutes=15, when=has_contacts_gone_by)
@group_task
def remind_of_contacts() -> None:
    """Tell people of planned contacts whose time has passed, once for each."""
    reminders.remind_of_overdue_contacts()


@daily(at=time(8, 40))
@group_task
def tell_managers_of_contacts() -> None:
    """Each morning: what managers' people have left undone."""
    reminders.tell_managers_of_overdue_contacts(day=today())


@daily(at=time(2, 20))
@group_task
def look_for_duplicates() -> None:
    """Each night: which customers may be one person, and what came to one that was merged."""
    actions.gather_strays()
    actions.find_duplicates()


@every(minutes=15, when=has_drives_not_followed_up)
@group_task
def tell_managers_of_test_drives() -> None:
    """Tell managers of customers whom nobody called after a test drive, once for each."""
    tell_managers_of_missed_follow_ups()


@daily(at=time(5, 0), when=has_neglected_customers)
@group_task
def drop_neglected() -> None:
    """Each night: customers whom nobody contacted for too long go to the shared pool."""
    pool.drop_neglected()


@daily(at=time(8, 20), when=has_soon_neglected)
@group_task
def warn_of_pool() -> None:
    """Each morning: owners hear of customers whom they are about to lose to the shared pool."""
    pool.warn_of_pool()


@daily(at=time(8, 30), when=has_deals_to_wake)
@group_task
def wake_lost() -> None:
    """Each morning: deals lost long enough ago are called to mind."""
    pool.wake_lost()


@every(minutes=5, when=has_messages_left_behind)
@group_task
def take_up_messages() -> None:
    """Take in what feeds pushed and whoever took it in has not ended."""
    actions.take_up_messages()


@daily(at=time(3, 30))
@group_task
def forget_payloads() -> None:
    """Each night: what feeds pushed, as it came, is kept for so many days only."""
    actions.forget_payloads()


@daily(at=time(4, 10), when=has_visits_left_open)
@group_task
def close_visits() -> None:
    """Each night: visitors whose leaving nobody noted have left when the store closed."""
    close_forgotten_visits()
