"""`aggregator backtest`: what the duplicate finder would fold, on labelled sets or on what is stored."""

from argparse import Namespace
from datetime import timedelta

from aggregator.commands.opening import must_exist
from aggregator.commands.terminal import table
from aggregator.config.load import load
from aggregator.pipeline.backtest import Fold, Score, fold_stored, sample, score_sets
from aggregator.storage.database import open_reader
from aggregator.storage.times import now

_SAMPLE = 20
_WRONG = 5  # shown of each set


def run(options: Namespace) -> int:
    """Print scores and mistakes, or a sample of foldings to read."""
    if options.sets is not None:
        scores = list(score_sets(options.sets))
        table(("set", "items", "precision", "recall", "F1", "joins two stories"), [_row(one) for one in scores],
              numbers=(1, 2, 3, 4, 5))  # fmt: skip
        for one in scores:
            for title, other in one.wrong[:_WRONG]:
                print(f"\n{one.name}, folded and labelled as different:\n  {title}\n  {other}")
        return 0
    config = load(options.config)
    must_exist(config)
    items, folds = fold_stored(open_reader(config.site.database), now() - timedelta(days=options.days))
    print(f"{items} copies first seen in the last {options.days} days: {len(folds)} would be folded")
    for fold in sample(folds, _SAMPLE):
        _print(fold)
    return 0


def _row(score: Score) -> tuple[str, ...]:
    figures = (score.precision, score.recall, score.f1)
    return score.name, str(score.items), *(f"{figure:.3f}" for figure in figures), str(score.strangers)


def _print(fold: Fold) -> None:
    print(f"\n{fold.verdict.rule}, {fold.verdict.score:.2f}: {fold.verdict.why}")
    print(f"  {fold.source}: {fold.title}\n  {fold.into_source}: {fold.into_title}")
