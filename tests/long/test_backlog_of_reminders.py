"""A million reminders that are due at once, and how they leave. Run by name: ``-m long -s``."""

import os
import time
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.db.models import Count

from apps.marketing.actions import carry_out, plan_dates, save_automation, switch_automation
from apps.marketing.models import Reach
from apps.notifications.models import Delivery
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from tests.factories.organisation import make_store
from tests.factories.settings import decide

CUSTOMERS = int(os.environ.get("BACKLOG_CUSTOMERS", "100000"))
AUTOMATIONS = 10
RATE = 6000
CAP = 3
NIGHT = datetime(2026, 3, 5, 3, tzinfo=ZoneInfo("Asia/Shanghai"))
MADE = """
    INSERT INTO crm_customer (kind, name, name_sort, primary_phone, wechat, email, gender,
        national_id, division_code, address, source, home_store_id, consents, lifecycle,
        last_purchase_date, note, created_at, search_text, grams, custom)
    SELECT 'PERSON', 'C' || n, '', '', '', 'c' || n || '@mail.example', '', '', '', '', 'WEB',
        %s, '{"email": true}', 'POTENTIAL', %s, '', now(), '', '{}', '{}'
    FROM generate_series(1, %s) AS n
"""


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_million_due_reminders_keep_pace_budget_and_quiet_hours(group) -> None:
    with time_machine.travel(NIGHT, tick=False) as clock:
        decide("marketing.messages_per_minute", RATE)
        with connection.cursor() as cursor:
            cursor.execute(MADE, [make_store().pk, NIGHT.date(), CUSTOMERS])
        for number in range(AUTOMATIONS):
            automation = save_automation(
                name=f"A{number}",
                trigger="DATE",
                fact="crm.last_purchase",
                deed="MESSAGE",
                options={"channel": "email", "title": "Hello", "text": "Dear {name}"},
                valid_days=30,
                actor=system_actor(),
            )
            switch_automation(automation_id=automation.pk, is_on=True, actor=system_actor())
        begin = time.perf_counter()
        planned = plan_dates()
        planning = time.perf_counter() - begin
        assert planned == CUSTOMERS * AUTOMATIONS
        assert plan_dates() == 0
        spread = Reach.objects.values_list("due_at").annotate(count=Count("pk"))
        most_a_second = max(count for _moment, count in spread)
        # As after a long standstill: all of them are due in this very moment.
        Reach.objects.update(due_at=now())

        by_hour: Counter[int] = Counter()
        begin, minutes, highest = time.perf_counter(), 0, 0
        while Reach.objects.filter(state="WAITING").exists():
            before = Delivery.objects.filter(state="WAITING").count()
            carry_out()
            count = Delivery.objects.filter(state="WAITING").count() - before
            local = now().astimezone(NIGHT.tzinfo)
            assert count <= RATE
            assert not count or 9 <= local.hour < 20
            by_hour[local.hour] += count
            highest, minutes = max(highest, count), minutes + 1
            if not count and not 9 <= local.hour < 20:
                clock.shift(timedelta(minutes=59))
            clock.shift(timedelta(minutes=1))
        draining = time.perf_counter() - begin

    sent = Delivery.objects.filter(state="WAITING").values_list("recipient_id")
    assert max(count for _pk, count in sent.annotate(count=Count("pk"))) == CAP
    assert sum(by_hour.values()) == CUSTOMERS * CAP
    print(
        f"\n{planned} planned in {planning:.1f} s (at most {most_a_second} for one second); "
        f"left in {minutes} steps of {draining / minutes:.2f} s, at most {highest} a minute, "
        f"by hour {dict(sorted(by_hour.items()))}"
    )
