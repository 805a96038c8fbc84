"""Where stored files live: one prefix a group, whatever the store.

Names are resolved against the prefix of the group that is entered, and a name that would leave it
is refused, so no key of one group reaches a file of another.
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils._os import safe_join
from django.utils.functional import cached_property

from forecourt.kernel.groups import current_schema, in_group

SPOOLED_BYTES = 8 * 1024 * 1024


def group_prefix() -> str:
    if not in_group():
        raise SuspiciousOperation("Stored files belong to a group.")
    return f"t/{current_schema()}"


class LocalGroupStorage(FileSystemStorage):
    """A local directory, for one machine without S3."""

    @property
    def location(self) -> str:
        """The folder of the group that is entered; names are within it and are given back so."""
        return str(Path(settings.MEDIA_ROOT) / group_prefix())

    def url(self, name: str | None) -> str:
        raise NotImplementedError("Files are handed out by views that ask for the permission.")

    def stored_in(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The names of the files in a folder, and when each was stored."""
        place = Path(self.path(folder))
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.is_file():
                at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield f"{folder}/{path.name}", at

    def delete_group(self) -> None:
        """Remove every file of the group that is entered."""
        shutil.rmtree(Path(settings.MEDIA_ROOT) / group_prefix(), ignore_errors=True)


class S3GroupStorage(Storage):
    """An S3-compatible bucket."""

    @cached_property
    def client(self) -> Any:
        """The client class is made by boto3 at run time."""
        return boto3.client(
            "s3",
            endpoint_url=settings.S3_ENDPOINT_URL or None,
            config=Config(signature_version="s3v4", retries={"max_attempts": 3}),
        )

    def _key(self, name: str) -> str:
        base = f"/{group_prefix()}"
        return safe_join(base, name).lstrip("/")

    def _open(self, name: str, mode: str = "rb") -> File:
        """A copy that can be read from anywhere in it, as workbooks are; large ones on disk."""
        copy = SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115 - the File closes it
        try:
            self.client.download_fileobj(settings.S3_BUCKET, self._key(name), copy)
        except ClientError as error:
            copy.close()
            raise FileNotFoundError(name) from error
        copy.seek(0)
        return File(copy, name=name)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        self.client.upload_fileobj(
            content, settings.S3_BUCKET, self._key(name), {"ServerSideEncryption": "AES256"}
        )
        return name

    def delete(self, name: str) -> None:
        self.client.delete_object(Bucket=settings.S3_BUCKET, Key=self._key(name))

    def stored_in(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The names of the files in a folder, and when each was stored."""
        for item in self._items(f"{self._key(folder)}/"):
            yield item["Key"].removeprefix(f"{group_prefix()}/"), item["LastModified"]

    def delete_group(self) -> None:
        """Remove every file of the group that is entered."""
        for item in self._items(f"{group_prefix()}/"):
            self.client.delete_object(Bucket=settings.S3_BUCKET, Key=item["Key"])

    def _items(self, prefix: str) -> Iterator[Any]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=settings.S3_BUCKET, Prefix=prefix
        )
        for page in pages:
            yield from page.get("Contents", [])

    def exists(self, name: str) -> bool:
        listed = self.client.list_objects_v2(
            Bucket=settings.S3_BUCKET, Prefix=self._key(name), MaxKeys=1
        )
        return any(item["Key"] == self._key(name) for item in listed.get("Contents", []))

    def size(self, name: str) -> int:
        head = self.client.head_object(Bucket=settings.S3_BUCKET, Key=self._key(name))
        return head["ContentLength"]
