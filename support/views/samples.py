"""The library of worked samples for those who write software: a list by topic, and each file as it stands."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from declarations import samples

MEDIA_TYPES = {"json": "application/json", "xml": "application/xml; charset=utf-8"}


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    topics = [(topic, [sample for sample in samples.SAMPLES if sample.topic == topic]) for topic in samples.Topic]
    return render(request, "support/samples.html", {"topics": topics, "count": len(samples.SAMPLES)})


@require_safe
def sample_file(request: HttpRequest, name: str, file: str) -> HttpResponse:
    """One file of a sample, shown in the browser; it can be saved from there."""
    sample = samples.sample_named(name)
    text = samples.files_of(sample).get(file) if sample else None
    if text is None:
        raise Http404
    return HttpResponse(text, content_type=MEDIA_TYPES[file.rpartition(".")[2]])
