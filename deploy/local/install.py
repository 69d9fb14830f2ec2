"""Fetches the local engines with Maven and compiles the database's launcher, once per version.

Everything lies under ``.engines/`` (or MINE_ENGINES) and is shared by all networks on the machine:
``kafka-<mark>/*.jar`` and ``mongo-<mark>/*.jar`` with the launcher's classes. The mark is made of the contents of
``pom.xml`` (and ``LocalMongo.java``), so a change installs anew beside the old, which may be running.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import Trouble

_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"
_LAUNCHER = _HERE / "LocalMongo.java"
_REPOSITORY = _HERE.parent.parent
_OLDEST_JAVA = 17

Tell = Callable[[str], None]
"""Is told in a few words what is being done now."""


@dataclass(frozen=True)
class Installed:
    """Where the engines' jars lie, as class paths for ``java -cp``."""

    kafka: Path
    mongo: Path

    @property
    def kafka_classpath(self) -> str:
        return f"{self.kafka}/*"

    @property
    def mongo_classpath(self) -> str:
        return f"{self.mongo}{os.pathsep}{self.mongo}/*"


def engines_directory() -> Path:
    """MINE_ENGINES, or ``.engines`` in the repository."""
    return Path(os.environ.get("MINE_ENGINES") or _REPOSITORY / ".engines").absolute()


def located() -> Installed:
    """Where the engines are, or would be, installed."""
    directory = engines_directory()
    return Installed(directory / f"kafka-{_mark(_POM)}", directory / f"mongo-{_mark(_POM, _LAUNCHER)}")


def _mark(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def is_installed() -> bool:
    """Whether `install` would have nothing to do."""
    place = located()
    return place.kafka.is_dir() and place.mongo.is_dir()


def install(tell: Tell) -> Installed:
    """Fetches and compiles what is not there yet; safe to run twice at once. Raises `Trouble`.

    Takes about ten seconds the first time. Nothing half-done is ever left in its final place.
    """
    place = located()
    if is_installed():
        return place
    require_java()
    require_maven()
    directory = engines_directory()
    directory.mkdir(parents=True, exist_ok=True)
    with _only_one(directory / "lock"):
        if not place.kafka.is_dir():
            tell("fetching Apache Kafka")
            _fetch("kafka", place.kafka)
        if not place.mongo.is_dir():
            tell("fetching the document database")
            _fetch("mongo", place.mongo, then=_compile_launcher)
    return place


def require_java() -> str:
    """The version of the Java that ``java`` starts. Raises `Trouble` when it is missing, too old or without javac."""
    version = java_version()
    if version is None:
        raise Trouble(f"Java is missing: install a JDK, {_OLDEST_JAVA} or newer (Debian: openjdk-17-jdk-headless)")
    if int(version.partition(".")[0]) < _OLDEST_JAVA:
        raise Trouble(f"Java {version} is too old: install a JDK, {_OLDEST_JAVA} or newer")
    if shutil.which("javac") is None:
        raise Trouble("javac is missing: install the JDK, not only the JRE (Debian: openjdk-17-jdk-headless)")
    return version


def require_maven() -> str:
    """Where ``mvn`` is. Raises `Trouble` when it is missing."""
    found = shutil.which("mvn")
    if found is None:
        raise Trouble("Maven is missing: install it, it fetches the local engines (Debian: maven)")
    return found


def java_version() -> str | None:
    """``17.0.15``; None when there is no java."""
    try:
        answer = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    except FileNotFoundError:
        return None
    found = re.search(r'version "([^"]+)"', answer)
    return found[1] if found else None


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(profile: str, target: Path, then: Callable[[Path], None] | None = None) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetching-") as scratch:
        jars = Path(scratch) / "jars"
        command = ["mvn", "-q", "-B", "-ntp", "-f", str(_POM), f"-P{profile}", f"-DoutputDirectory={jars}"]
        _run([*command, "dependency:copy-dependencies"], f"cannot fetch {profile} with Maven")
        if then is not None:
            then(jars)
        jars.rename(target)


def _compile_launcher(jars: Path) -> None:
    _run(["javac", "-cp", f"{jars}/*", "-d", str(jars), str(_LAUNCHER)], f"cannot compile {_LAUNCHER.name}")


def _run(command: list[str], failure: str) -> None:
    """Raises `Trouble` with the first line that looks like the reason."""
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        output = (answer.stdout + answer.stderr).splitlines()
        reasons = [line for line in output if "ERROR" in line or "error:" in line] or output or ["no output"]
        raise Trouble(f"{failure}: {reasons[0].strip()}")
