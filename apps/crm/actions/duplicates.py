"""Finding customers who may be one person, and deciding that they are two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.crm import queries
from apps.crm.actions.merging import RIGHT
from apps.crm.models import DuplicatePair
from apps.crm.rules.duplicates import PairState, Verdict, compare
from forecourt.kernel import audit, jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.models import Job

FIND = "crm.find_duplicates"
AT_ONCE = 2000
Step = Callable[[int, int], None]


def start_finding(*, actor: Actor) -> Job:
    """Compare all customers of the group in the background. Raises NotPermitted."""
    if not actor.grant(RIGHT).everything:
        raise NotPermitted(_("Only who may merge customers of all stores can search all of them."))
    return jobs.start(FIND, {}, actor)


@jobs.runs(FIND, label=gettext_lazy("Search for duplicate customers"))
def _find(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    def step(done: int, total: int) -> None:
        if job.total_count != total:
            progress.total(total)
        progress.step(done)

    return {"found": find_duplicates(step)}


def find_duplicates(step: Step | None = None) -> int:
    """Compare all customers; answers how many pairs are to be decided.

    ``step`` hears within each transaction how many pairs of how many are done. It may be repeated:
    the same pairs are found, those that somebody has decided stay decided, and those that are the
    same no longer (a phone was corrected) are gone afterwards.
    """
    begun = now()
    with_one_car = queries.pairs_with_one_car()
    pairs = sorted({*queries.duplicate_candidates(), *with_one_car})
    names = queries.name_counts()
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        with transaction.atomic():
            _keep(_compared(some, names, with_one_car))
            if step:
                step(start + len(some), len(pairs))
    DuplicatePair.objects.filter(state=PairState.OPEN, found_at__lt=begun).delete()
    return DuplicatePair.objects.filter(state=PairState.OPEN).count()


def _compared(
    pairs: list[tuple[int, int]],
    names: queries.NameCounts,
    with_one_car: set[tuple[int, int]],
) -> list[tuple[int, int, Verdict]]:
    traits = queries.traits_of({pk for pair in pairs for pk in pair}, names)
    # One of them may have been merged since the pairs were read.
    verdicts = (
        (
            first,
            second,
            compare(traits[first], traits[second], share_car=(first, second) in with_one_car),
        )
        for first, second in pairs
        if first in traits and second in traits
    )
    return [(first, second, verdict) for first, second, verdict in verdicts if verdict.is_same]


def _keep(found: list[tuple[int, int, Verdict]]) -> None:
    moment = now()
    DuplicatePair.objects.bulk_create(
        [
            DuplicatePair(
                first_id=first,
                second_id=second,
                percent=verdict.percent,
                evidence=[str(evidence) for evidence in verdict.evidence],
                found_at=moment,
            )
            for first, second, verdict in found
        ],
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["percent", "evidence", "found_at"],
    )


@transaction.atomic
def dismiss_duplicate(*, pair_id: int, actor: Actor) -> DuplicatePair:
    """Decide that the two are two people. Raises NotFound, NotPermitted."""
    actor.require(RIGHT)
    pair = queries.get_duplicate(pair_id=pair_id, actor=actor)
    changed = DuplicatePair.objects.filter(pk=pair.pk, state=PairState.OPEN).update(
        state=PairState.DISMISSED, decided_at=now(), decided_by=actor.name
    )
    if changed:
        audit.record(actor, "told apart", pair.first, {"customer": [None, str(pair.second)]})
    return pair
