from forecourt.kernel.models.audit import AuditEntry, AuditSeal
from forecourt.kernel.models.configuration import ConfigurationVersion
from forecourt.kernel.models.counters import DocumentCounter, IdempotencyKey
from forecourt.kernel.models.custom import CustomField, CustomKey
from forecourt.kernel.models.files import StoredFile
from forecourt.kernel.models.imports import ImportedRow, ImportIssue, ImportMapping, ImportRun
from forecourt.kernel.models.job import Job
from forecourt.kernel.models.keys import DataKey
from forecourt.kernel.models.measures import MeasureDelta, MeasureTotal
from forecourt.kernel.models.options import OptionValue
from forecourt.kernel.models.outbox import OutboxMessage
from forecourt.kernel.models.settings import SettingValue
from forecourt.kernel.models.views import Preference, SampleRow, SavedView
from forecourt.kernel.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "AuditEntry",
    "AuditSeal",
    "ConfigurationVersion",
    "CustomField",
    "CustomKey",
    "DataKey",
    "DocumentCounter",
    "IdempotencyKey",
    "ImportIssue",
    "ImportMapping",
    "ImportRun",
    "ImportedRow",
    "Job",
    "MeasureDelta",
    "MeasureTotal",
    "OptionValue",
    "OutboxMessage",
    "Preference",
    "SampleRow",
    "SavedView",
    "SettingValue",
    "StoredFile",
    "Webhook",
    "WebhookDelivery",
]
