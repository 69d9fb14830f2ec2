"""The rival: PostgreSQL with PostGIS and pg_trgm, as one would tune it for these queries.

One backend without parallel workers, so that its processor time can be read; everything in memory, nothing flushed.
Words are tsvectors of the folded words; typing errors are looked up among all words by trigrams; codes are arrays of
numbers under GIN; the hits of a query are found once, and page, total and counts are made of them in one statement.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from rapidfuzz.distance import OSA

from benchmarks.search_centers import codes
from services.directory.search import Entry, OpenOn, Query, Result
from services.directory.search.facets import Code, Counts
from services.directory.search.words import Spelling, errors_forgiven
from shared.text import findable_words, words

PACKAGES = ("postgresql-15", "postgresql-15-postgis-3")
_BINARIES = Path("/usr/lib/postgresql/15/bin")
_SETTINGS = {
    "listen_addresses": "", "shared_buffers": "4GB", "work_mem": "1GB", "maintenance_work_mem": "1GB",
    "effective_cache_size": "12GB", "random_page_cost": "1.0", "jit": "off", "max_parallel_workers_per_gather": "0",
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "max_wal_size": "4GB", "autovacuum": "off", "max_connections": "5",
}  # fmt: skip
_PACKED, _BITS = 3, 20
"""So many counters of so many bits in one number: summed up, they are counted three at a time. The quickest of the ways
tried: twice as quick as a filtered count for each code, five times as quick as unnesting the arrays."""

_AFTER_ALL = "\U0010ffff"


def need() -> None:
    """Installs what is missing, or says what it is and ends with 2."""
    extensions = Path("/usr/share/postgresql/15/extension")
    if (_BINARIES / "postgres").exists() and (extensions / "postgis.control").exists():
        return
    if os.geteuid() or not shutil.which("apt-get"):
        print(f"PostgreSQL with PostGIS is missing. As root on Debian: apt-get install {' '.join(PACKAGES)}")
        raise SystemExit(2)
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "-qq", "update"], check=True, **quiet)  # type: ignore[call-overload]
    subprocess.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *PACKAGES], check=True, **quiet)  # type: ignore[call-overload]


class Postgres:
    """A database cluster of its own in a temporary directory, reached by a socket in it."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="bench-pg-"))
        self._as_user: dict[str, Any] = {}
        if not os.geteuid():
            user = pwd.getpwnam("postgres")
            os.chown(self.home, user.pw_uid, user.pw_gid)
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data = self.home / "data"
        make: list[str | Path] = [
            _BINARIES / "initdb",
            "-D",
            data,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-A",
            "trust",
            "-U",
            "bench",
        ]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=self.home, **self._as_user)
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self.home / "log").open("w") as log:
            self._server = subprocess.Popen(
                [_BINARIES / "postgres", "-D", data, "-k", self.home, *options],
                stdout=log, stderr=log, cwd=self.home, **self._as_user,
            )  # fmt: skip

    def connect(self) -> psycopg.Connection[Any]:
        for _ in range(100):
            try:
                return psycopg.connect(f"host={self.home} user=bench dbname=postgres", autocommit=True)
            except psycopg.OperationalError:
                time.sleep(0.2)
        raise SystemExit((self.home / "log").read_text())

    def stop(self) -> None:
        self._server.send_signal(signal.SIGINT)
        self._server.wait()
        shutil.rmtree(self.home)


class PostgresSearch:
    """The same entries, the same queries, the same answers."""

    def __init__(self, connection: psycopg.Connection[Any], labels: dict[Code, list[str]]) -> None:
        self.connection = connection
        self.backend = connection.info.backend_pid
        self.guessed = False
        """Whether a word of the last query was unknown, so that trigrams had to find those like it."""
        self._numbers: dict[Code, int] = {}
        self._labels: dict[str, set[Code]] = {}
        for code, texts in labels.items():
            for word in {word for text in texts for word in findable_words(text)}:
                self._labels.setdefault(word, set()).add(code)
        self._label_words = sorted(self._labels)
        self._counted = codes()
        sums = range((len(self._counted) + _PACKED - 1) // _PACKED)
        self._sums = [f"sum{n}" for n in sums]

    def load(self, entries: Iterable[Entry]) -> None:
        run = self.connection.execute
        for extension in ("postgis", "pg_trgm"):
            run(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        run("DROP TABLE IF EXISTS centers, vocabulary")
        run(f"""CREATE UNLOGGED TABLE centers (
            country int, region int, {" bigint, ".join(self._sums)} bigint, key text COLLATE "C", words tsvector,
            named tsvector, facets int[], ages int[], week bit(672), place geography(Point, 4326))""")
        run('CREATE UNLOGGED TABLE vocabulary (word text COLLATE "C" PRIMARY KEY)')
        vocabulary = set(self._labels)
        into = "COPY centers FROM STDIN"
        with self.connection.cursor() as cursor, cursor.copy(into) as copy:
            for entry in entries:
                named = {word for text in entry.names for word in findable_words(text)}
                every = named | {word for text in entry.words for word in findable_words(text)}
                vocabulary |= every
                copy.write_row(self._row(entry, every, named))
        with self.connection.cursor() as cursor, cursor.copy("COPY vocabulary FROM STDIN") as copy:
            for word in sorted(vocabulary):
                copy.write_row((word,))
        for index in ("gin (words)", "gin (facets)", "gin (ages)", "gist (place)"):
            run(f"CREATE INDEX ON centers USING {index}")
        run("CREATE INDEX ON vocabulary USING gin (word gin_trgm_ops)")
        run("VACUUM ANALYZE centers")
        run("VACUUM ANALYZE vocabulary")
        self._codes = list(self._numbers)

    def _row(self, entry: Entry, every: set[str], named: set[str]) -> tuple[object, ...]:
        mine = [(facet, code) for facet, theirs in entry.facets.items() for code in theirs]
        numbers = [self._numbers.setdefault(code, len(self._numbers)) for code in mine]
        ages = sorted({age for start, end in entry.ages for age in range(start, end + 1)})
        trust = ("fresh", "due", "lapsed").index(entry.facets["check"][0])
        there, shift = set(mine), [_BITS * n for n in range(_PACKED)]
        has = [
            [code in there for code in self._counted[n : n + _PACKED]] for n in range(0, len(self._counted), _PACKED)
        ]
        place = {facet: self._numbers[facet, code] for facet, code in mine if facet in ("country", "region")}
        return (
            place["country"],
            place.get("region"),
            *(sum(one << by for one, by in zip(each, shift, strict=False)) for each in has),
            f"{trust}{' '.join(words(entry.names[0]))}\1{entry.id}",
            " ".join(f"'{word}'" for word in sorted(every)),
            " ".join(f"'{word}'" for word in sorted(named)),
            numbers,
            ages,
            f"{int.from_bytes(entry.week, 'little'):0672b}"[::-1],
            entry.point and f"SRID=4326;POINT({entry.point[1]!r} {entry.point[0]!r})",
        )

    def search(self, query: Query, after: tuple[int, str] | None = None) -> tuple[Result, tuple[int, str] | None]:
        """The answer, and the place of its last hit, after which the next page begins."""
        self.guessed = False
        where: list[str] = []
        values: dict[str, Any] = {}
        rank = "0"
        key = "substr(key, 2)" if query.order == "name" else "key"
        if query.text is not None:
            asked = self._meant(query.text)
            where += [self._having(n, meant, values) for n, meant in enumerate(asked)]
            if query.order == "relevance":
                values["all_words"] = " & ".join(_tsquery(meant) for meant in asked)
                rank = "CASE WHEN named @@ %(all_words)s::tsquery THEN 0 ELSE 1 END"
        self._filter(query, where, values)
        far = "0"
        if query.near is not None:
            values |= {"lon": query.near[1], "lat": query.near[0], "radius": query.radius_m}
            point = "ST_MakePoint(%(lon)s, %(lat)s)::geography"
            where.append(f"ST_DWithin(place, {point}, %(radius)s, false)")
            far = f"round(ST_Distance(place, {point}, false) * 1000)::bigint"
            rank = far if query.order == "distance" else rank
        beyond = ""
        if after is not None:
            values |= {"rank": after[0], "key": after[1]}
            beyond = "WHERE (rank, key) > (%(rank)s, %(key)s)"
        sums = ", ".join(self._sums)
        summed = ", ".join(f"sum({one})" for one in self._sums)
        statement = f"""
            WITH hits AS MATERIALIZED (
                SELECT country, region, {sums}, {key} AS key, ({rank})::bigint AS rank, {far} AS far
                FROM centers WHERE {" AND ".join(where)}),
            page AS (SELECT key, rank, far FROM hits {beyond} ORDER BY rank, key LIMIT {query.limit}),
            places AS (SELECT country, region, count(*) AS many FROM hits GROUP BY country, region)
            SELECT t.*, keys, ranks, fars, countries, regions, manies
            FROM (SELECT count(*), {summed} FROM hits) t,
                (SELECT array_agg(country) AS countries, array_agg(region) AS regions,
                    array_agg(many) AS manies FROM places) c,
                (SELECT array_agg(key ORDER BY rank, key) AS keys, array_agg(rank ORDER BY rank, key) AS ranks,
                    array_agg(far ORDER BY rank, key) AS fars FROM page) p"""
        total, *packed, keys, ranks, fars, countries, regions, manies = self._run(statement, values)[0]
        facets = self._facets(packed, list(zip(countries, regions, manies, strict=True))) if total else {}
        ids = tuple(key.partition("\1")[2] for key in keys or ())
        result = Result(ids, tuple(fars or ()) if query.near else (), total, facets, None)
        return result, (ranks[-1], keys[-1]) if keys else None

    def _facets(self, packed: list[Decimal], places: list[tuple[int, int | None, int]]) -> Counts:
        facets: Counts = {}
        sums = [int(one) >> shift & (1 << _BITS) - 1 for one in packed for shift in range(0, _PACKED * _BITS, _BITS)]
        for (facet, code), many in zip(self._counted, sums, strict=False):
            if many:
                facets.setdefault(facet, {})[code] = many
        for *numbers, many in places:
            for facet, code in (self._codes[number] for number in numbers if number is not None):
                there = facets.setdefault(facet, {})
                there[code] = there.get(code, 0) + many
        return facets

    def _run(self, statement: str, values: Any) -> list[Any]:
        return self.connection.execute(statement, values, prepare=True).fetchall()

    def _meant(self, text: str) -> list[list[Spelling]]:
        """For each word its spellings: as it is written if anybody has it, else the most alike that trigrams find."""
        asked = words(text)
        meant = [[(word, n == len(asked) and len(word) >= 2)] for n, word in enumerate(asked, 1)]
        ends = [word + (_AFTER_ALL if unfinished else "") for word, [(_, unfinished)] in zip(asked, meant, strict=True)]
        known = self._run(
            """SELECT EXISTS (SELECT FROM vocabulary WHERE word >= low COLLATE "C" AND word <= high COLLATE "C")
            FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked (low, high, n) ORDER BY n""",
            (asked, ends),
        )
        for n, (found,) in enumerate(known):
            if not found:
                self.guessed = True
                alike = self._run("SELECT word FROM vocabulary WHERE word %% %s", (asked[n],))
                errors = {word: OSA.distance(asked[n], word) for (word,) in alike}
                least = min([*errors.values(), errors_forgiven(asked[n])])
                meant[n] = [(word, False) for word, wrong in errors.items() if wrong <= least]
        return meant

    def _having(self, n: int, meant: list[Spelling], values: dict[str, Any]) -> str:
        """The condition that a center has one of these words, or a code of which it is a label."""
        values[f"word{n}"] = _tsquery(meant)
        codes = [self._numbers[code] for word, unfinished in meant for code in self._label(word, unfinished)]
        if not codes:
            return f"words @@ %(word{n})s::tsquery"
        values[f"label{n}"] = codes
        return f"(words @@ %(word{n})s::tsquery OR facets && %(label{n})s::int[])"

    def _label(self, word: str, unfinished: bool) -> set[Code]:
        first = bisect_left(self._label_words, word)
        last = (
            bisect_left(self._label_words, word + _AFTER_ALL) if unfinished else bisect_right(self._label_words, word)
        )
        return {
            code for label in self._label_words[first:last] for code in self._labels[label] if code in self._numbers
        }

    def _filter(self, query: Query, where: list[str], values: dict[str, Any]) -> None:
        numbers = {
            facet: [self._numbers.get((facet, code), -1) for code in codes] for facet, codes in query.filters.items()
        }
        values["all_codes"] = [codes[0] for codes in numbers.values() if len(codes) == 1]
        if values["all_codes"]:
            where.append("facets @> %(all_codes)s::int[]")
        for facet, several in numbers.items():
            if len(several) > 1:
                values[facet] = several
                where.append(f"facets && %({facet})s::int[]")
        if query.age is not None:
            values["age"] = [query.age]
            where.append("ages @> %(age)s::int[]")
        if isinstance(query.open_at, OpenOn):
            start = query.open_at.weekday * 96
            span = range(start + query.open_at.start, start + query.open_at.end)
            values["open"] = "".join("1" if quarter in span else "0" for quarter in range(672))
            where.append("(week & %(open)s::bit(672)) <> 0::bit(672)")


def _tsquery(meant: list[Spelling]) -> str:
    return "(" + (" | ".join(f"'{word}'{':*' * unfinished}" for word, unfinished in meant) or "'\1'") + ")"


def processor_ns(pid: int) -> int:
    """Nanoseconds on a processor so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
