"""The pipeline: one run from the store to the finished packages, and the clock that starts it."""

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    """Pipeline runs, the samples that workers hand in, and the schedule's slots."""

    name = "operations.pipeline"
    label = "pipeline"
    verbose_name = "작업"
