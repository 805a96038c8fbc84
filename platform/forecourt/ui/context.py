"""The context processor of the frame."""

from django.http import HttpRequest

from forecourt.ui.shell import Shell


def page(request: HttpRequest) -> dict[str, object]:
    return {"shell": Shell(request)}
