"""The library of worked samples: what software sends, and what it gets back, to the cent.

Each sample begins with a release and goes on with a declaration and perhaps a change of it. The numbers in them are
placeholders: whoever tries a sample puts the own program account and the release's own number in their place.
"""

from declarations.samples import accepted, measures, refused, releases
from declarations.samples.parts import Sample, Topic, answers, files_of

SAMPLES: tuple[Sample, ...] = (*releases.SAMPLES, *accepted.SAMPLES, *measures.SAMPLES, *refused.SAMPLES)

__all__ = ["SAMPLES", "Sample", "Topic", "answers", "files_of", "sample_named"]


def sample_named(name: str) -> Sample | None:
    return next((sample for sample in SAMPLES if sample.name == name), None)
