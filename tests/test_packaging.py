"""The manifest in the checkout, and the wheel outside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import npe2
import pytest
from napari._app_model.constants import MenuId

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = CHECKOUT / "src" / "napari_insitu_tem"
SAMPLE_DATA = CHECKOUT / "sample_data"
NAME = "napari-insitu-tem"


@pytest.fixture(scope="module")
def manifest() -> npe2.PluginManifest:
    return npe2.PluginManifest.from_distribution(NAME)


# -- manifest ----------------------------------------------------------------------


def test_top_level_manifest_is_a_relative_link_to_the_packaged_one():
    link = CHECKOUT / "napari.yaml"
    packaged = PACKAGE / "napari.yaml"
    assert link.read_bytes() == packaged.read_bytes()
    assert link.is_symlink()
    assert os.readlink(link) == "src/napari_insitu_tem/napari.yaml"


def test_manifest_is_valid_and_all_its_functions_can_be_imported(manifest):
    assert manifest.name == NAME
    manifest.validate_imports()


def test_menus_are_napari_menus_or_our_own_submenus(manifest):
    known = {str(menu) for menu in MenuId.contributables()}
    own = {submenu.id for submenu in manifest.contributions.submenus or ()}
    assert set(manifest.contributions.menus or ()) <= known | own


def test_every_command_in_use_is_declared_and_belongs_to_us(manifest):
    contributions = manifest.contributions
    declared = {command.id for command in contributions.commands or ()}
    assert all(name.startswith(f"{NAME}.") for name in declared)
    assert commands_in_use(contributions) == declared


def commands_in_use(contributions) -> set[str]:
    users = [
        *(contributions.readers or ()),
        *(contributions.writers or ()),
        *(contributions.widgets or ()),
        *(contributions.keybindings or ()),
        *(contributions.sample_data or ()),
        *(item for menu in (contributions.menus or {}).values() for item in menu),
    ]
    return {user.command for user in users if getattr(user, "command", None)}


# -- wheel -------------------------------------------------------------------------


def run(*command: object, cwd: Path) -> str:
    """Run a command without this checkout on its path; return what it printed."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from the sdist, which is built from this checkout."""
    dist = tmp_path_factory.mktemp("dist")
    # Without isolation, since that would fetch hatchling from the network.
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", dist]
    run(*build, CHECKOUT, cwd=dist)
    return next(dist.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Python of an environment with the wheel, and only the libraries of this one."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=venv.parent)
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = venv / scripts / "python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps"]
    run(*install, "--no-index", "--quiet", wheel, cwd=venv.parent)
    # A folder named in a .pth comes after the environment's own, and .pth files in it
    # (that of the editable installation) are not followed.
    show = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(run(python, "-c", show, cwd=venv.parent).strip())
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (own / "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n")
    return python


def packaged_files() -> set[str]:
    """What has to be in the wheel: all of the package, and the sample data."""
    code = {f"napari_insitu_tem/{name}" for name in files_below(PACKAGE)}
    sample = {f"napari_insitu_tem/sample_data/{n}" for n in files_below(SAMPLE_DATA)}
    return code | sample


def files_below(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_holds_the_whole_package_and_the_sample_data(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert packaged_files() - inside == set()
    assert "napari_insitu_tem/napari.yaml" in inside


def test_wheel_holds_nothing_but_the_package(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "napari_insitu_tem"
    }


LOOK = """
import json, npe2, napari_insitu_tem
manifest = npe2.PluginManifest.from_distribution("napari-insitu-tem")
manifest.validate_imports()
npe2.PluginManager.instance().discover()
found = npe2.PluginManager.instance().get_manifest("napari-insitu-tem")
print(json.dumps({
    "file": napari_insitu_tem.__file__,
    "version": napari_insitu_tem.__version__,
    "display_name": found.display_name,
    "samples": [s.key for s in found.contributions.sample_data or ()],
}))
"""


def test_napari_finds_the_wheel_from_an_empty_folder(installed, manifest, tmp_path):
    seen = json.loads(run(installed, "-c", LOOK, cwd=tmp_path).splitlines()[-1])
    assert Path(seen["file"]).is_relative_to(installed.parents[1])
    assert seen["version"] == manifest.package_version
    assert seen["display_name"] == manifest.display_name
    samples = manifest.contributions.sample_data or ()
    assert seen["samples"] == [sample.key for sample in samples]


OPEN_SAMPLES = """
import json
from napari_insitu_tem.samples import SAMPLES, open_sample
opened = {key: open_sample(key) for key in SAMPLES}
print(json.dumps({
    key: {
        "files": [str(p) for p in (*e.movie().paths, *e.trace().paths)],
        "frames": len(e.movie()),
        "joined": int(e.signals_at_frames()["potential_V"].notna().sum()),
    }
    for key, e in opened.items()
}))
"""


def test_the_wheel_opens_its_own_sample_data(installed, tmp_path):
    opened = json.loads(run(installed, "-c", OPEN_SAMPLES, cwd=tmp_path))
    assert set(opened) == {path.name for path in SAMPLE_DATA.iterdir() if path.is_dir()}
    for seen in opened.values():
        assert all(Path(f).is_relative_to(installed.parents[1]) for f in seen["files"])
        assert seen["frames"] > 1
        assert seen["joined"] > 0


def test_the_command_of_the_wheel_reads_its_sample_data(installed, tmp_path):
    command = installed.with_name("napari-insitu-tem")
    files = sorted(SAMPLE_DATA.glob("*/*.tif"))
    lines = run(command, "info", *files, "--json", cwd=tmp_path).splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["movie"] * len(files)


OPEN_IN_NAPARI = """
import npe2
from napari.components import ViewerModel
manager = npe2.PluginManager.instance()
manager.discover()
manifest = manager.get_manifest("napari-insitu-tem")
for sample in manifest.contributions.sample_data:
    viewer = ViewerModel()
    viewer.open_sample("napari-insitu-tem", sample.key)
    print(sample.key, len(viewer.layers))
"""


def test_napari_opens_every_sample_of_the_wheel(installed, manifest, tmp_path):
    lines = run(installed, "-c", OPEN_IN_NAPARI, cwd=tmp_path).splitlines()
    opened = dict(line.rsplit(" ", 1) for line in lines)
    assert set(opened) == {s.key for s in manifest.contributions.sample_data}
    assert all(int(layers) > 0 for layers in opened.values())
