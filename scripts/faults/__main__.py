"""`python -m scripts.faults [ids…] [--seed N]`: the fault plan against the real product; a table, and
var/faults.json. Ends with 1 where a promise was not kept."""

import argparse
import random
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from scripts.faults.plan import NOT_RUN, PLAN, Fault
from scripts.faults.result import Result, table, write
from scripts.faults.stage import Stage, standing
from scripts.product_run.campaigns import Marketer, People

RESULTS = Path("var") / "faults.json"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("ids", nargs="*", help="which faults; all without")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeats a run")
    parser.add_argument("--list", action="store_true", help="says which there are")
    return parser.parse_args()


def main() -> int:
    """Runs, prints, writes."""
    options = arguments()
    if options.list:
        say("\n".join(f"{one.id:24} {one.title}" for one in PLAN))
        say("\n".join(f"{name:24} not run: {why}" for name, why in NOT_RUN.items()))
        return 0
    unknown = set(options.ids) - {one.id for one in PLAN}
    if unknown:
        say(f"unknown: {', '.join(sorted(unknown))}; --list says which there are")
        return 2
    chosen = [one for one in PLAN if not options.ids or one.id in options.ids]
    results: list[Result] = []
    for result in carry_out(chosen, options.seed):
        results.append(result)
        say(table([result]))
        say(
            "\n".join(f"    {line}" for line in [*result.notes, *(f"BROKEN: {one}" for one in result.broken)])
        )
        write(RESULTS, results, NOT_RUN)
    say(f"\n{table(results)}\n")
    say("\n".join(f"not run: {name}: {why}" for name, why in NOT_RUN.items()))
    return 0 if all(one.kept for one in results) else 1


def carry_out(chosen: Sequence[Fault], seed: int) -> Iterator[Result]:
    """Fault after fault; those in the same world share a product until one of them is broken."""
    for (world, settings), group in groupby(chosen, key=lambda one: (one.world, one.settings)):
        waiting = list(group)
        while waiting:
            with ExitStack() as stack:
                broken: list[Result] = []
                product, proxy = stack.enter_context(
                    standing(world, dict(settings), keep=lambda broken=broken: bool(broken))  # type: ignore[misc]
                )
                marketer = Marketer.of(product)
                people: dict[tuple[str, int], People] = {}
                while waiting and not broken:
                    fault = waiting.pop(0)
                    result = Result(id=fault.id, title=fault.title, seed=seed)
                    stage = Stage(
                        product=product,
                        proxy=proxy,
                        marketer=marketer,
                        result=result,
                        chance=random.Random(f"{seed} {fault.id}"),
                        people=people,
                    )
                    say(f"== {fault.id} {fault.title}, seed {seed}, in {product.data.root}")
                    act(fault, stage)
                    # A restarted database has been given a new connection.
                    product = stage.product
                    broken += [] if result.kept else [result]
                    yield result


def act(fault: Fault, stage: Stage) -> None:
    """One fault; what it raises is a promise that was not kept."""
    began = time.monotonic()
    try:
        fault.act(stage)
    except Exception as error:  # noqa: BLE001 - whatever went wrong belongs into the table
        stage.result.broken.append(f"{type(error).__name__}: {error}")
        stage.result.notes.append(traceback.format_exc(limit=-3))
    finally:
        stage.proxy.open_all()
        stage.result.seconds = time.monotonic() - began


def say(text: str) -> None:
    """To the terminal, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
