"""What deploy/ holds fits the product: commands, settings, folders, locks, networks, ports and names of its units, images, compose file."""

from __future__ import annotations

import ipaddress
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
import typer
import yaml

from bot import supervise
from bot.cli import app
from bot.services.lessons import FOLDERS
from bot.settings import MODEL, PROJECT, SETTINGS, Settings, read

DEPLOY = PROJECT / "deploy"
UNITS = DEPLOY / "systemd"
CHECKOUT = "/opt/tadamon"
PAGE = (PROJECT / "docs" / "deploying.md").read_text(encoding="utf-8")
PROCESSES = set(supervise.commands(read({"TELEGRAM_TOKEN": "123456:ABC-def"})))
"""Of a product with a token: without the sandbox."""
OF_RASA = {"rasa", "actions", "train", "retrain"}
"""What runs on the Python that Rasa needs."""
SECRETS = {setting.name for setting in SETTINGS if setting.secret}
KNOWN = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in SECRETS}
NOT_OURS = {"PYTHONUNBUFFERED", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "RASA_CACHE_DIRECTORY", "FORWARDED_ALLOW_IPS"}
"""Read by Python, libraries, Rasa and uvicorn."""
SAMPLES = {
    "telegram-token": "123456:ABC-def",
    "webhook-secret": "a-secret-that-only-telegram-knows",
    "database-url": "postgresql://tadamon:long-and-secret@postgres/tadamon",
    "database-password": "long-and-secret",
}


def options_fit(arguments: list[str]) -> str:
    """The name of a command of ours; fails where there is none, or where it does not take what follows."""
    found: Any = typer.main.get_command(app)
    context = click.Context(found)
    arguments = list(arguments)
    names = []
    while hasattr(found, "commands"):
        name = arguments.pop(0)
        assert name in found.commands, f"no command: {name}"
        found = found.commands[name]
        names.append(name)
    # Reads the arguments, and calls nothing.
    found.make_context(names[-1], arguments, parent=context)
    return " ".join(names)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with one made-up value for each secret."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name, value in SAMPLES.items():
        (folder / name).write_text(value + "\n", encoding="utf-8")
    return folder


# ---- units


def lines_of(path: Path) -> list[tuple[str, str, str]]:
    """Section, key and value of each line of a unit or a drop-in; a key may come often."""
    section, found = "", []
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and line[0] not in "#;":
            key, equals, value = line.partition("=")
            assert equals, line
            found.append((section, key, value))
    return found


def in_force(name: str) -> dict[str, list[str]]:
    """All values of each key of tadamon-NAME.service, in the order in which systemd reads them: the unit, then what all share."""
    found: dict[str, list[str]] = {}
    for path in (UNITS / f"tadamon-{name}.service", *sorted((UNITS / "tadamon-.service.d").glob("*.conf"))):
        for _, key, value in lines_of(path):
            found.setdefault(key, []).append(value)
    return found


SERVICES = sorted(path.stem.removeprefix("tadamon-") for path in UNITS.glob("tadamon-*.service"))
EXAMPLE = (DEPLOY / "tadamon.env.example").read_text(encoding="utf-8")


def settings_in(text: str) -> dict[str, str]:
    """An environment file, as systemd reads one."""
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))  # type: ignore[misc]


def offered() -> list[str]:
    """The lines of the example that are commented out, to be used where they are wanted."""
    return re.findall(r"^#([A-Z_]+=.*)$", EXAMPLE, re.MULTILINE)


def environment_of(name: str, given: Path, **more: str) -> dict[str, str]:
    """What a unit's process finds in its environment, with the example as its file of settings."""
    places = {"%d": str(given), "%S": "/var/lib", "%C": "/var/cache", "%N": f"tadamon-{name}"}
    found = {}
    for value in in_force(name)["Environment"]:
        for place, meaning in places.items():
            value = value.replace(place, meaning)
        found.update(dict(pair.split("=", 1) for pair in shlex.split(value)))
    return {**found, **settings_in(EXAMPLE), **more}


def command_of(name: str) -> tuple[str, list[str]]:
    """The Python of a unit, and what `python -m bot` is called with."""
    [line] = in_force(name)["ExecStart"]
    python, flag, module, *arguments = shlex.split(line)
    assert (flag, module) == ("-m", "bot")
    return python, arguments


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_calls_a_command_that_there_is_in_the_python_that_it_needs(name: str) -> None:
    python, arguments = command_of(name)
    assert options_fit(arguments) == name
    assert python == f"{CHECKOUT}/{'.venv' if name in OF_RASA else '.venv-newer'}/bin/python"


def test_every_process_has_a_unit_that_starts_it_again_and_belongs_to_the_whole() -> None:
    wanted = " ".join(value for _, key, value in lines_of(UNITS / "tadamon.target") if key == "Wants").split()
    assert set(wanted) == {f"tadamon-{name}.service" for name in PROCESSES | {"migrate", "train"}}
    assert set(SERVICES) == PROCESSES | {"migrate", "train", "backup"}
    for name in PROCESSES:
        unit = in_force(name)
        assert unit["Restart"] == ["always"] and unit["PartOf"] == ["tadamon.target"], name
        assert unit["StartLimitIntervalSec"] == ["0"], name
        assert "tadamon-migrate.service" in " ".join(unit["After"]).split(), name
    assert "tadamon-train.service" in " ".join(in_force("rasa")["After"]).split()


def test_what_runs_once_is_not_started_again_by_itself() -> None:
    for name in set(SERVICES) - PROCESSES:
        assert in_force(name)["Type"] == ["oneshot"] and "Restart" not in in_force(name), name


@pytest.mark.parametrize("name", SERVICES)
def test_settings_of_a_unit_are_known_and_accepted(name: str, given: Path) -> None:
    environment = environment_of(name, given)
    assert set(environment) <= KNOWN | NOT_OURS
    found = read(environment)
    assert found.sandbox is (name not in {"gateway", "worker", "web"})
    assert (found.organisation_validation, found.quiet_hours) == ("staff", (20, 9))
    assert found.var_dir == Path("/var/lib/tadamon")


@pytest.mark.parametrize("name", ["rasa", "actions"])
def test_a_unit_without_a_token_takes_none_of_the_sandboxs_defaults_even_without_the_example(name: str) -> None:
    named = dict(pair.split("=", 1) for value in in_force(name)["Environment"] for pair in shlex.split(value))
    found = read({key: value for key, value in named.items() if key in KNOWN})
    assert (found.organisation_validation, found.quiet_hours) == ("staff", (20, 9))


def test_what_the_example_offers_is_known_and_accepted(given: Path) -> None:
    more = settings_in("\n".join(offered()))
    assert {"TELEGRAM_MODE", "WEBHOOK_URL"} <= set(more) <= KNOWN
    found = read(environment_of("gateway", given, **more))
    assert found.telegram_mode == "webhook" and found.webhook_secret == SAMPLES["webhook-secret"]
    # A commented line shows the default, unless it says something else that is wanted.
    for name, value in more.items():
        default = next(setting.default for setting in SETTINGS if setting.name == name)
        assert value == default or name in {"TELEGRAM_MODE", "WEBHOOK_URL"}, name


def test_the_example_names_no_secret() -> None:
    named = {*settings_in(EXAMPLE), *settings_in("\n".join(offered()))}
    assert named & SECRETS == {"DATABASE_URL"}
    assert urlsplit(settings_in(EXAMPLE)["DATABASE_URL"]).password is None


def test_the_units_are_parts_of_one_whole(given: Path) -> None:
    found = {name: read(environment_of(name, given)) for name in PROCESSES}
    for of in ("rasa_urls", "rasa_port", "actions_url", "actions_port", "database_url", "tracker_database_url", "site_url"):
        assert len({getattr(one, of) for one in found.values()}) == 1, of
    one = found["gateway"]
    assert one.rasa_urls == (f"http://127.0.0.1:{one.rasa_port}",) and one.actions_url == f"http://127.0.0.1:{one.actions_port}"
    ports = [one.rasa_port, one.actions_port, one.web_port, one.webhook_port]
    ports += [one.gateway_metrics_port, one.worker_metrics_port, one.web_metrics_port]
    assert None not in ports and len(set(ports)) == len(ports)
    assert {one.rasa_host, one.actions_host, one.web_host, one.webhook_host, one.metrics_host} == {"127.0.0.1"}


HARDENED = {
    "User": "tadamon",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "LockPersonality": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}


@pytest.mark.parametrize("name", SERVICES)
def test_the_locks_are_in_force_for_every_unit(name: str) -> None:
    unit = in_force(name)
    for key, value in HARDENED.items():
        assert unit.get(key) == [value], key
    assert unit["SystemCallFilter"][0] == "@system-service"
    assert all(later.startswith("~") for later in unit["SystemCallFilter"][1:])
    assert len(unit["MemoryMax"]) == 1


def test_a_unit_that_holds_no_compiler_makes_no_memory_executable() -> None:
    assert {name for name in SERVICES if "MemoryDenyWriteExecute" not in in_force(name)} == OF_RASA - {"retrain"} | {"worker"}


def test_only_what_speaks_with_telegram_leaves_the_machine() -> None:
    for name in SERVICES:
        denied = (in_force(name).get("IPAddressDeny"), in_force(name).get("IPAddressAllow"))
        assert denied == ((None, None) if name in {"gateway", "worker"} else (["any"], ["localhost"])), name


def test_the_token_is_given_to_those_alone_that_need_it() -> None:
    held = {name: {value.split(":")[0] for value in in_force(name).get("LoadCredential", [])} for name in SERVICES}
    assert {name: secrets for name, secrets in held.items() if secrets} == {
        "gateway": {"telegram-token", "webhook-secret"},
        "worker": {"telegram-token"},
        "web": {"telegram-token"},
    }
    for name in SERVICES:
        for secret in held[name]:
            [asked] = [value for value in in_force(name)["Environment"] if f"%d/{secret}" in value]
            assert f"{secret.upper().replace('-', '_')}_FILE=%d/{secret}" in asked
            assert f"LoadCredential={secret}:/etc/tadamon/{secret}" in (UNITS / f"tadamon-{name}.service").read_text(encoding="utf-8")


def test_a_unit_writes_what_it_must_and_nothing_else() -> None:
    written = {name: set(" ".join(in_force(name).get("ReadWritePaths", [])).split()) for name in SERVICES}
    models = f"{CHECKOUT}/{MODEL.parent.relative_to(PROJECT)}"
    exported = {f"{CHECKOUT}/{folder}" for folder in FOLDERS.values()}
    assert {name: paths for name, paths in written.items() if paths} == {
        "train": {models},
        "worker": {models, *exported},
        "backup": {"/var/backups/tadamon"},
    }
    assert {name for name in SERVICES if "StateDirectory" in in_force(name)} == {"train", "worker"}
    assert command_of("backup")[1][1] == "/var/backups/tadamon"
    for folder in (models, *exported, "/var/backups/tadamon", "/var/lib/tadamon"):
        assert folder in PAGE, "a folder that must be made is told"


def test_training_that_the_console_asks_for_runs_in_the_python_of_rasa(given: Path) -> None:
    found = read(environment_of("worker", given))
    assert str(found.rasa_python) == command_of("rasa")[0]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as on a server whose checkout and Python are those of this one."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    folder = tmp_path / "system"
    shutil.copytree(UNITS, folder)
    for path in folder.rglob("*"):
        if path.is_file():
            text = re.sub(rf"{CHECKOUT}/\.venv(-newer)?/bin/python", sys.executable, path.read_text(encoding="utf-8"))
            path.write_text(text.replace(f"WorkingDirectory={CHECKOUT}", f"WorkingDirectory={PROJECT}"), encoding="utf-8")
    return folder


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_systemd_reads_the_units_without_a_remark(installed: Path) -> None:
    units = sorted(f"./{path.name}" for path in installed.iterdir() if path.is_file())
    told = analyze(installed, "verify", "--man=no", *units)
    # It ends well where it only warns, of a key that it does not know, for example; of other units it may say what it likes.
    assert told.returncode == 0, told.stderr
    assert not [line for line in told.stderr.splitlines() if "tadamon" in line]


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_little_that_a_unit_exposes(installed: Path, name: str) -> None:
    # 1.1, and 1.3 for those that leave the machine; unhardened it is 9.2.
    told = analyze(installed, "security", "--offline=true", "--threshold=15", f"./tadamon-{name}.service")
    assert told.returncode == 0, told.stdout[-200:] + told.stderr


def test_the_backup_comes_each_night_outside_the_hour_that_a_clock_change_may_repeat() -> None:
    timer = {key: value for _, key, value in lines_of(UNITS / "tadamon-backup.timer")}
    [hour] = re.findall(r"\*-\*-\* (\d\d):\d\d", timer["OnCalendar"])
    assert int(hour) not in (1, 2) and timer["Persistent"] == "yes"


def test_a_command_by_hand_is_called_with_the_settings_and_the_account_of_the_units() -> None:
    script = (DEPLOY / "tadamon").read_text(encoding="utf-8")
    assert subprocess.run(["sh", "-n", str(DEPLOY / "tadamon")], check=False).returncode == 0
    shared = in_force("web")
    assert f"--property=EnvironmentFile={shared['EnvironmentFile'][0]}" in script
    assert f"--property=WorkingDirectory={shared['WorkingDirectory'][0]}" in script
    assert f"--uid={shared['User'][0]}" in script and f"UMask={shared['UMask'][0]}" in script
    assert {command_of("web")[0], command_of("rasa")[0]} == set(re.findall(r"python=(\S+)", script.replace(" ;;", "")))


# ---- compose


def composed() -> dict[str, Any]:
    """The compose file with the variables that it asks for, its anchors resolved."""
    text = (DEPLOY / "compose.yml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{TADAMON_HOST:\?[^}]*\}", "tadamon.example.org", text)
    text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    assert "${" not in text, "a variable whose default is not told"
    found: dict[str, Any] = yaml.safe_load(text)
    return found


COMPOSE = composed()
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
NOT_BUILT = {"proxy", "postgres", "redis"}


def numbered(kind: str) -> list[str]:
    return [name for name in COMPOSE["services"] if re.fullmatch(rf"{kind}-\d+", name)]


def settings_of(name: str, given: Path) -> Settings:
    """The settings that a service starts with, its secrets from a folder of ours."""
    environment = {key: str(value).replace("/run/secrets", str(given)) for key, value in OURS[name]["environment"].items()}
    return read({key: value for key, value in environment.items() if key in KNOWN})


def internal(network: str) -> bool:
    return bool((COMPOSE["networks"][network] or {}).get("internal"))


def networks_of(name: str) -> set[str]:
    """The networks in which a service is, by itself or through the one whose network it shares."""
    mode = COMPOSE["services"][name].get("network_mode", "")
    if mode:
        assert "networks" not in COMPOSE["services"][name], "compose refuses both"
        return networks_of(mode.removeprefix("service:")) if mode.startswith("service:") else set()
    return set(COMPOSE["services"][name]["networks"])


def test_every_process_is_there_several_times() -> None:
    kinds = {kind: numbered(kind) for kind in PROCESSES}
    assert all(len(names) >= 2 for names in kinds.values())
    for kind, names in kinds.items():
        assert all(OURS[name]["command"] == [kind] for name in names)
    assert set(COMPOSE["services"]) - set(OURS) == NOT_BUILT


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_calls_a_command_that_there_is_in_the_image_that_has_it(name: str) -> None:
    service = OURS[name]
    arguments = [*service.get("entrypoint", [])[3:], *service.get("command", [])]
    command = options_fit([*arguments, *(["3"] if name == "retrain" else [])])
    target = service["build"]["target"]
    assert target == ("rasa" if command in OF_RASA else "face")
    assert service["image"].startswith(f"tadamon-{target}:")
    if "healthcheck" in service:
        assert service["healthcheck"]["test"][1] == ENTRYPOINTS[target].removeprefix(f"{CHECKOUT}/")
    assert service.get("entrypoint", [ENTRYPOINTS[target]])[0] == ENTRYPOINTS[target]


@pytest.mark.parametrize("name", sorted(OURS))
def test_settings_of_a_service_are_known_and_accepted(name: str, given: Path) -> None:
    assert set(OURS[name]["environment"]) <= KNOWN | NOT_OURS
    found = settings_of(name, given)
    assert (found.organisation_validation, found.quiet_hours) == ("staff", (20, 9))
    assert found.database_url == SAMPLES["database-url"] and found.redis_url is not None
    assert found.sandbox is (not name.startswith(("gateway", "worker", "web")))


def test_secrets_are_files_that_are_declared_and_handed_on() -> None:
    for name, service in COMPOSE["services"].items():
        asked = {Path(value).name for key, value in (service.get("environment") or {}).items() if key.endswith("_FILE")}
        assert asked == set(service.get("secrets", [])), name
        assert asked <= set(COMPOSE["secrets"]), name
        assert not set(service.get("environment") or {}) & (SECRETS - {"REDIS_URL"}), name
    for declared in COMPOSE["secrets"].values():
        assert Path(declared["file"]).parent == Path("/etc/tadamon")
    assert {name for name, service in COMPOSE["services"].items() if "telegram-token" in service.get("secrets", [])} == {
        *numbered("gateway"),
        *numbered("worker"),
        *numbered("web"),
    }
    assert urlsplit(COMPOSE["x-settings"]["REDIS_URL"]).password is None


def test_the_pages_secrets_fit_the_compose_file() -> None:
    [made] = re.findall(r'"database-url": f"(.*?)"', PAGE)
    postgres = COMPOSE["services"]["postgres"]["environment"]
    parts = urlsplit(made.format(password="x"))
    assert (parts.username, parts.hostname, parts.path) == (postgres["POSTGRES_USER"], "postgres", f"/{postgres['POSTGRES_DB']}")
    for name in COMPOSE["secrets"]:
        assert f'"{name}"' in PAGE or f"/etc/tadamon/{name}" in PAGE, name


def test_gateways_and_workers_have_names_of_their_own(given: Path) -> None:
    for kind in ("gateway", "worker"):
        names = [getattr(settings_of(name, given), f"{kind}_name") for name in numbered(kind)]
        assert len(set(names)) == len(names)
    assert not any("deploy" in service for service in COMPOSE["services"].values()), "replicas would share a name"


def test_everybody_knows_the_rasa_servers_by_the_names_and_ports_on_which_they_listen(given: Path) -> None:
    listening = {f"http://{name}:{settings_of(name, given).rasa_port}" for name in numbered("rasa")}
    for name in OURS:
        assert set(settings_of(name, given).rasa_urls) == listening, name
    for name in numbered("rasa"):
        assert settings_of(name, given).rasa_host == "0.0.0.0"


def test_an_action_server_is_on_loopback_beside_each_rasa_server(given: Path) -> None:
    assert [OURS[name]["network_mode"] for name in numbered("actions")] == [f"service:{name}" for name in numbered("rasa")]
    for actions, rasa in zip(numbered("actions"), numbered("rasa"), strict=True):
        found = settings_of(actions, given)
        assert settings_of(rasa, given).actions_url == f"http://127.0.0.1:{found.actions_port}"
        assert found.actions_host == "127.0.0.1"
        assert rasa in OURS[actions]["depends_on"]


def test_the_proxy_knows_all_gateways_and_web_servers_by_the_ports_on_which_they_listen(given: Path) -> None:
    told = COMPOSE["services"]["proxy"]["environment"]
    assert set(told["TADAMON_GATEWAYS"].split()) == {f"{name}:{settings_of(name, given).webhook_port}" for name in numbered("gateway")}
    assert set(told["TADAMON_WEB"].split()) == {f"{name}:{settings_of(name, given).web_port}" for name in numbered("web")}
    for name in numbered("gateway"):
        assert settings_of(name, given).webhook_host == "0.0.0.0"
        assert settings_of(name, given).telegram_mode == "webhook"
        assert settings_of(name, given).webhook_url == f"https://{told['TADAMON_HOST']}/updates"
    for name in numbered("web"):
        assert settings_of(name, given).web_host == "0.0.0.0"


def test_the_health_of_a_service_is_asked_where_it_listens(given: Path) -> None:
    ports = {
        "gateway": lambda found: found.gateway_metrics_port,
        "worker": lambda found: found.worker_metrics_port,
        "web": lambda found: found.web_port,
        "rasa": lambda found: found.rasa_port,
        "actions": lambda found: found.actions_port,
    }
    for kind, port in ports.items():
        for name in numbered(kind):
            [asked] = re.findall(r"http://127\.0\.0\.1:(\d+)/", OURS[name]["healthcheck"]["test"][-1])
            assert int(asked) == port(settings_of(name, given)), name


def test_only_the_proxy_publishes_ports() -> None:
    assert {name for name, service in COMPOSE["services"].items() if "ports" in service} == {"proxy"}


def test_only_the_proxy_and_what_speaks_with_telegram_lead_outside() -> None:
    assert {name for name in COMPOSE["networks"] if not internal(name)} == {"edge", "out"}
    inside = {name: networks_of(name) for name in COMPOSE["services"]}
    assert {name for name, networks in inside.items() if "edge" in networks} == {"proxy"}
    assert {name for name, networks in inside.items() if "out" in networks} == {*numbered("gateway"), *numbered("worker")}


def test_rasa_is_reached_by_those_alone_that_ask_it_and_redis_by_rasa_alone() -> None:
    inside = {name: networks_of(name) for name in COMPOSE["services"]}
    near_rasa = {name for name, networks in inside.items() if "talk" in networks}
    assert near_rasa == {
        *(name for kind in PROCESSES for name in numbered(kind)),
        "retrain",
        "tools",
    }
    assert {name for name, networks in inside.items() if "locks" in networks} == {"redis", *numbered("rasa"), *numbered("actions")}
    assert inside["redis"] == {"locks"} and inside["postgres"] == {"store"}
    # Of what two networks share, nothing stands between the proxy and Rasa or the database.
    assert not inside["proxy"] & {"talk", "store", "locks"}
    for name in OURS:
        assert "store" in inside[name] or name == "train", name


def test_the_address_for_which_the_proxy_speaks_is_believed_of_the_proxy_alone() -> None:
    address = COMPOSE["services"]["proxy"]["networks"]["front"]["ipv4_address"]
    [subnet] = [given["subnet"] for given in COMPOSE["networks"]["front"]["ipam"]["config"]]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(subnet)
    for name in numbered("web"):
        assert OURS[name]["environment"]["FORWARDED_ALLOW_IPS"] == address


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_a_container_may_do_nothing_that_it_need_not(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert "mem_limit" in service
    assert not {"privileged", "pid", "ipc", "devices"} & set(service)
    # Our images name an account themselves.
    assert name == "proxy" or name in OURS or service["user"] not in ("root", "0")


def test_volumes_and_what_is_waited_for_exist() -> None:
    for name, service in COMPOSE["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), source
            elif not source.startswith("/"):
                assert source in COMPOSE["volumes"], source
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"]), name
    assert all(OURS[name]["volumes"] == ["models:/opt/tadamon/models:ro"] for name in numbered("rasa"))


def test_what_retraining_writes_outlives_its_container() -> None:
    places = {mount.split(":")[1] for mount in OURS["retrain"]["volumes"] if not mount.endswith(":ro")}
    assert places == {f"{CHECKOUT}/models", "/var/lib/tadamon", *(f"{CHECKOUT}/{folder}" for folder in FOLDERS.values())}


# ---- images

CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def stages() -> dict[str, str]:
    """The text of each stage by its name."""
    parts = re.split(r"^FROM (\S+) AS (\S+)\n", CONTAINERFILE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[1::3], parts[2::3], strict=True))


STAGES = stages()
ENTRYPOINTS = {name: re.findall(r'^ENTRYPOINT \["(\S+)", "-m", "bot"\]$', STAGES[name], re.MULTILINE)[0] for name in ("rasa", "face")}


def copied(stage: str) -> set[str]:
    """What a stage takes from the project."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", STAGES[stage], re.MULTILINE)
    return {source for line in lines for source in line.split()}


def test_what_is_copied_exists_and_is_all_that_is_sent() -> None:
    everything = set().union(*(copied(stage) for stage in STAGES))
    assert all((PROJECT / source).exists() for source in everything)
    rules = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in rules
    assert {rule[1:] for rule in rules if rule.startswith("!")} == everything


def test_the_images_hold_what_the_processes_read() -> None:
    assert {"bot", "actions", "nlu"} <= copied("rasa") and "bot" in copied("face")
    for pattern in supervise._MODEL_INPUTS:
        for path in PROJECT.glob(pattern):
            name = str(path.relative_to(PROJECT))
            assert any(name == source or fnmatch(name, f"{source}/*") for source in copied("rasa")), name
    for stage in ("rasa", "face"):
        assert {"data", "pyproject.toml", "tests/evaluation"} <= copied(stage)


@pytest.mark.parametrize(
    ("stage", "lock", "place"), [("rasa", "requirements.lock", ".venv"), ("face", "requirements-newer.lock", ".venv-newer")]
)
def test_packages_come_by_their_hashes_with_the_tool_of_the_setup(stage: str, lock: str, place: str) -> None:
    text = STAGES[f"{stage}-packages"]
    assert copied(f"{stage}-packages") == {lock}
    assert re.search(rf"uv pip sync .*--python {re.escape(place)}/bin/python --require-hashes .*{re.escape(lock)}", text)
    assert f"COPY --from={stage}-packages {CHECKOUT}/{place} {place}" in STAGES[stage]
    [version] = re.findall(r"^UV_VERSION=(\S+)$", (PROJECT / "scripts" / "setup").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"uv=={version}" in text
    assert ENTRYPOINTS[stage] == f"{CHECKOUT}/{place}/bin/python"


@pytest.mark.parametrize("stage", ["rasa", "face"])
def test_an_image_runs_as_nobody_special_and_holds_no_setting_of_a_machine(stage: str) -> None:
    assert re.findall(r"^USER (\S+)$", STAGES[stage], re.MULTILINE) == ["10001:10001"]
    set_there = re.findall(r"([A-Z_]+)=", " ".join(re.findall(r"^ENV (.+)$", STAGES[stage], re.MULTILINE)))
    assert set(set_there) == {"GIT_COMMIT", "PYTHONUNBUFFERED", "VAR_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"}


# ---- the proxy

CADDYFILE = DEPLOY / "Caddyfile"


def test_the_proxy_of_one_server_knows_the_ports_of_the_settings(given: Path) -> None:
    found = read(environment_of("gateway", given))
    text = CADDYFILE.read_text(encoding="utf-8")
    assert f"{{$TADAMON_GATEWAYS:127.0.0.1:{found.webhook_port}}}" in text
    assert f"{{$TADAMON_WEB:127.0.0.1:{found.web_port}}}" in text
    asked = set(re.findall(r"\{\$(\w+)", text))
    assert asked == set(COMPOSE["services"]["proxy"]["environment"])
    offers = settings_in("\n".join(offered()))
    assert re.findall(r"^\t\tpath (\S+)$", text, re.MULTILINE) == [urlsplit(offers["WEBHOOK_URL"]).path]


@pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy is not here")
def test_caddy_reads_its_file(tmp_path: Path) -> None:
    line = [str(shutil.which("caddy")), "adapt", "--config", str(CADDYFILE), "--adapter", "caddyfile"]
    environment = {"TADAMON_HOST": "tadamon.example.org", "HOME": str(tmp_path)}
    told = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr


# ---- all files


@pytest.mark.parametrize("path", sorted(path for path in DEPLOY.rglob("*") if path.is_file()), ids=lambda path: path.name)
def test_no_file_holds_a_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b\d{6,}:[\w-]{30,}", text), "a token of Telegram"
    assert not re.search(r"://[^\s/:@]+:[^\s/@{$]+@", text), "a password in a URL"
    for name in SECRETS - {"DATABASE_URL", "REDIS_URL"}:
        assert not re.search(rf"\b{name}\s*[=:]\s*\S", text), name


def test_the_page_names_files_units_and_commands_that_exist() -> None:
    for name in re.findall(r"\bdeploy/[\w.-]+(?:/[\w.-]+)*", PAGE):
        assert (PROJECT / name.rstrip(".")).exists(), name
    units = {path.name.split(".")[0] for path in UNITS.iterdir()}
    named = set(re.findall(r"\btadamon-[a-z]+\b", PAGE)) - {"tadamon-pythons"}
    assert named <= units, named - units
    for line in re.findall(r"^(?:tadamon|docker compose run --rm (?:--no-deps --volume \S+ )?tools) (.+?)(?: +#.*)?$", PAGE, re.MULTILINE):
        options_fit(shlex.split(line))
    for name in re.findall(r"docker compose run --rm (?:--no-deps )?(?:--volume \S+ )?(\w+)", PAGE):
        assert name in COMPOSE["services"], name


def test_the_table_of_networks_is_that_of_the_compose_file() -> None:
    networks = set(COMPOSE["networks"])
    table = set(re.findall(r"^\| `(\w+)` \| .* \| (?:yes.*|no) \|$", PAGE, re.MULTILINE))
    assert table == networks
    lead_outside = set(re.findall(r"^\| `(\w+)` \| .* \| yes.* \|$", PAGE, re.MULTILINE))
    assert lead_outside == {name for name in networks if not internal(name)}
