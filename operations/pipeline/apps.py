"""The pipeline: one run from the store to the finished packages, and the clock that starts it."""

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    """Pipeline runs, the samples that workers hand in, and the schedule's slots."""

    name = "operations.pipeline"
    label = "pipeline"
    verbose_name = "작업"

    def ready(self) -> None:
        """Let workers record for the run that ordered their tasks."""
        from operations.pipeline.samples import install
        from operations.pipeline.services import ENTRY_TASK, SYNC_TASK

        install(sync_task=SYNC_TASK, entry_task=ENTRY_TASK)
