from django.urls import path, register_converter

from accounts.converters import ProgramAccountConverter
from dashboard.views import (
    account,
    as_of,
    board,
    business,
    client_statements,
    counter,
    explanation,
    history,
    interest_desk,
    notices,
    officers,
    public,
    reconciliation,
    reviews,
)

register_converter(ProgramAccountConverter, "bn15")

app_name = "dashboard"

_HISTORY = "businesses/<str:bn9>/history/"

urlpatterns = [
    path("", public.public_home, name="public_home"),
    path("bulletins/", public.bulletins, name="bulletins"),
    path("bulletins/<slug:slug>/", public.bulletin, name="bulletin"),
    path("about/", public.about, name="about"),
    path("accessibility/", public.accessibility, name="accessibility"),
    path("privacy/", public.privacy, name="privacy"),
    path("developers/", public.api, name="api"),
    path("home/", business.start, name="start"),
    path("accounts/<bn15:number>/", account.home, name="home"),
    path("accounts/<str:number>/notices-received/", notices.notices, name="notices"),
    path("accounts/<str:number>/calendar.ics", account.calendar, name="calendar"),
    path("accounts/<str:number>/explain/<slug:what>/", explanation.explanation, name="explain"),
    path("accounts/<str:number>/explain/entries/<uuid:entry_id>/", explanation.entry, name="explain_entry"),
    path("accounts/<str:number>/as-of/", as_of.as_of, name="as_of"),
    path("accounts/<str:number>/reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("accounts/<str:number>/reconciliation/file/", reconciliation.reconciliation_csv, name="reconciliation_csv"),
    path("businesses/<str:bn9>/", business.home, name="business"),
    path("businesses/<str:bn9>/board/", board.board, name="board"),
    path("businesses/<str:bn9>/board/file/", board.board_csv, name="board_csv"),
    path("businesses/<str:bn9>/client-statements/", client_statements.client_statements, name="client_statements"),
    path(
        "businesses/<str:bn9>/client-statements/file/",
        client_statements.client_statements_csv,
        name="client_statements_csv",
    ),
    path(_HISTORY, history.history, name="history"),
    path(_HISTORY + "file/", history.history_csv, name="history_csv"),
    path(_HISTORY + "<int:pk>/", history.history_event, name="history_event"),
    path(_HISTORY + "third-parties/<str:other>/", history.delegate, name="delegate"),
    path(_HISTORY + "third-parties/<str:other>/file/", history.delegate_csv, name="delegate_csv"),
    path(_HISTORY + "clients/<str:other>/", history.client, name="client_activity"),
    path(_HISTORY + "clients/<str:other>/file/", history.client_csv, name="client_activity_csv"),
    path("officers/counter/", counter.desk, name="counter"),
    path("officers/counter/<str:number>/", counter.declaration, name="counter_declaration"),
    path("officers/", officers.overview, name="officer"),
    path("officers/interest/", interest_desk.interest_desk, name="interest_desk"),
    path("officers/reviews/", reviews.reviews, name="reviews"),
    path("officers/reviews/both/<int:year>/", reviews.both, name="review_both"),
    path("officers/reviews/<slug:cycle>/<int:year>/", reviews.review, name="review"),
    path("officers/reviews/<slug:cycle>/<int:year>/file/", reviews.review_file, name="review_file"),
    path("officers/jobs/", officers.jobs, name="jobs"),
    path("officers/jobs/<int:run_id>/", officers.job, name="job"),
]
