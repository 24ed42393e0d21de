from django.urls import path

from registration import views
from registration.applications import views as applications

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
    path("register/way/", applications.way, name="way"),
    path("register/apply/", applications.apply, name="apply"),
    path("register/applications/<int:pk>/", applications.application, name="application"),
    path("register/applications/<int:pk>/details/", applications.details, name="application_details"),
    path("register/applications/<int:pk>/files/", applications.files, name="application_files"),
    path("register/applications/<int:pk>/review/", applications.review, name="application_review"),
    path("register/applications/<int:pk>/withdraw/", applications.withdraw, name="withdraw_application"),
    path("register/applications/<int:pk>/files/<uuid:public_id>/", applications.file, name="application_file"),
    path("register/applications/<int:pk>/files/<uuid:public_id>/remove/", applications.remove_file, name="remove_file"),
    path("officers/applications/", applications.desk, name="desk"),
    path("officers/applications/<int:pk>/", applications.desk_application, name="desk_application"),
    path("officers/applications/<int:pk>/files/<uuid:public_id>/", applications.desk_file, name="desk_file"),
    path("accounts/<str:number>/importer/", applications.enrol_importer, name="enrol_importer"),
    path("practice-card/", views.practice_card, name="practice_card"),
    path("practice-card/<str:code>/<str:kind>/", views.paper, name="paper"),
]
