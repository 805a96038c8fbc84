"""The group's addresses with the module's: a line each in urls_group.py and in api/v1/urls.py."""

from django.urls import include, path

from api.v1 import loaners
from api.v1 import urls as api_urls
from forecourt.config import urls_group
from forecourt.config.urls_group import handler403, handler404, handler500

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]

# Before the last one, which answers for whatever the API does not know.
api_urls.urlpatterns[-1:-1] = [
    path("loans", loaners.Loans.as_view(), name="loans"),
    path("loans/<int:loan_id>", loaners.Loan.as_view(), name="loan"),
    path("loans/<int:loan_id>/return", loaners.ReturnLoan.as_view(), name="loan_return"),
]
urlpatterns = [path("loaners/", include("apps.loaners.urls")), *urls_group.urlpatterns]
