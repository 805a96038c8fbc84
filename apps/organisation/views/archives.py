"""Everything of the group as one file: ordered, watched, fetched."""

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.organisation.actions import archive
from forecourt.kernel.models import Job
from forecourt.kernel.standing import works_when_suspended
from forecourt.ui import forms
from forecourt.ui.access import requires
from forecourt.ui.responses import go_to, render_page

MOST_SHOWN = 20


class OrderForm(forms.Form):
    """A second thought, and what protects the part that only a re-import reads."""

    wide = ("confirmation", "passphrase")

    confirmation = django_forms.CharField(
        label=gettext_lazy("Address of your group"),
        max_length=60,
        help_text=gettext_lazy("To be sure: what stands before the first dot in your web address."),
        widget=django_forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )
    passphrase = django_forms.CharField(
        label=gettext_lazy("Passphrase"),
        max_length=200,
        required=False,
        strip=False,
        help_text=gettext_lazy(
            "Needed to import the archive elsewhere: nobody can do that without it, and we cannot "
            "find it again. Leave it empty if only we may import it."
        ),
        widget=django_forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@require_GET
@never_cache
@works_when_suspended
@requires(archive.TAKE_OUT)
def archive_list(request: HttpRequest) -> HttpResponse:
    jobs = archive.list_archives(request.actor).order_by("-id")[:MOST_SHOWN]
    context = {"archives": [_shown(job) for job in jobs]}
    return render(request, "organisation/archive_list.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("passphrase")
@works_when_suspended
@requires(archive.TAKE_OUT)
def archive_order(request: HttpRequest) -> HttpResponse:
    form = OrderForm(request.POST or None)
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        job = form.attempt(archive.order_archive, actor=request.actor, **form.cleaned_data)
        if job is not None:
            return go_to(request, "organisation:archive_list", message=_("We are writing it."))
    status = 422 if form.is_bound else 200
    return render(request, "organisation/_archive_order.html", {"form": form}, status=status)


@require_GET
@never_cache
@works_when_suspended
@requires(archive.TAKE_OUT)
def archive_detail(request: HttpRequest, archive_id: int) -> HttpResponse:
    """One archive; the partial asks again until it is whole."""
    job = archive.get_archive(archive_id=archive_id, actor=request.actor)
    context = {"shown": _shown(job)}
    return render_page(
        request, "organisation/archive_detail.html", "organisation/_archive.html", context
    )


@require_POST
@works_when_suspended
@requires(archive.TAKE_OUT)
def archive_cancel(request: HttpRequest, archive_id: int) -> HttpResponse:
    job = archive.cancel_archive(archive_id=archive_id, actor=request.actor)
    if request.htmx:
        return render(request, "organisation/_archive.html", {"shown": _shown(job)})
    return go_to(request, "organisation:archive_list")


@require_GET
@never_cache
@works_when_suspended
@requires(archive.TAKE_OUT)
def archive_file(request: HttpRequest, archive_id: int) -> HttpResponse:
    """To the store, by a link that lives for minutes: the bytes do not come through here."""
    link = archive.link_to_archive(archive_id=archive_id, actor=request.actor)
    return HttpResponseRedirect(link.url)


def _shown(job: Job) -> dict[str, object]:
    return {
        "job": job,
        "expires_at": archive.expires_at(job),
        "is_locked": job.params.get("is_locked", False),
        "url": reverse("organisation:archive_detail", args=[job.pk]),
    }
