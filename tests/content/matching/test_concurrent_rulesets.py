"""Two editors who save in the same moment: one version comes of it, and the other editor is told."""

import threading

import pytest
from django.db import connection

from content.matching.defaults import DEFAULT_RULESET
from content.matching.models import Ruleset
from content.matching.rulesets import save_ruleset
from perfhooks.versions import VersionConflict

pytestmark = pytest.mark.django_db(transaction=True)
EDITORS = 4


def test_one_of_many_who_save_at_once_gets_through() -> None:
    outcomes: list[str] = []
    gate = threading.Barrier(EDITORS)

    def save(name: str) -> None:
        gate.wait()
        try:
            save_ruleset(draft=DEFAULT_RULESET, based_on=DEFAULT_RULESET.version, actor=name)
            outcomes.append("saved")
        except VersionConflict:
            outcomes.append("told")
        finally:
            connection.close()

    before = Ruleset.objects.count()
    editors = [threading.Thread(target=save, args=(f"editor-{number}",)) for number in range(EDITORS)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert sorted(outcomes) == ["saved", *["told"] * (EDITORS - 1)]
    assert Ruleset.objects.count() == before + 1
    assert Ruleset.objects.filter(is_active=True).count() == 1
