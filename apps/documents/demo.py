"""The demo groups' papers: contracts, invoices, IDs, photos, minutes, made as they load."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from apps.documents.actions import file_next_paper, file_paper, link_document
from apps.documents.file_purposes import DOCUMENT
from apps.documents.models import Document, DocumentVersion
from apps.documents.subjects import Place
from apps.organisation.models import StaffMember, Store
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.files import keep_bytes
from forecourt.kernel.models import StoredFile
from forecourt.kernel.papers import Look, Vocabulary, render
from forecourt.kernel.papers.fonts import BOLD, REGULAR

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLOURS = ("#8a9199", "#1f3a5f", "#a8322d", "#e9e9e4", "#26302b", "#c9a86a")
CONTRACT = """# 汽车买卖合同

合同编号：{number}

**甲方（卖方）**：{store}

**乙方（买方）**：{customer}

第一条 乙方向甲方购买 {car} 一辆，车架号尾号 {tail}，价款合计人民币 {price} 元。

第二条 甲方应于 {day} 前在其营业场所交付车辆，并随车交付合格证、发票、保修手册及两把钥匙。

第三条 乙方在提车前应付清全部车款。以按揭方式付款的，以金融机构放款到账为准。

第四条 车辆质量保证按生产厂家的三包规定执行，家用汽车产品三包凭证随车交付。

第五条 因一方违约造成对方损失的，违约方应当赔偿。争议由甲方所在地人民法院管辖。

甲方盖章：　　　　　　　　　　乙方签字：
"""
SUPPLEMENT = (
    CONTRACT
    + """
补充约定：甲方另赠送全车脚垫一套、首次保养一次，不折抵现金。
"""
)
INVOICE = """# 机动车销售统一发票（样张）

发票代码：1310{number}　开票日期：{day}

购买方名称：{customer}

厂牌型号：{car}　车架号尾号：{tail}

价税合计：人民币 {price} 元

销货单位：{store}
"""
MINUTES = """# {store} 周例会纪要

时间：{day}　地点：二楼会议室　主持：店总经理

1. 上周到店客流较前一周上升，试驾转化率需要提高，销售经理本周逐单复盘。

2. 库龄超过九十天的车辆制定促销方案，周五前报总部审批。

3. 展厅空调检修安排在周三闭店后进行，前台提前告知客户。
"""
NOTICE = """# 关于规范客户证件资料保管的通知

各部门：

客户身份证、驾驶证等证件资料一律上传至系统，按“敏感”类型保管，不得以微信等方式转发。

纸质复印件使用后当日销毁。违反规定的，按员工手册处理。

{store}　{day}
"""
EMPLOYMENT = """# 劳动合同

甲方：{store}　乙方：{customer}

合同期限三年，自 {day} 起。乙方同意在甲方从事{car}工作，工作地点为甲方所在地。

甲方依法为乙方缴纳社会保险和住房公积金。
"""


@dataclass(frozen=True, slots=True)
class Deal:
    """A car that was sold and whose papers are kept."""

    customer_id: int
    customer_name: str
    unit_id: int
    store: Store
    day: date
    car: str
    price: Decimal


def load_papers(
    deals: Sequence[Deal],
    yard: Sequence[tuple[int, Store]],
    people: Sequence[StaffMember],
    seed: str,
) -> None:
    """Papers of some deals, photos of cars in the yard, contracts of people, minutes of stores."""
    dice = random.Random(seed)
    for deal in deals:
        _of_deal(deal, dice)
    for unit_id, store in yard:
        for view in ("左前", "内饰"):
            photo = _photo(dice.choice(COLOURS), view)
            place = Place("vehicles.stock_unit", unit_id)
            paper = Paper("inspection_photo", f"验车照片 {view}", f"验车-{view}.jpg", "验车照片")
            _file(place, paper, photo, "image/jpeg", store, today(SHANGHAI) - timedelta(days=3))
    for person in people:
        _of_person(person)
    for store in dict.fromkeys(store for _unit, store in yard):
        _of_store(store)


@dataclass(frozen=True, slots=True)
class Paper:
    kind: str
    title: str
    file_name: str
    folder: str = ""
    tags: tuple[str, ...] = ()


def _of_deal(deal: Deal, dice: random.Random) -> None:
    words = {
        "number": f"{deal.store.code}{deal.unit_id:06d}",
        "store": deal.store.legal_entity.name_zh,
        "customer": deal.customer_name,
        "car": deal.car,
        "tail": f"{dice.randint(0, 999_999):06d}",
        "price": f"{deal.price:,.2f}",
        "day": f"{deal.day:%Y-%m-%d}",
    }
    place = Place("crm.customer", deal.customer_id)
    contract = _file(
        place,
        Paper("contract", f"购车合同 {deal.car}", "购车合同.pdf", "购车", ("已归档",)),
        *_pdf(CONTRACT, words, "购车合同", deal.store),
        deal.store,
        deal.day,
    )
    link_document(
        document_id=contract.pk,
        subject="vehicles.stock_unit",
        subject_id=deal.unit_id,
        actor=system_actor(),
    )
    if dice.random() < 0.5:
        content, media = _pdf(SUPPLEMENT, words, "购车合同（补充）", deal.store)
        file = _kept("购车合同-补充.pdf", content, media)
        file_next_paper(
            document_id=contract.pk, file=file, note="补充赠送条款", actor=system_actor()
        )
    invoice = Paper("invoice", "购车发票", "购车发票.pdf", "购车")
    _file(place, invoice, *_pdf(INVOICE, words, "发票", deal.store), deal.store, deal.day)
    card = Paper("id_card", "身份证（样张）", "身份证-样张.png")
    _file(place, card, _card(deal.customer_name), "image/png", deal.store, deal.day)


def _of_person(person: StaffMember) -> None:
    store = person.home_store
    if store is None:
        return
    day = person.joined_date or today(SHANGHAI)
    words = {
        "store": store.legal_entity.name_zh,
        "customer": person.name,
        "car": person.position.name_zh if person.position else "",
        "day": f"{day:%Y-%m-%d}",
    }
    paper = Paper("employment_contract", "劳动合同", "劳动合同.pdf")
    made = _pdf(EMPLOYMENT, words, "劳动合同", store)
    _file(Place("organisation.staff", person.pk), paper, *made, store, day)


def _of_store(store: Store) -> None:
    day = today(SHANGHAI) - timedelta(days=5)
    words = {"store": store.name_zh, "day": f"{day:%Y-%m-%d}"}
    place = Place("organisation.store", store.pk)
    minutes = Paper("minutes", f"周例会纪要 {day:%m-%d}", "周例会纪要.pdf", f"会议/{day:%Y}")
    _file(place, minutes, *_pdf(MINUTES, words, "会议纪要", store), store, day)
    notice = Paper("notice", "关于规范客户证件资料保管的通知", "通知.pdf", "通知", ("制度",))
    _file(place, notice, *_pdf(NOTICE, words, "通知", store), store, day)


def _file(
    place: Place, paper: Paper, content: bytes, media: str, store: Store, day: date
) -> Document:
    document = file_paper(
        subject=place.subject,
        subject_id=place.id,
        kind=paper.kind,
        file=_kept(paper.file_name, content, media),
        title=paper.title,
        folder=paper.folder,
        tags=paper.tags,
        actor=system_actor(),
    )
    at = min(datetime.combine(day, time(16, 20), SHANGHAI), now())
    by = _filed_by(store.pk)
    Document.objects.filter(pk=document.pk).update(added_at=at, store=store, added_by_id=by)
    DocumentVersion.objects.filter(document=document).update(added_at=at, added_by_id=by)
    return document


def _filed_by(store_id: int) -> int | None:
    """Somebody of the store who would have filed it."""
    people = StaffMember.objects.filter(home_store_id=store_id, state="ACTIVE").order_by("pk")
    return people.values_list("pk", flat=True).first()


def _kept(name: str, content: bytes, media: str) -> StoredFile:
    return keep_bytes(purpose=DOCUMENT, name=name, content=content, content_type=media)


def _pdf(template: str, words: dict[str, str], title: str, store: Store) -> tuple[bytes, str]:
    made = render(
        template.format(**words),
        {},
        Vocabulary(placeholders=()),
        language="zh-hans",
        title=title,
        look=Look(name=store.name_zh, place=store.address),
        made_at=now(),
    )
    return made.content, "application/pdf"


def _photo(colour: str, view: str) -> bytes:
    """A drawn car, so that there is a picture to look at."""
    picture = Image.new("RGB", (1280, 960), "#cfd8dc")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 620, 1280, 960), fill="#9aa5a9")
    pen.rounded_rectangle((160, 420, 1120, 660), 90, fill=colour)
    pen.polygon([(380, 430), (500, 270), (840, 270), (960, 430)], fill=colour)
    pen.polygon([(420, 420), (515, 300), (655, 300), (655, 420)], fill="#dfe9ec")
    pen.polygon([(685, 420), (685, 300), (825, 300), (915, 420)], fill="#dfe9ec")
    for x in (340, 940):
        pen.ellipse((x - 95, 565, x + 95, 755), fill="#1d2326")
        pen.ellipse((x - 45, 615, x + 45, 705), fill="#aeb7ba")
    pen.text((60, 60), f"验车 {view}", fill="#37474f", font=ImageFont.truetype(str(BOLD), 54))
    return _saved(picture, "JPEG")


def _card(name: str) -> bytes:
    """An identity card that cannot be taken for a real one."""
    picture = Image.new("RGB", (1012, 638), "#e8f1f5")
    pen = ImageDraw.Draw(picture)
    large, small = (
        ImageFont.truetype(str(font), size) for font, size in ((BOLD, 48), (REGULAR, 36))
    )
    pen.text((70, 70), f"姓名　{name}", fill="#263238", font=large)
    pen.text((70, 180), "样张：不含任何真实身份信息", fill="#546e7a", font=small)
    pen.rectangle((700, 120, 930, 420), outline="#90a4ae", width=4)
    pen.text((240, 480), "样 张", fill="#d32f2f", font=ImageFont.truetype(str(BOLD), 110))
    return _saved(picture, "PNG")


def _saved(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()
