"""compose.yaml keeps to compose's own schema, publishes nothing beyond this machine, and knows no password."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

FILE = Path(__file__).parents[1] / "compose.yaml"


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(FILE.read_text())["services"]


def test_it_is_valid_by_composes_schema_which_knows_a_mistake(tmp_path: Path) -> None:
    done = check(FILE)
    assert done.returncode == 0, done.stdout
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(FILE.read_text().replace("healthcheck:", "health-check:", 1))
    assert check(wrong).returncode == 1


def test_every_service_is_there_and_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"postgres", "dashboard", "worker", "optuna-dashboard"}
    # The dashboard has that of the image.
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"dashboard"}
    for name in ("dashboard", "worker", "optuna-dashboard"):
        assert services[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_ports_are_this_machines_alone(services: dict[str, dict[str, Any]]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "ports" not in services["postgres"]


def test_both_servers_learn_under_which_names_a_proxy_leads_to_them(services: dict[str, dict[str, Any]]) -> None:
    for name in ("dashboard", "optuna-dashboard"):
        assert services[name]["environment"]["PROXYSCOPE_ALLOWED_HOSTS"] == "${PROXYSCOPE_ALLOWED_HOSTS:-}"


def test_passwords_come_from_the_environment_and_have_no_default(services: dict[str, dict[str, Any]]) -> None:
    given = [
        value for service in services.values() for name, value in service["environment"].items() if "PASSWORD" in name
    ]
    assert len(given) == 4
    assert all(re.fullmatch(r"\$\{PROXYSCOPE_DB_PASSWORD:\?[^}]+\}", value) for value in given)
