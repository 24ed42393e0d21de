from django.urls import path

from declarations import api
from declarations.changes import api as changes

urlpatterns = [
    path("schemas/declaration.xsd", api.DeclarationSchema.as_view(), name="api_declaration_schema"),
    path("accounts/<str:number>/declarations", api.Declarations.as_view(), name="api_declarations"),
    path("accounts/<str:number>/declarations/<str:declaration>", api.OneDeclaration.as_view(), name="api_declaration"),
    path(
        "accounts/<str:number>/declarations/<str:declaration>/comparison",
        changes.Comparison.as_view(),
        name="api_declaration_comparison",
    ),
    path(
        "accounts/<str:number>/declarations/<str:declaration>/corrections",
        changes.Corrections.as_view(),
        name="api_corrections",
    ),
    path("accounts/<str:number>/changes", changes.Changes.as_view(), name="api_changes"),
    path("accounts/<str:number>/changes/<str:reference>", changes.OneChange.as_view(), name="api_change"),
]
