from django.urls import path

from standing import views

app_name = "standing"
urlpatterns = [path("accounts/<str:number>/standing/", views.detail, name="detail")]
