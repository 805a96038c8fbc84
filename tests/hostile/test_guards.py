"""What makes isolation hold by itself: every model says who sees it, every view asks a query."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from forecourt.kernel.access import ScopedModel, all_permissions

ROOT = Path(__file__).resolve().parents[2]
INTERFACES = sorted(
    {
        *ROOT.glob("apps/*/views.py"),
        *ROOT.glob("apps/*/views/**/*.py"),
        *ROOT.glob("apps/*/*/views.py"),
        *ROOT.glob("apps/*/downloads.py"),
        *ROOT.glob("api/**/*.py"),
        *ROOT.glob("platform/forecourt/ui/**/views.py"),
        *ROOT.glob("platform/forecourt/accounts/views.py"),
    }
)
REACHED_THROUGH = {
    # Rows that are only read or written beside another one, which was asked for by its own access.
    "approvals.FlowVersion": "its flow",
    "approvals.ApprovalAct": "its request",
    "care.ComplaintStep": "its complaint",
    "discussions.Post": "the record that it is about",
    "discussions.PostFile": "its post",
    "crm.CustomerPhone": "its customer",
    "crm.CustomerTag": "its customer",
    "crm.CustomerMerge": "the customer that is kept",
    "crm.Interaction": "its customer",
    "vehicles.StockMovement": "its stock unit",
    "vehicles.TransferLine": "its transfer",
    "organisation.RolePermission": "its role",
    "organisation.Invitation": "its staff member; the link holds the proof",
    "organisation.GroupSettings": "one row for the group, behind organisation.manage_group",
    "crm.LeadPolicy": "no longer shown or asked",
    "crm.AssignmentShare": "its staff member, behind crm.manage_assignment",
    "kernel.StoredFile": "the record that holds it; who brought it while it is on its way",
    "kernel.AuditSeal": "hashes alone; only the command and verify read it",
    "kernel.AuditEntry": "the audit log, behind organisation.see_audit, or its subject",
    "kernel.CustomKey": "the row of a host, by its own access",
    "kernel.DocumentCounter": "never shown",
    "kernel.IdempotencyKey": "never shown; kept by person",
    "kernel.Job": "one's own only (jobs.list_jobs)",
    "kernel.MeasureDelta": "summaries.reach",
    "kernel.MeasureTotal": "summaries.reach",
    "kernel.OutboxMessage": "never shown",
    "kernel.SettingValue": "group_settings.viewpoint_of",
    "kernel.SavedView": "one's own, or shared by their owner",
    "kernel.Preference": "one's own only",
    "kernel.SampleRow": "never shown",
    "kernel.DataKey": "never shown",
    "kernel.ImportIssue": "its import run",
    "kernel.ImportMapping": "never shown",
    "kernel.ImportedRow": "never shown",
    "documents.DocumentVersion": "its document",
    "documents.DocumentLink": "its document",
    "documents.Paper": "its document",
    "documents.PaperSignature": "its paper",
    "documents.SealCertificate": "the group's seal, behind documents.view_template",
    "documents.SigningRequest": "its paper, or the link itself",
    "notifications.ChannelSettings": "the group's channels, behind notifications.manage_channel",
    "notifications.TemplateText": "the group's texts, behind notifications.manage_text",
    "notifications.Notification": "one's own only (queries.list_notifications)",
    "accounts.User": "one's own account",
    "accounts.ApiToken": "one's own only",
    "sessions.Session": "never shown",
    "account.EmailAddress": "one's own account",
    "account.EmailConfirmation": "one's own account",
    "mfa.Authenticator": "one's own account",
    "usersessions.UserSession": "one's own account",
}


def group_models() -> list[type[models.Model]]:
    """The models whose tables lie in a group's schema."""
    labels = {
        config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS
    }
    return [model for model in apps.get_models() if model._meta.app_label in labels]


@pytest.mark.parametrize("model", group_models(), ids=lambda model: model._meta.label)
def test_every_model_says_who_sees_its_rows(model):
    if model._meta.label in REACHED_THROUGH:
        assert not issubclass(model, ScopedModel), "listed as reached through another one"
        return
    assert issubclass(model, ScopedModel), (
        f"{model._meta.label}: say its RowAccess, or here what it is reached through."
    )
    assert model.access.view in all_permissions()
    for lookup in (*model.access.store, *model.access.owner):
        assert_is_column(model, lookup)
    for name, masked in model.masked_fields.items():
        assert_is_column(model, name)
        assert masked.permission in all_permissions()


def assert_is_column(model: type[models.Model], lookup: str) -> None:
    for part in lookup.split("__"):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            field = next(one for one in model._meta.concrete_fields if one.attname == part)
        model = field.related_model or model


def test_what_is_listed_here_exists():
    labels = {model._meta.label for model in group_models()}

    assert set(REACHED_THROUGH) <= labels, set(REACHED_THROUGH) - labels


@pytest.mark.parametrize("path", INTERFACES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_view_or_endpoint_reads_a_table_by_itself(path):
    """``Model.objects`` sees all rows; pages and the API ask their module's queries."""
    tree = ast.parse(path.read_text(encoding="utf-8"))

    found = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}
    ]

    assert not found, f"{path.relative_to(ROOT)}: lines {found}"


def test_there_is_something_to_guard():
    assert len(INTERFACES) > 20
    assert len(group_models()) > 30
