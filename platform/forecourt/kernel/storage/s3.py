"""An S3-compatible bucket, reached through boto3."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import quote

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils._os import safe_join
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from forecourt.kernel.clock import now
from forecourt.kernel.storage.direct import (
    PIECE_BYTES,
    DirectRequest,
    GroupStorage,
    Holdings,
    StorageUnavailable,
    group_prefix,
)

logger = logging.getLogger(__name__)

SPOOLED_BYTES = 8 * 1024 * 1024
# Few parts at once: what a worker holds in memory stays small whatever the file's size.
TRANSFER = TransferConfig(max_concurrency=2)
MISSING = {"NoSuchKey", "NoSuchUpload", "NoSuchVersion", "404"}
FAULTS = {
    "RequestTimeTooSkewed": ("clock", "the clocks of this machine and of the file store differ"),
    "NoSuchBucket": ("bucket", "the bucket does not exist"),
    "AccessDenied": ("refused", "the file store refuses these keys"),
    "InvalidAccessKeyId": ("refused", "the file store does not know these keys"),
    "SignatureDoesNotMatch": ("refused", "the file store refuses the secret key"),
    "403": ("refused", "the file store refuses these keys, or the clocks differ"),
}
WITHOUT_VERSIONS = {"NotImplemented", "MethodNotAllowed", "501", "405"}


class S3GroupStorage(GroupStorage):
    """An S3-compatible bucket."""

    @cached_property
    def client(self) -> Any:
        """The client class is made by boto3 at run time."""
        return _client(settings.S3_ENDPOINT_URL)

    @cached_property
    def signer(self) -> Any:
        """Signs for the address at which browsers reach the store; itself it calls nobody."""
        return _client(settings.S3_PUBLIC_ENDPOINT_URL or settings.S3_ENDPOINT_URL)

    def _key(self, name: str) -> str:
        base = f"/{group_prefix()}"
        return safe_join(base, name).lstrip("/")

    def _place(self, name: str) -> dict[str, Any]:
        return {"Bucket": settings.S3_BUCKET, "Key": self._key(name)}

    # --- Django's storage -----------------------------------------------------------------------

    def _open(self, name: str, mode: str = "rb") -> File:
        """A copy that can be read from anywhere in it, as workbooks are; large ones on disk."""
        copy = SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115 - the File closes it
        try:
            with _reaching(name):
                self.client.download_fileobj(
                    settings.S3_BUCKET, self._key(name), copy, Config=TRANSFER
                )
        except BaseException:
            copy.close()
            raise
        copy.seek(0)
        return File(copy, name=name)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        with _reaching(name):
            self.client.upload_fileobj(
                content, settings.S3_BUCKET, self._key(name), _encryption(), Config=TRANSFER
            )
        return name

    def exists(self, name: str) -> bool:
        return self.size_of(name) is not None

    def size(self, name: str) -> int:
        size = self.size_of(name)
        if size is None:
            raise FileNotFoundError(name)
        return size

    # --- Direct requests ------------------------------------------------------------------------

    def upload_request(
        self, name: str, *, size: int, content_type: str, expires: timedelta
    ) -> DirectRequest:
        bound = {"ContentLength": size, "ContentType": content_type, **_encryption()}
        headers = {"Content-Type": content_type, **_encryption_headers()}
        return self._request("put_object", {**self._place(name), **bound}, headers, expires)

    def part_request(
        self, name: str, upload_id: str, number: int, *, size: int, expires: timedelta
    ) -> DirectRequest:
        bound = {"UploadId": upload_id, "PartNumber": number, "ContentLength": size}
        return self._request("upload_part", {**self._place(name), **bound}, {}, expires)

    def _request(
        self, operation: str, params: dict[str, Any], headers: dict[str, str], expires: timedelta
    ) -> DirectRequest:
        until = now() + expires
        seconds = int(expires.total_seconds())
        with _reaching(operation):
            url = self.signer.generate_presigned_url(operation, Params=params, ExpiresIn=seconds)
        return DirectRequest("PUT", url, headers, until)

    def download_link(
        self, name: str, *, filename: str, content_type: str, inline: bool, expires: timedelta
    ) -> str:
        params = {
            **self._place(name),
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition(filename, inline=inline),
        }
        with _reaching(name):
            return self.signer.generate_presigned_url(
                "get_object", Params=params, ExpiresIn=int(expires.total_seconds())
            )

    # --- Uploads in parts -----------------------------------------------------------------------

    def begin_parts(self, name: str, *, content_type: str) -> str:
        with _reaching(name):
            answer = self.client.create_multipart_upload(
                **self._place(name), ContentType=content_type, **_encryption()
            )
        return answer["UploadId"]

    def parts_of(self, name: str, upload_id: str) -> dict[int, int]:
        return {part["PartNumber"]: part["Size"] for part in self._parts(name, upload_id)}

    def _parts(self, name: str, upload_id: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("list_parts").paginate(
            **self._place(name), UploadId=upload_id
        )
        try:
            with _reaching(name):
                return [part for page in pages for part in page.get("Parts", [])]
        except FileNotFoundError:
            return []

    def finish_parts(self, name: str, upload_id: str) -> None:
        parts = [
            {"PartNumber": part["PartNumber"], "ETag": part["ETag"]}
            for part in self._parts(name, upload_id)
        ]
        if not parts:
            raise FileNotFoundError(name)
        with _reaching(name):
            self.client.complete_multipart_upload(
                **self._place(name), UploadId=upload_id, MultipartUpload={"Parts": parts}
            )

    def abort_parts(self, name: str, upload_id: str) -> None:
        try:
            with _reaching(name):
                self.client.abort_multipart_upload(**self._place(name), UploadId=upload_id)
        except FileNotFoundError:
            return

    def unfinished_in(self, folder: str) -> Iterator[tuple[str, str, datetime]]:
        yield from (
            (item["Key"].removeprefix(f"{group_prefix()}/"), item["UploadId"], item["Initiated"])
            for item in self._uploads(f"{self._key(folder)}/")
        )

    def _uploads(self, prefix: str) -> Iterator[Any]:
        pages = self.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=settings.S3_BUCKET, Prefix=prefix
        )
        try:
            with _reaching(prefix):
                for page in pages:
                    yield from page.get("Uploads", [])
        except FileNotFoundError:
            # So do some stores say that there are none.
            return

    # --- What is stored -------------------------------------------------------------------------

    def put(self, name: str, content: File) -> None:
        self._save(name, content)

    def size_of(self, name: str) -> int | None:
        try:
            with _reaching(name):
                return self.client.head_object(**self._place(name))["ContentLength"]
        except FileNotFoundError:
            return None

    def pieces(self, name: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        last = "" if end is None else end - 1
        bounds = {} if start == 0 and end is None else {"Range": f"bytes={start}-{last}"}
        with _reaching(name):
            answer = self.client.get_object(**self._place(name), **bounds)
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(PIECE_BYTES)

    def delete(self, name: str) -> None:
        self._delete_versions(self._key(name), is_folder=False)

    def stored_in(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The names of the files in a folder, and when each was stored."""
        for item in self._items(f"{self._key(folder)}/"):
            yield item["Key"].removeprefix(f"{group_prefix()}/"), item["LastModified"]

    def everything(self) -> Iterator[tuple[str, int]]:
        prefix = f"{group_prefix()}/"
        for item in self._items(prefix):
            yield item["Key"].removeprefix(prefix), item["Size"]

    def holdings(self) -> Holdings:
        prefix = f"{group_prefix()}/"
        sizes = [size for _name, size in self.everything()]
        versions = sum(1 for _item in self._versions(prefix, is_folder=True))
        unfinished = sum(1 for _item in self._uploads(prefix))
        return Holdings(len(sizes), sum(sizes), versions - len(sizes), unfinished)

    def delete_group(self) -> None:
        prefix = f"{group_prefix()}/"
        for item in list(self._uploads(prefix)):
            self.abort_parts(item["Key"].removeprefix(prefix), item["UploadId"])
        self._delete_versions(prefix, is_folder=True)

    def _items(self, prefix: str) -> Iterator[Any]:
        with _reaching(prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=settings.S3_BUCKET, Prefix=prefix
            )
            for page in pages:
                yield from page.get("Contents", [])

    def _delete_versions(self, key: str, *, is_folder: bool) -> None:
        """In a bucket that keeps versions a plain removal would only hide the object."""
        for item in list(self._versions(key, is_folder=is_folder)):
            with _reaching(item["Key"]):
                self.client.delete_object(Bucket=settings.S3_BUCKET, **item)

    def _versions(self, key: str, *, is_folder: bool) -> Iterator[dict[str, str]]:
        pages = self.client.get_paginator("list_object_versions").paginate(
            Bucket=settings.S3_BUCKET, Prefix=key
        )
        try:
            with _reaching(key, instead=WITHOUT_VERSIONS):
                for page in pages:
                    for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                        if is_folder or item["Key"] == key:
                            yield {"Key": item["Key"], "VersionId": item["VersionId"]}
        except _Instead:
            if not is_folder:
                yield {"Key": key}
                return
            yield from ({"Key": item["Key"]} for item in self._items(key))

    def state(self) -> str:
        try:
            with _reaching(settings.S3_BUCKET):
                self.client.head_bucket(Bucket=settings.S3_BUCKET)
        except FileNotFoundError:
            return "bucket"
        except StorageUnavailable as error:
            return error.reason
        return "ok"


class _Instead(Exception):
    """The store cannot do this; there is another way."""


@contextmanager
def _reaching(what: str, *, instead: frozenset[str] | set[str] = frozenset()) -> Iterator[None]:
    """Say in our words what the store answers.

    Raises FileNotFoundError for what is not there, StorageUnavailable for everything else; the log
    tells the operator what to do about it.
    """
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in instead:
            raise _Instead from error
        if code in MISSING:
            raise FileNotFoundError(what) from error
        reason, text = FAULTS.get(code, ("unreachable", "the file store answers with an error"))
        logger.exception("%s", text, extra={"bucket": settings.S3_BUCKET, "code": code})
        raise _unavailable(reason) from error
    except BotoCoreError as error:
        logger.exception("the file store cannot be reached", extra={"bucket": settings.S3_BUCKET})
        raise _unavailable("unreachable") from error


def _unavailable(reason: str) -> StorageUnavailable:
    return StorageUnavailable(
        _(
            "The file store cannot be reached at present. Nothing is lost; try again in a few "
            "minutes."
        ),
        reason=reason,
    )


def _client(endpoint: str) -> Any:
    # A session of its own: the shared one keeps the first keys that it ever saw.
    return boto3.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        config=Config(
            signature_version="s3v4",
            connect_timeout=settings.S3_CONNECT_SECONDS,
            read_timeout=settings.S3_READ_SECONDS,
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": settings.S3_ADDRESSING_STYLE},
            # Stores other than Amazon's do not all know the checksums that boto3 adds by itself.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def _encryption() -> dict[str, str]:
    """How the store is to encrypt what it keeps: by its own key, or by one of its key service."""
    if settings.S3_ENCRYPTION == "none":
        return {}
    if settings.S3_ENCRYPTION == "AES256":
        return {"ServerSideEncryption": "AES256"}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": settings.S3_ENCRYPTION}


def _encryption_headers() -> dict[str, str]:
    names = {
        "ServerSideEncryption": "x-amz-server-side-encryption",
        "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    }
    return {names[name]: value for name, value in _encryption().items()}


def disposition(filename: str, *, inline: bool) -> str:
    """The header that names a file in any script and says whether a browser may show it."""
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename*=utf-8''{quote(filename, safe='')}"
