"""A master key that never leaves AWS KMS; who may use it is said there."""

import base64
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from forecourt.kernel.crypto.master import MasterKeyUnreachable, WrongMasterKey

WRAPPED = "kms:"
CONTEXT = {"purpose": "forecourt-data-key"}
"""Goes into what KMS encrypts, and into its own log of who unwrapped what."""
NOT_OURS = {
    "InvalidCiphertextException",
    "IncorrectKeyException",
    "NotFoundException",
    "InvalidKeyUsageException",
}


class KmsKey:
    """A key by its id, ARN or alias; the region and who we are come from AWS's own variables."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def wrap(self, secret: bytes) -> str:
        answer = self._ask("encrypt", Plaintext=secret)
        return WRAPPED + base64.b64encode(answer["CiphertextBlob"]).decode()

    def unwrap(self, wrapped: str) -> bytes:
        if not wrapped.startswith(WRAPPED):
            raise WrongMasterKey
        blob = base64.b64decode(wrapped.removeprefix(WRAPPED))
        plain: bytes = self._ask("decrypt", CiphertextBlob=blob)["Plaintext"]
        return plain

    def _ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            call = getattr(_client(settings.KMS_ENDPOINT_URL), operation)
            answer: dict[str, Any] = call(
                KeyId=self._key_id, EncryptionContext=CONTEXT, **arguments
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_OURS:
                raise WrongMasterKey from error
            raise MasterKeyUnreachable(str(error)) from error
        except BotoCoreError as error:
            raise MasterKeyUnreachable(str(error)) from error
        return answer


@cache
def _client(endpoint: str) -> Any:
    return boto3.client("kms", endpoint_url=endpoint or None)
