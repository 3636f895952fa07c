"""Prepare the environment of this checkout, then run a command in it.

    python3 scripts/bootstrap.py [--display] COMMAND [ARGUMENT...]

`make demo`, `make test` and the others come through here. Needs nothing but Python's
standard library. What it does, each only when it is missing:

1. system libraries (Debian and its relatives): installed with apt-get as root, else
   the one line to run is printed and nothing else happens;
2. the virtual environment `.venv/`, with this checkout installed in it for editing;
3. with `--display`: a virtual screen (Xvfb), when there is none or HEADLESS=1.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "installed-for.txt"
EXTRAS = "all,test,dev,docs,bench"
OLDEST = (3, 11)

# What the PyQt6 wheels and a software OpenGL need from Debian 12, beyond a minimal
# system; the rest arrives as dependencies of these.
QT_PACKAGES = [
    "libgl1",
    "libegl1",
    "libdbus-1-3",
    "libfontconfig1",
    "libglib2.0-0",
    "libxkbcommon0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
]
SCREEN_PACKAGES = ["xvfb", "xauth"]
SCREEN = "-screen 0 1600x1000x24"


def main(arguments: list[str]) -> None:
    """Prepare what is missing, then become the command."""
    needs_display = arguments[:1] == ["--display"]
    command = arguments[1:] if needs_display else arguments
    if not command:
        sys.exit(__doc__)
    use_new_enough_python()
    virtual_screen = needs_display and no_screen()
    install_system_packages(virtual_screen)
    make_environment()
    run(command, virtual_screen)


def say(text: str) -> None:
    """Print one line at once."""
    print(text, file=sys.stderr, flush=True)


def use_new_enough_python() -> None:
    """Start again with a newer Python when this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(13, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer and starts(newer):
            os.execv(newer, [newer, *sys.argv])
    sys.exit(
        f"Python 3.{OLDEST[1]} or newer is needed; {sys.executable} is "
        f"{sys.version.split()[0]}. Install one, then: make PYTHON=/path/to/python3 ..."
    )


def starts(python: str) -> bool:
    """Whether the name on the path is a Python, not only a pyenv stand-in for one."""
    done = subprocess.run([python, "-c", ""], capture_output=True, check=False)
    return done.returncode == 0


def no_screen() -> bool:
    """Whether a virtual screen has to be started."""
    if not sys.platform.startswith("linux"):
        return False
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return os.environ.get("HEADLESS") == "1" or not screen


def install_system_packages(virtual_screen: bool) -> None:
    """Install the system libraries that are missing, or say which."""
    if not sys.platform.startswith("linux"):
        return
    wanted = QT_PACKAGES + (SCREEN_PACKAGES if virtual_screen else [])
    if not shutil.which("dpkg-query"):
        explain_other_linux(virtual_screen)
        return
    missing = [name for name in wanted if name not in debian_packages()]
    if not VENV.exists() and find_spec("ensurepip") is None:
        missing.append(f"python3.{sys.version_info[1]}-venv")
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        sys.exit(
            "System libraries are missing. Run this line, then the same command again:"
            f"\n\n    sudo apt-get update && sudo {shlex.join(install)}\n"
        )
    say(f"Installing system libraries: {' '.join(missing)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update"], install):
        done = subprocess.run(
            [*step, "-qq"], env=env, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\nThis failed: {shlex.join(step)}")


def debian_packages() -> set[str]:
    """Names of all installed packages, and the names they stand in for."""
    form = r"${db:Status-Status}\t${Package}\t${Provides}\n"
    query = ["dpkg-query", "-W", "-f", form]
    done = subprocess.run(query, stdout=subprocess.PIPE, text=True, check=True)
    names: set[str] = set()
    for line in done.stdout.splitlines():
        status, package, provides = line.split("\t")
        if status == "installed":
            names.add(package)
            names.update(name.split()[0] for name in provides.split(",") if name)
    return names


def explain_other_linux(virtual_screen: bool) -> None:
    """Say once what a system without dpkg has to bring."""
    if virtual_screen and not shutil.which("xvfb-run"):
        sys.exit("There is no screen, and no xvfb-run to make one: install Xvfb.")
    if not STAMP.exists():
        say(
            "Note: Qt needs OpenGL, EGL, D-Bus, fontconfig, GLib and the libraries of "
            "the X11 plug-in (xcb-cursor, xcb-icccm, xcb-keysyms, xcb-shape, xcb-xkb, "
            "xkbcommon-x11) from this system."
        )


def make_environment() -> None:
    """Create `.venv/` and install this checkout; nothing when both are up to date."""
    moved = STAMP.exists() and STAMP.read_text().split("\n")[0] != str(CHECKOUT)
    python = BIN / "python"
    if moved or not works(python):
        say(f"Creating {VENV}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    wanted = stamp()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    say("Installing into .venv/ (some minutes the first time)")
    began = time.monotonic()
    target = f"{CHECKOUT}[{EXTRAS}]"
    install = [python, "-m", "pip", "install", "--quiet", "--editable", target]
    if subprocess.run(install, check=False).returncode != 0:
        sys.exit("The installation failed; pip's message is above.")
    STAMP.write_text(wanted)
    say(f"Installed in {time.monotonic() - began:.0f} s")


def works(python: Path) -> bool:
    """Whether the environment's Python starts and is new enough."""
    test = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        done = subprocess.run([python, "-c", test], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def stamp() -> str:
    """Text that changes when the installation has to be done again."""
    digest = hashlib.sha256((CHECKOUT / "pyproject.toml").read_bytes()).hexdigest()
    return f"{CHECKOUT}\n{digest}\n{EXTRAS}\n"


def run(command: list[str], virtual_screen: bool) -> None:
    """Become the command, inside the environment."""
    env = {**os.environ, "VIRTUAL_ENV": str(VENV)}
    env["PATH"] = f"{BIN}{os.pathsep}{env.get('PATH', '')}"
    env.pop("PYTHONHOME", None)
    if virtual_screen:
        env.pop("WAYLAND_DISPLAY", None)
        command = ["xvfb-run", "-a", "-s", SCREEN, *command]
    os.execvpe(command[0], command, env)


if __name__ == "__main__":
    main(sys.argv[1:])
