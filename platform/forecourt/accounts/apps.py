from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "forecourt.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        # After every app's models are there: allauth's own are needed.
        from forecourt.accounts import news  # noqa: PLC0415

        news.connect()
