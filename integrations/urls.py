from django.urls import path

from integrations import views

app_name = "integrations"
urlpatterns = [path("businesses/<str:bn9>/software/", views.software, name="software")]
