"""Papers of the demo groups: a text of their own, slips and contracts, one of them signed."""

from __future__ import annotations

import json
import math

from apps.documents import actions
from apps.documents.actions.signing import Signed
from apps.documents.models import Document, Paper
from apps.documents.papers import PaperKind, paper_of
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor

SLIPS, CONTRACTS, DRIVES = 3, 3, 2
LETTER = """{{company.name?}}
{{store.address?}}

尊敬的{{customer.name}}{{customer.salutation?}}：

您好！感谢您一直以来对{{store.name}}的信任与支持。

为回馈新老客户，本店诚邀您携家人莅临展厅，体验最新上市车型，并享受**免费全车三十六项检测**一次。到店请出示本函。

{{#advisor.name}}
如需预约，请联系您的销售顾问{{advisor.name}}，或致电 {{store.phone}}。
{{/advisor.name}}

此致

敬礼！

{{store.name}}
{{today}}
"""


def load_signed_papers() -> int:
    """Answers how many papers were made."""
    staff = organisation.active_people("headquarters").order_by("pk").first()
    actor = organisation.actor_for_staff(staff.pk) if staff else None
    if actor is None:
        return 0
    draft = actions.save_template(
        code="crm.letter", language="zh-hans", text=LETTER, note="春季邀约", actor=actor
    )
    actions.publish_template(document_template_id=draft.pk, actor=actor)
    slips = _make("vehicles.transfer_slip", SLIPS, actor)
    contracts = _make("crm.purchase_contract", CONTRACTS, actor)
    drives = _make("crm.test_drive_agreement", DRIVES, actor)
    letters = _make("crm.letter", 1, actor)
    _sign(contracts[:1], "store", actor)
    _sign(drives[:1], "advisor", actor)
    return len([*slips, *contracts, *drives, *letters])


def _make(code: str, count: int, actor: Actor) -> list[Document]:
    kind: PaperKind = paper_of(code)
    ids = kind.of.rows(actor).order_by("-pk").values_list("pk", flat=True)[:count]
    return [
        actions.make_paper(code=code, subject_id=pk, language="zh-hans", actor=actor)
        for pk in list(ids)
    ]


def _sign(documents: list[Document], ours: str, actor: Actor) -> None:
    """Both fields, as on the store's tablet."""
    for document in documents:
        paper = Paper.objects.get(pk=document.pk)
        customer = actions.signatory_of(paper, "customer")
        for field, name in (("customer", customer.name if customer else ""), (ours, actor.name)):
            paper.refresh_from_db()
            signed = Signed(
                name=name or actor.name,
                strokes=_flourish(),
                has_agreed=True,
                shown_sha256=paper.sha256,
            )
            actions.sign_on_screen(document_id=paper.pk, field=field, signed=signed, actor=actor)


def _flourish() -> str:
    """Something that looks like a hand's."""
    loops = [
        [round(0.08 + step / 90, 4), round(0.5 + 0.28 * math.sin(step / 3) / (1 + step / 40), 4)]
        for step in range(70)
    ]
    line = [[0.1 + step / 20, 0.82 - 0.06 * math.sin(step / 8)] for step in range(15)]
    return json.dumps([loops, line])
