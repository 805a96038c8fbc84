"""SMTP to a server that a group names: connected only to where it may be (kernel.egress)."""

import smtplib
import socket
import ssl
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from forecourt.kernel import egress


class _OpenSMTP(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        return egress.connection_to(host, port, seconds=timeout or egress.SECONDS)


class _OpenSMTPS(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        plain = egress.connection_to(host, port, seconds=timeout or egress.SECONDS)
        context = self.context or ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=host)


class OpenEmailBackend(EmailBackend):
    """Django's, with connections to the open internet alone."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _OpenSMTPS if self.use_ssl else _OpenSMTP
