import os
import stat
from pathlib import Path

import pytest

from deploy.errors import Trouble
from deploy.local import install
from deploy.local.install import is_installed, located
from deploy.network import quiet

JAVAC = """#!/bin/sh
while [ "$1" != "-d" ]; do shift; done
touch "$2/LocalMongo.class"
"""
MVN = """#!/bin/sh
echo "$@" >> "$MVN_CALLS"
for argument in "$@"; do case "$argument" in -DoutputDirectory=*) target=${argument#*=};; esac; done
mkdir -p "$target" && touch "$target/some.jar"
"""
JAVA = """#!/bin/sh
echo 'openjdk version "17.0.15" 2025-04-15' >&2
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program of this name on the PATH, where else only the shell's own tools are."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    monkeypatch.setenv("MINE_ENGINES", str(tmp_path / "engines"))
    monkeypatch.setenv("MVN_CALLS", str(tmp_path / "calls"))
    for name in ("java", "javac", "mvn"):
        if Path("/bin", name).exists():
            monkeypatch.setenv("PATH", str(folder))  # /bin is /usr/bin here, and has a Java of its own
    for name in ("sh", "touch", "mkdir", "sleep"):
        (folder / name).symlink_to(Path("/bin", name))

    def program(name: str, script: str) -> None:
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)

    return program


@pytest.fixture
def everything(program):
    program("java", JAVA)
    program("javac", JAVAC)
    program("mvn", MVN)


def test_jars_and_launcher_are_fetched_once(everything, tmp_path):
    told: list[str] = []
    place = install.install(told.append)
    assert is_installed()
    assert (place.kafka / "some.jar").exists()
    assert (place.mongo / "LocalMongo.class").exists()
    assert told == ["fetching Apache Kafka", "fetching the document database"]
    install.install(told.append)
    assert len((tmp_path / "calls").read_text().splitlines()) == 2


def test_a_new_version_is_installed_beside_the_old(everything, tmp_path, monkeypatch):
    before = install.install(quiet)
    pom = tmp_path / "pom.xml"
    pom.write_text("<project/>")
    monkeypatch.setattr(install, "_POM", pom)
    assert not is_installed()
    assert install.install(quiet) != before
    assert before.kafka.exists()


def test_a_failed_fetch_leaves_nothing_behind_and_tells_the_reason(everything, program, tmp_path):
    program("mvn", "#!/bin/sh\necho 'nothing of note'\necho '[ERROR] Could not find artifact' >&2\nexit 1\n")
    with pytest.raises(Trouble, match=r"cannot fetch kafka with Maven: \[ERROR\] Could not find artifact$"):
        install.install(quiet)
    assert [path.name for path in (tmp_path / "engines").iterdir()] == ["lock"]
    program("mvn", MVN)
    install.install(quiet)
    assert is_installed()


def test_a_launcher_that_does_not_compile_leaves_no_database(everything, program):
    program("javac", "#!/bin/sh\necho 'LocalMongo.java:1: error: expected' >&2\nexit 1\n")
    with pytest.raises(Trouble, match=r"cannot compile LocalMongo\.java: .*error: expected"):
        install.install(quiet)
    assert not located().mongo.exists()


@pytest.mark.parametrize(
    ("missing", "told"),
    [("java", "Java is missing"), ("javac", "javac is missing"), ("mvn", "Maven is missing")],
)
def test_a_missing_program_is_named_with_its_package(everything, tmp_path, missing, told):
    (tmp_path / "bin" / missing).unlink()
    with pytest.raises(Trouble, match=told) as trouble:
        install.install(quiet)
    assert "Debian:" in str(trouble.value)


def test_an_old_java_is_named_with_its_version(everything, program):
    program("java", "#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    with pytest.raises(Trouble, match=r"Java 11\.0\.2 is too old"):
        install.install(quiet)


def test_bootstrap_is_a_script_that_can_be_run():
    script = Path(install.__file__).parents[1] / "bootstrap.sh"
    assert os.stat(script).st_mode & stat.S_IXUSR
    assert script.read_text().startswith("#!/bin/sh\n")
