from django.urls import path

from security import views

app_name = "security"
account = "accounts/<str:number>/security/"
desk = "businesses/<str:bn9>/bonds/"
urlpatterns = [
    path(account, views.overview, name="overview"),
    path(f"{account}enrol/", views.enrol, name="enrol"),
    path(f"{account}period/", views.period, name="period"),
    path(f"{account}estimate/", views.estimate, name="estimate"),
    path(f"{account}planner/", views.planner, name="planner"),
    path(f"{account}planner/plan.csv", views.plan_file, name="plan_file"),
    path(f"{account}submit/", views.submit, name="submit"),
    path(f"{account}cancel/", views.cancel, name="cancel"),
    path(f"{account}bonds/new/", views.propose_bond, name="propose_bond"),
    path(f"{account}bonds/<int:pk>/", views.account_bond, name="account_bond"),
    path(f"{account}bonds/<int:pk>/copy/", views.account_bond_copy, name="account_bond_copy"),
    path(f"{account}deposit/", views.deposit, name="deposit"),
    path(f"{account}refund/", views.refund, name="refund"),
    path(f"{account}deposit/use/", views.apply_deposit, name="apply_deposit"),
    path(f"{account}deposit/paper/", views.paper_deposit, name="paper_deposit"),
    path(f"{account}lines/", views.account_lines, name="account_lines"),
    path(f"{account}lines/lines.csv", views.account_lines_file, name="account_lines_file"),
    path(f"{account}review/", views.review, name="review"),
    path(f"{account}reduction/", views.reduction, name="reduction"),
    path(desk, views.desk, name="desk"),
    path(f"{desk}portfolio/", views.portfolio, name="portfolio"),
    path(f"{desk}portfolio/exposure.csv", views.exposure_file, name="exposure_file"),
    path("businesses/<str:bn9>/security/", views.business_lines, name="business_lines"),
    path("businesses/<str:bn9>/security/lines.csv", views.business_lines_file, name="business_lines_file"),
    path("officers/security/", views.officer_lines, name="officer_lines"),
    path("officers/security/lines.csv", views.officer_lines_file, name="officer_lines_file"),
    path("officers/paper-agreements/", views.paper_desk, name="paper_desk"),
    path("officers/paper-agreements/endorsements/<int:pk>/", views.paper_endorsement, name="paper_endorsement"),
    path(f"{desk}<int:pk>/", views.bond, name="bond"),
    path(f"{desk}<int:pk>/copy/", views.bond_copy, name="bond_copy"),
    path("officers/bonds/<int:pk>/copy/", views.officer_bond_copy, name="officer_bond_copy"),
    path("businesses/<str:bn9>/demands/<int:pk>/", views.demand, name="demand"),
]
