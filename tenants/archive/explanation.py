"""What stands in an archive for whoever opens it without the product."""

TEXT = """{name}

What this file is
-----------------
Everything that Forecourt kept for this dealer group at one moment.

  tables/NAME.csv     each table, for a spreadsheet (UTF-8; the first line names the columns)
  tables/NAME.jsonl   the same for programs: one JSON object a line, with exact types
  files/...           every stored file; the table that tells of it has its original name
  sealed/...          what only a re-import may read: password hashes, digests, keys (encrypted)
  manifest.json       how many rows, which files, SHA-256 of everything
  files.jsonl         size and SHA-256 of every stored file

Encrypted numbers (national IDs, driving licences, bank accounts) are in clear in tables/:
keep this file where only those entitled can reach it. Columns named "withheld" in the manifest
hold no data of yours, only secrets; they are in sealed/ alone. Times are in UTC.

A text that begins with = + - @ was typed so: open foreign data in a spreadsheet as text.

To check a file by hand:  sha256sum tables/NAME.csv   and compare with manifest.json
To import it again:       manage.py import_group --group ADDRESS --from FILE


这个文件是什么
--------------
Forecourt 在某一时刻为本经销商集团保存的全部数据。

  tables/NAME.csv     每张数据表，可用电子表格打开（UTF-8，首行为列名）
  tables/NAME.jsonl   同样的内容，供程序读取：每行一个 JSON 对象，类型准确
  files/...           全部已存文件；原始文件名见对应的数据表
  sealed/...          仅供重新导入读取的内容：密码散列、摘要、密钥（已加密）
  manifest.json       行数、文件清单以及全部内容的 SHA-256
  files.jsonl         每个已存文件的大小和 SHA-256

加密保存的号码（身份证号、驾驶证号、银行账号）在 tables/ 中为明文：请把本文件存放在只有
有权人员才能接触的地方。清单中标为 withheld 的列只是密钥之类，不含业务数据，仅存于 sealed/。
时间均为 UTC。

以 = + - @ 开头的文本系用户原样录入：在电子表格中打开时请按文本处理。

手工核对：  sha256sum tables/NAME.csv   与 manifest.json 比较
重新导入：  manage.py import_group --group 地址 --from 文件
"""


def text(name: str) -> str:
    """The explanation in both languages, under the group's name."""
    return TEXT.format(name=name)
