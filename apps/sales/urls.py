from django.urls import path

from apps.sales import views

app_name = "sales"
urlpatterns = [
    path("orders/", views.SalesOrderList.as_view(), name="sales_order_list"),
    path("orders/<int:sales_order_id>/", views.sales_order_detail, name="sales_order_detail"),
]
