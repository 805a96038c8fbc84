"""Enquiries as three kinds of platform push them, written for the tests.

A flat object with the platform's own numbers of dealers and series; a form whose one field holds
the object as text; an event in an envelope, with its time in milliseconds.
"""

import json
from typing import Any
from urllib.parse import urlencode

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def autohome(number: int, phone: str, **more: Any) -> tuple[str, str]:
    body = {
        "clueId": 77_000_000 + number,
        "dealerId": 88123,
        "userName": "王先生",
        "sex": "先生",
        "mobile": phone,
        "brandName": "比亚迪",
        "seriesId": 5769,
        "seriesName": "汉",
        "specName": "2025款 DM-i 智驾版",
        "provinceName": "上海",
        "cityName": "上海市",
        "clueType": "询底价",
        "remark": "想知道本周末的优惠",
        "createTime": "2026-05-04 10:11:12",
    }
    return JSON, json.dumps(body | more, ensure_ascii=False)


def yiche(number: int, phone: str, **more: Any) -> tuple[str, str]:
    data = {
        "leadId": f"YC{number:08d}",
        "dealerCode": "100456",
        "customerName": "李女士",
        "gender": "2",
        "telephone": phone,
        "masterBrandName": "比亚迪",
        "serialName": "海豹",
        "cityName": "上海",
        "memo": "置换",
        "submitTime": "2026/05/04 10:11:12",
    }
    form = {"appKey": "dealer", "nonce": str(number), "data": json.dumps(data | more)}
    return FORM, urlencode(form)


def dongchedi(number: int, phone: str, **more: Any) -> tuple[str, str]:
    event = {
        "clue_id": f"72{number:017d}",
        "dealer_id": 5501,
        "user_name": "赵敏",
        "phone": phone,
        "brand_name": "比亚迪",
        "series_name": "海豹",
        "city_name": "上海市",
        "create_time": 1_777_860_672_000,
        "remark": "",
    }
    envelope = {"header": {"event_type": "clue_create", "log_id": str(number)}}
    return JSON, json.dumps(envelope | {"event": event | more}, ensure_ascii=False)
