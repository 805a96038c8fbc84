from django.urls import path

from apps.discussions import views

app_name = "discussions"
urlpatterns = [
    path("of/<str:subject>/<int:subject_id>/", views.panel, name="panel"),
    path("posts/<int:post_id>/", views.post, name="post"),
    path("files/<int:post_file_id>/", views.post_file, name="post_file"),
]
