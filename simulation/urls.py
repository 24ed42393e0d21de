"""Pages of the simulation's controls."""

from django.urls import path

from simulation import views

app_name = "simulation"
urlpatterns = [
    path("officers/clock/", views.show_clock, name="clock"),
    path("officers/clock/<int:move_id>/", views.show_move, name="move"),
]
