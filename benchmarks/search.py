"""Search: the index in the process against PostgreSQL with PostGIS and pg_trgm, the same queries in one run.

Both answer every query once, and ids, distances, totals and counts must agree. Then they answer all of them again, a
hundred by a hundred in turn. Processor time counts, of this process and of the database's backend; the clock does not.
"""

import argparse
import gc
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import search_http, search_postgres
from benchmarks.search_centers import centers, labels, queries
from benchmarks.search_postgres import Postgres, PostgresSearch, processor_ns
from benchmarks.table import Spread, json_line, keep, markdown
from services.directory.search import Entry, Index, Labels, Query, Result

_SAMPLE = 5000
_CHUNK = 100_000
_IN_TURN = 100
_UPDATES = 500
_HTTP_RATE, _HTTP_SECONDS = 500, 30

_ABOUT = """\
{many:,} different queries (words without accents, unfinished, mistyped; near a point; facets; open at; several of these
together), each with its exact total, the counts of all facets under the whole filter, and the first 20 hits. Both
engines answered all of them {runs} times, a hundred by a hundred in turn; processor time of process and backend
together, medians (least–most). The ratio is that of the sums, beside it the geometric mean of the queries' ratios.

PostgreSQL 15 with PostGIS and pg_trgm in memory, without parallel workers, as well tuned as we could: words as
tsvectors under GIN, typing errors by trigrams over the vocabulary, codes as arrays under GIN, geography under GiST,
opening hours as a bit string; prepared statements, one of which finds the hits once; counters packed three to a number
(which takes a third of the time that unnesting the arrays does, and half of that of filtered counts).
"""
_BUILT = """\
* {size:,}: the engines agree on {agreed:,} queries; in the other {missed_typos} the trigrams missed a mistyped word.
  Built with {build_s:.1f} s of CPU, saved with {save_s:.1f} s, a file of {file_mb:.0f} MB, loaded in {load_s:.2f} s.
  An update takes {update_ms[p50]:.1f} ms of CPU (p99 {update_ms[p99]:.1f}), merging it {update_ms[merging]:.1f} ms.
"""
_OVER_HTTP = """\
* {size:,} over HTTP (FastAPI, uvloop, one worker), {rate} requests a second for {seconds} s: p50 {http[p50_ms]} ms,
  p99 {http[p99_ms]} ms by the clock, {http[cpu_ms]} ms of CPU each. The clock depends on what else the machine does.
"""


def main() -> None:
    """Runs everything, prints the table, keeps it, and ends with one JSON line if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--sizes", default="1000,50000,1000000", help="numbers of centers")
    parser.add_argument("--queries", type=int, default=2000, help="different queries")
    parser.add_argument("--runs", type=int, default=3, help="how often both engines answer all of them")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    search_postgres.need()
    found = {str(size): _measure(size, options.queries, options.runs) for size in sizes}
    page = _page(found, options.queries, options.runs)
    print(page)
    keep("search", page, ("numpy", "numba", "rapidfuzz", "psycopg"))
    if options.json:
        print(json_line({"ratio": {size: one["ratio"] for size, one in found.items()}, "sizes": found}))


def _measure(size: int, many: int, runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "index"
        result, index = _build(size, file)
        sample = list(islice(centers(size), _SAMPLE))
        asked = queries(sample, many)
        server = Postgres()
        try:
            rival = PostgresSearch(server.connect(), labels())
            _say(f"{size:,}: loading PostgreSQL")
            rival.load(centers(size))
            result |= _agreement(index, rival, asked)
            result |= _race(index, rival, [query for _, query in asked], runs)
            rival.connection.close()
        finally:
            server.stop()
        _say(f"{size:,}: over HTTP")
        result["http"] = search_http.measure(file, [query for _, query in asked], _HTTP_RATE, _HTTP_SECONDS)
        result |= _updates(index, sample)
    return result


def _build(size: int, file: Path) -> tuple[dict[str, Any], Index]:
    """An index as a service has it after a restart: mapped from its file."""
    _say(f"{size:,}: building the index")
    index, every, used = Index(Labels(labels())), centers(size), 0.0
    while chunk := list(islice(every, _CHUNK)):
        start = time.process_time()
        index.update(chunk)
        index.merge()
        used += time.process_time() - start
    start = time.process_time()
    index.save(file, {})
    saved = time.process_time() - start
    start = time.perf_counter()
    loaded = Index(Labels(labels()))
    loaded.load(file)
    restart = time.perf_counter() - start
    _say(f"  built with {used:.1f} s of CPU, saved with {saved:.1f} s, loaded in {restart:.2f} s")
    return {"build_s": used, "save_s": saved, "load_s": restart, "file_mb": file.stat().st_size / 1e6}, loaded


def _agreement(index: Index, rival: PostgresSearch, asked: list[tuple[str, Query]]) -> dict[str, Any]:
    """Both answer everything, the second page too where there is one; ends the benchmark if they do not agree.

    Trigrams do not find every word with a typing error: where they had to, their answer may differ, and is counted.
    """
    missed = pages = 0
    for kind, query in asked:
        ours = index.search(query)
        theirs, last = rival.search(query)
        answers = [(ours, theirs)]
        if ours.cursor and last and not rival.guessed:
            pages += 1
            answers.append((index.search(replace(query, cursor=ours.cursor)), rival.search(query, last)[0]))
        if all(_same(one, other) for one, other in answers):
            continue
        if not rival.guessed:
            raise SystemExit(f"the engines do not agree on {kind} {query}:\n{ours}\n{theirs}")
        missed += 1
    _say(
        f"  they agree on {len(asked) - missed} queries and {pages} next pages; trigrams missed {missed} typing errors"
    )
    return {"agreed": len(asked) - missed, "missed_typos": missed}


def _same(one: Result, other: Result) -> bool:
    """Whether two answers agree; a millimetre more or less is rounding."""
    near = all(abs(a - b) <= 1 for a, b in zip(one.distances, other.distances, strict=True))
    return near and replace(one, distances=(), cursor=None) == replace(other, distances=(), cursor=None)


def _race(index: Index, rival: PostgresSearch, asked: list[Query], runs: int) -> dict[str, Any]:
    def ours(query: Query) -> int:
        start = time.process_time_ns()
        index.search(query)
        return time.process_time_ns() - start

    def theirs(query: Query) -> int:
        start, used = time.process_time_ns(), processor_ns(rival.backend)
        rival.search(query)
        return time.process_time_ns() - start + processor_ns(rival.backend) - used

    gc.collect()
    gc.freeze()
    index_ns: list[list[int]] = []
    rival_ns: list[list[int]] = []
    for run in range(runs):
        index_ns.append([])
        rival_ns.append([])
        for start in range(0, len(asked), _IN_TURN):
            block = asked[start : start + _IN_TURN]
            index_ns[-1] += [ours(query) for query in block]
            rival_ns[-1] += [theirs(query) for query in block]
        means = [statistics.mean(one[-1]) / 1e6 for one in (index_ns, rival_ns)]
        _say(f"  run {run + 1} of {runs}: {means[0]:.3f} ms and {means[1]:.2f} ms of CPU a query")
    pairs = list(zip(index_ns, rival_ns, strict=True))
    return {
        "ratio": Spread.of([sum(other) / sum(one) for one, other in pairs]),
        "ratio_each": Spread.of([
            statistics.geometric_mean(b / a for a, b in zip(one, other, strict=True)) for one, other in pairs
        ]),
        "index": _milliseconds(index_ns),
        "postgres": _milliseconds(rival_ns),
    }  # fmt: skip


def _milliseconds(runs: list[list[int]]) -> dict[str, Spread]:
    def percentile(times: list[int], percent: int) -> float:
        return sorted(times)[(len(times) - 1) * percent // 100] / 1e6

    return {
        "mean": Spread.of([statistics.mean(times) / 1e6 for times in runs]),
        "p50": Spread.of([percentile(times, 50) for times in runs]),
        "p99": Spread.of([percentile(times, 99) for times in runs]),
    }


def _updates(index: Index, sample: list[Entry]) -> dict[str, Any]:
    """Entry by entry, each searchable when the call returns; merging is what a thread does now and then."""
    took, merging = [], 0
    for entry in sample[:_UPDATES]:
        start = time.process_time_ns()
        index.update([replace(entry, version=2)])
        done = time.process_time_ns()
        took.append(done - start)
        if index.scattered:
            index.merge()
            merging += time.process_time_ns() - done
    times = _milliseconds([took])
    return {"update_ms": {"p50": times["p50"].median, "p99": times["p99"].median, "merging": merging / len(took) / 1e6}}


def _page(found: dict[str, dict[str, Any]], many: int, runs: int) -> str:
    rows = []
    for size, one in found.items():
        for name, engine in (("index", one["index"]), ("PostgreSQL", one["postgres"])):
            rows.append((f"{int(size):,}, {name}", engine["mean"], engine["p50"], engine["p99"]))
        rows.append((f"**{int(size):,}, ratio**", f"{one['ratio']} ×", f"geometric {one['ratio_each']} ×", ""))
    about = [_ABOUT.format(many=many, runs=runs), "\n"]
    for size, one in found.items():
        about.append(_BUILT.format(size=int(size), **one))
        about.append(_OVER_HTTP.format(size=int(size), rate=_HTTP_RATE, seconds=_HTTP_SECONDS, **one))
    columns = ("centers, engine", "CPU ms a query, mean", "p50", "p99")
    return markdown("Search: the index in the process and PostGIS", "".join(about), columns, rows)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
