from decimal import Decimal

import pytest
from django.utils.translation import override

from forecourt.ui.values import short_money


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        (Decimal("123456789.00"), "¥1.23亿", "¥123.46M"),
        (Decimal("12345678.00"), "¥1,234.6万", "¥12.35M"),
        (Decimal("9999.40"), "¥9,999", "¥10.0K"),
        (Decimal(-25000), "−¥2.5万", "−¥25.0K"),
        (0, "¥0", "¥0"),
        (None, "–", "–"),
    ],
)
def test_a_large_amount_is_shown_as_people_say_it(
    amount: Decimal, chinese: str, english: str
) -> None:
    with override("zh-hans"):
        assert short_money(amount) == chinese
    with override("en"):
        assert short_money(amount) == english
