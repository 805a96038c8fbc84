"""Where Stripe tells us of events: on the bare domain, for Stripe alone."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import inbox
from forecourt.kernel.clock import now


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Keep the event and answer at once; a worker handles it.

    Answers 400 for what Stripe has not signed lately, 413 for what is too large, and then keeps
    nothing; without a key there is nobody to listen to.
    """
    if not settings.STRIPE_WEBHOOK_SECRET:
        return HttpResponse(status=404)
    if int(request.META.get("CONTENT_LENGTH") or 0) > inbox.LARGEST:
        return HttpResponse(status=413)
    body = request.read(inbox.LARGEST + 1)
    if len(body) > inbox.LARGEST:
        return HttpResponse(status=413)
    try:
        event = inbox.receive(body, request.headers.get("Stripe-Signature", ""))
    except inbox.NotGenuine as refusal:
        return HttpResponse(refusal.message, status=refusal.status, content_type="text/plain")
    if event.state == inbox.State.RECEIVED and event.available_at <= now():
        inbox.wake()
    return HttpResponse(status=200)
