"""The addresses that every kind shares; a domain app adds its own acts after `*record_urls(...)`."""

from django.urls import URLPattern, path

from pheu.records import views


def record_urls(kind: str, *, board: bool = False) -> list[URLPattern]:
    """List, new, picker, counts, page and save of one kind; board and stage where it has a pipeline."""
    here = {"kind": kind}
    pages = [
        path("", views.record_list, here, name=f"{kind}-list"),
        path("new/", views.record_new, here, name=f"{kind}-new"),
        path("pick/", views.record_pick, here, name=f"{kind}-pick"),
        path("counts/", views.record_counts, here, name=f"{kind}-counts"),
        path("<id:pk>/", views.record_page, here, name=f"{kind}-page"),
        path("<id:pk>/fields/", views.record_save, here, name=f"{kind}-save"),
    ]
    if board:
        pages += [
            path("board/", views.record_board, here, name=f"{kind}-board"),
            path("<id:pk>/stage/", views.record_stage, here, name=f"{kind}-stage"),
        ]
    return pages


urlpatterns = [
    path("r/<id:pk>/", views.open_record, name="record"),
    path("search/", views.search, name="search"),
]
