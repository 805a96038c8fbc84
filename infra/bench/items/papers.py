"""Papers: how long one takes to be set, marked and sealed in a process that is warm."""

from __future__ import annotations

from collections.abc import Iterator

from infra.bench.figures import Bench, Result

CLAUSES = 19
CLAUSE = """## 第{number}条 付款与交付

甲方{{{{buyer}}}}应于{{{{day}}}}前向乙方支付定金人民币{{{{price}}}}元，余款于交车前付清；乙方应在收到全部车款后交付车架号为
{{{{vin}}}}的车辆及其随车文件。**任何一方违约的**，应按本合同总价款的百分之二十向对方支付违约金，并赔偿由此造成的损失。
"""


def k6_papers(bench: Bench) -> Iterator[Result]:
    """A Chinese contract of three pages; the facts differ each time, as customers do."""
    from forecourt.kernel import papers
    from forecourt.kernel.clock import now

    text = "# 汽车买卖合同\n\n" + "\n".join(
        CLAUSE.format(number=number + 1) for number in range(CLAUSES)
    )
    text += "\n\n{{signature:buyer}} {{signature:seller}}"
    words = papers.Vocabulary(
        placeholders=tuple(
            papers.Placeholder(code, code) for code in ("buyer", "day", "price", "vin")
        ),
        signers=(papers.Signer("buyer", "甲方"), papers.Signer("seller", "乙方")),
    )
    keys = papers.make_key_pair(name="华东汽车集团", at=now())

    def make(number: int) -> papers.Printed:
        facts = {"buyer": bench.name(), "day": "2026年5月4日", "price": f"{number},000"}
        return papers.render(
            text,
            facts | {"vin": f"LSVAA4182E2{number:06d}"},
            words,
            language="zh-hans",
            title="汽车买卖合同",
            look=papers.Look("华东汽车集团", "上海浦东店"),
            made_at=now(),
        )

    made = make(0)
    if made.pages != 3:
        raise ValueError(f"The contract has {made.pages} pages.")

    def seal(_number: int) -> bytes:
        return papers.seal(made.content, certificate=keys.certificate, key=keys.key)

    mark = papers.Mark(name="张三", words="2026-05-04")

    def sign(_number: int) -> bytes:
        return papers.put_mark(made.content, made.fields[0], mark, language="zh-hans", at=now())

    yield bench.latency("K6", "a contract of three pages", make, None, None)
    yield bench.latency("K6", "a mark in one of its fields", sign, None, None)
    yield bench.latency("K6", "its seal", seal, None, None)
