"""Mappings to begin with: how the usual systems name what they push.

Platforms change their formats and agree on others with each group, so these are a beginning that
the tester shows at work, not a promise.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from apps.crm.rules.leads import LeadSource


def _at(**places: str) -> dict[str, Any]:
    return {
        target: {"path": place, "values": {}, "otherwise": ""} for target, place in places.items()
    }


PRESETS: dict[str, dict[str, Any]] = {
    LeadSource.AUTOHOME: _at(
        phone="mobile | phone",
        name="userName | name",
        gender="sex",
        external_id="clueId | orderId",
        store="dealerId",
        brand="brandName",
        series="seriesName",
        division="cityName",
        message="remark",
        received_at="createTime",
    ),
    LeadSource.YICHE: _at(
        phone="data.telephone | data.mobile",
        name="data.customerName",
        gender="data.gender",
        external_id="data.leadId",
        store="data.dealerCode",
        brand="data.masterBrandName",
        series="data.serialName",
        division="data.cityName",
        message="data.memo",
        received_at="data.submitTime",
    ),
    LeadSource.DONGCHEDI: _at(
        phone="event.phone",
        name="event.user_name",
        external_id="event.clue_id",
        store="event.dealer_id",
        brand="event.brand_name",
        series="event.series_name",
        division="event.city_name",
        message="event.remark",
        received_at="event.create_time",
    ),
    LeadSource.MANUFACTURER: _at(
        phone="customer.phone",
        name="customer.name",
        external_id="leadNo",
        store="dealerCode",
        brand="vehicle.brand",
        series="vehicle.series",
        division="customer.city",
        message="comment",
        received_at="createdAt",
        campaign_code="campaignCode",
    ),
}
FORM = _at(
    phone="phone | mobile | tel",
    name="name",
    external_id="id",
    store="store",
    brand="brand",
    series="series | model",
    division="city | region",
    message="message",
    campaign_code="utm_campaign | campaign",
)


def preset_of(source: str) -> dict[str, Any]:
    """How systems of this source name things; for others the names of a plain web form."""
    return deepcopy(PRESETS.get(source, FORM))
