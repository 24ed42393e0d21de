from django.urls import path

from integrations import api, demand_api, document_api

one = "bonds/<int:pk>"
urlpatterns = [
    path("oauth/token", api.token, name="api_token"),
    path("bonds", api.Bonds.as_view(), name="api_bonds"),
    path("bonds/events", api.Events.as_view(), name="api_bond_events"),
    path("bonds/events/acknowledgements", api.Acknowledgements.as_view(), name="api_bond_acknowledgements"),
    path("bonds/demands", demand_api.Demands.as_view(), name="api_bond_demands"),
    path("bonds/demands/<int:pk>", demand_api.OneDemand.as_view(), name="api_bond_demand"),
    path("bonds/demands/<int:pk>/payment", demand_api.Payment.as_view(), name="api_bond_demand_payment"),
    path("bonds/demands/<int:pk>/rebuttal", demand_api.Rebuttal.as_view(), name="api_bond_demand_rebuttal"),
    path(one, api.OneBond.as_view(), name="api_bond"),
    path(f"{one}/confirmation", api.Confirmation.as_view(), name="api_bond_confirmation"),
    path(f"{one}/rejection", api.Rejection.as_view(), name="api_bond_rejection"),
    path(f"{one}/amendments", api.Amendments.as_view(), name="api_bond_amendments"),
    path(f"{one}/termination", api.Termination.as_view(), name="api_bond_termination"),
    path(f"{one}/document", document_api.Document.as_view(), name="api_bond_document"),
    path(f"{one}/usage", api.Usage.as_view(), name="api_bond_usage"),
]
