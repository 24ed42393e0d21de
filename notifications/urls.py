from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("notifications/", views.inbox, name="list"),
    path("notifications/read-all/", views.read_all, name="read_all"),
    path("notifications/e-mail-copies/", views.choices, name="choices"),
    path("notifications/<int:pk>/", views.message, name="message"),
    path("notifications/<int:pk>/open/", views.follow, name="open"),
]
