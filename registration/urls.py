from django.urls import path

from registration import views

app_name = "registration"

urlpatterns = [
    path("welcome/", views.first_setup, name="first_setup"),
    path("help/codes/", views.help_codes, name="help_codes"),
    path("register/", views.start, name="start"),
    path("register/begin/", views.begin, name="begin"),
    path("register/give-up/", views.give_up, name="give_up"),
    path("register/numbers/", views.numbers, name="numbers"),
    path("register/name-and-address/", views.identity, name="identity"),
    path("register/proof/", views.proof, name="proof"),
    path("register/terms/", views.terms, name="terms"),
    path("register/review/", views.review, name="review"),
    path("register/done/", views.done, name="done"),
    path("register/by-hand/", views.by_hand, name="by_hand"),
    path("officers/strict-mode/", views.strict_mode, name="strict_mode"),
    path("officers/strict-mode/<int:pk>/", views.lift_lock, name="lift_lock"),
    path("practice-card/", views.practice_card, name="practice_card"),
    path("practice-card/<str:code>/<str:kind>/", views.paper, name="paper"),
]
