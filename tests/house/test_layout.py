"""The house keeps its shape: source roots, floors, sizes, locks. Each failure names the offender."""

import ast
import os
import re
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("platform", "products", "content", "experiments", "ads", "operations", "scripts", "locustfiles", "tests")
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
MODULE_LINES_MEDIAN_MAX = 100
SHOW_PLATFORM = "import platform; print(platform.__file__, hasattr(platform, 'project'))"


def list_modules() -> list[Path]:
    return [
        path
        for folder in PACKAGES
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    ]


def test_platform_is_a_folder_and_never_a_package() -> None:
    loose = [path.name for path in (ROOT / "platform").iterdir() if path.suffix == ".py"]
    assert loose == [], f"platform/ is only a source root; move {loose}"


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", SHOW_PLATFORM],
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", SHOW_PLATFORM],
        [sys.executable, "-m", "celery", "-A", "tests.house.show_platform", "report"],
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "tests/house/show_platform.py"],
    ],
    ids=["python", "manage.py", "celery", "pytest"],
)
def test_the_standard_library_keeps_its_platform_module(command: list[str]) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings.test"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=environment, check=False)
    expected = f"{Path(sysconfig.get_path('stdlib')) / 'platform.py'} False"
    assert expected in done.stdout, done.stdout + done.stderr


def test_the_web_servers_workers_see_the_standard_librarys_platform() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", str(port)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings.test"}
    target = "tests.house.show_platform:application"
    process = subprocess.Popen([*server, target], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport) as client:
            text = client.get(f"http://127.0.0.1:{port}/", timeout=60).text
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert text == f"{Path(sysconfig.get_path('stdlib')) / 'platform.py'} False"


def test_no_module_is_too_long() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in list_modules()}
    too_long = {str(path): lines for path, lines in lengths.items() if lines > MODULE_LINES_MAX}
    assert too_long == {}, f"split by verb: {too_long}"
    in_use = sorted(lines for lines in lengths.values() if lines)
    assert in_use[len(in_use) // 2] <= MODULE_LINES_MEDIAN_MAX


def test_no_function_is_too_long() -> None:
    too_long = {}
    for path in list_modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    too_long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = lines
    assert too_long == {}


def test_tasks_are_doors_of_ten_lines() -> None:
    too_long = {}
    for path in list_modules():
        if path.name == "tasks.py" and "tests" not in path.parts and path.parent.name != "perfhooks":
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 10:
                    too_long[f"{path.relative_to(ROOT)} {node.name}"] = node.lineno
    assert too_long == {}


def test_public_functions_and_classes_say_what_they_are() -> None:
    silent = []
    for path in list_modules():
        if path.parts[len(ROOT.parts)] in ("tests", "scripts") or path.name == "apps.py":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
        silent += [f"{path.relative_to(ROOT)} {node.name}" for node in public if not ast.get_docstring(node)]
        if tree.body and not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


@pytest.mark.parametrize("name", ["base.lock", "dev.lock"])
def test_locks_hold_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    assert re.findall(r"https?://|file:|--(?:extra-)?index-url|--find-links|--trusted-host", text) == []
    pins = re.findall(r"(?m)^([a-z0-9][\w.-]*)==.*\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", text)
    assert len(pins) == len(re.findall(r"(?m)^[a-z0-9][\w.-]*==", text))


def test_make_offers_at_most_twelve_targets_and_help_is_first() -> None:
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"))
    assert targets[0] == "help"
    assert len(targets) <= 12
    assert {"demo", "serve", "test"} <= set(targets)
