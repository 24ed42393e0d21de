from django.urls import path

from declarations import api

urlpatterns = [
    path("accounts/<str:number>/declarations", api.Declarations.as_view(), name="api_declarations"),
    path("accounts/<str:number>/declarations/<str:declaration>", api.OneDeclaration.as_view(), name="api_declaration"),
]
