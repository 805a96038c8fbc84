"""What ``/readyz`` and ``manage.py check --deploy`` say of the file store."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from forecourt.kernel.middleware import register_readiness
from forecourt.kernel.storage import group_storage

ADVICE = {
    "bucket": "Create the bucket that S3_BUCKET names, in the region of AWS_DEFAULT_REGION.",
    "refused": "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do.",
    "clock": "Set the clock of this machine: the store refuses requests of another time.",
    "unreachable": "Check S3_ENDPOINT_URL, the network, and that the store runs.",
    "not writable": "Let the process write below FORECOURT_HOME/files.",
}


def store_state() -> str:
    """``ok``, else in a word why the store cannot be used."""
    return group_storage().state()


# Pages that need no file go on without the store, so it takes no process out of service.
register_readiness("files", store_state, decides=False)


@register("files", deploy=True)
def store_can_be_used(**_options: Any) -> list[CheckMessage]:
    state = store_state()
    if state == "ok":
        return []
    return [
        Error(f"The file store cannot be used: {state}.", hint=ADVICE.get(state), id="files.E001")
    ]
