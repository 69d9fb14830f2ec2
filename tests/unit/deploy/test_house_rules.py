"""What holds for the repository as a whole and no linter knows."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
DOMAINS = sorted((REPOSITORY / "services").glob("*/domain/**/*.py"))
MAY_IMPORT = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "dateutil"}
MAY_IMPORT_OF_SHARED = (
    "shared.aggregate", "shared.events", "shared.clock", "shared.days", "shared.text", "shared.taxonomy",
    "shared.erasure.answer",
)  # fmt: skip


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield node.module or ""


def allowed_in_a_domain(name: str, service: str) -> bool:
    if name.split(".")[0] in MAY_IMPORT | sys.stdlib_module_names:
        return True
    own = f"services.{service}.domain"
    return any(name == place or name.startswith(f"{place}.") for place in (*MAY_IMPORT_OF_SHARED, own))


@pytest.mark.parametrize("module", DOMAINS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_domain_module_imports_nothing_but_the_kernels_vocabulary(module):
    service = module.relative_to(REPOSITORY / "services").parts[0]
    assert [name for name in imports(module) if not allowed_in_a_domain(name, service)] == []


def test_there_are_domains_to_look_at():
    assert {path.relative_to(REPOSITORY / "services").parts[0] for path in DOMAINS} == {
        "directory", "exchange", "newsletter", "campaign",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_every_locked_requirement_has_a_hash_and_no_line_names_a_place(name):
    text = (REPOSITORY / "requirements" / name).read_text()
    for block in re.split(r"\n(?=[a-z])", text):
        if not block.startswith("#"):
            assert "--hash=sha256:" in block, block.splitlines()[0]
    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host", text)
    assert not re.search(r"(^|\s)/\w+/", text)


def test_what_the_services_need_is_locked_the_same_in_both_files():
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9_.-]+==\S+)", (REPOSITORY / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("base.txt") <= pins("dev.txt")


@pytest.mark.parametrize("target", ["demo", "test", "check", "up", "down", "bench", "bench-%", "docs", "lock"])
def test_the_documented_make_targets_are_there(target):
    makefile = (REPOSITORY / "Makefile").read_text()
    assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE)


def test_every_benchmark_that_make_knows_is_there():
    makefile = (REPOSITORY / "Makefile").read_text()
    listed = re.search(r"^BENCHMARKS := (.*)$", makefile, re.MULTILINE)
    assert listed
    for name in listed[1].split():
        assert (REPOSITORY / "benchmarks" / f"{name.replace('-', '_')}.py").exists()


def test_ci_runs_what_make_test_runs():
    assert "make test" in (REPOSITORY / ".ci" / "run").read_text()


def test_the_engines_versions_are_pinned():
    pom = (REPOSITORY / "deploy" / "local" / "pom.xml").read_text()
    versions = re.findall(r"<(?:\w+\.)?version>([^<]+)</", pom)
    assert all(re.fullmatch(r"[\d.]+|\$\{\w+\.version\}", version) for version in versions), versions


def test_the_package_says_which_python_it_needs():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert project["scripts"]["mine"] == "deploy.cli:main"
