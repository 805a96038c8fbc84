from django.urls import path

from apps.loaners import views

app_name = "loaners"
urlpatterns = [
    path("", views.LoanList.as_view(), name="loan_list"),
    path("new/", views.loan_create, name="loan_create"),
    path("<int:loan_id>/", views.loan_detail, name="loan_detail"),
    path("<int:loan_id>/return/", views.loan_return, name="loan_return"),
]
