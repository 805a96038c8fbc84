from apps.headquarters import queries
from forecourt.kernel.group_settings import change_setting
from tests.factories.organisation import actor_of, make_staff
from tests.hostile.rows import KINDS, make_place


def test_sales_are_shown_by_the_groups_fiscal_year(group, client_of) -> None:
    boss = make_staff("group_owner")
    order = KINDS["sales_order_id"].make(make_place())
    change_setting(key="headquarters.fiscal_year_starts", value="4", actor=actor_of(boss))
    client = client_of(group, boss.user)

    page = client.get("/overview/sales/?by=region").content.decode()
    report = queries.sales_report(actor_of(boss), year=2025, by="region")

    assert order.delivery_date.isoformat() == "2026-01-09"
    assert "2025/26" in page
    assert [figure.quantity for figure in report.totals].index(1) == 9
    assert "delivered_from=2025-04-01" in page or report.rows[0].key is None
