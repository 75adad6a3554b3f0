"""What an installation takes on disk, and the shared libraries that it needs: of the release build, without debug information. The engines
are loaded only by replicas that use them."""
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from measure import Line, Spread

TITLE = "size of the release binary and its shared libraries"
PEER = None
SYSTEM = ("ld-linux", "linux-vdso", "libc.so", "libm.so", "libgcc_s", "libstdc++")   # of every C++ program


def stripped_mib(path):
    with tempfile.TemporaryDirectory(prefix="manta-bench-") as folder:
        copy = Path(folder) / "copy"
        shutil.copy(path, copy)
        subprocess.run(["strip", "--strip-debug", str(copy)], check=True)
        return copy.stat().st_size / (1 << 20)


def libraries(path):
    """Names of the shared libraries that a program or library loads."""
    found = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=True).stdout
    return sorted(Path(name).name for name in re.findall(r"^\s*(\S+?\.so[\d.]*)", found, re.M))


def line(what, path, found):
    own = [name for name in found if not name.startswith(SYSTEM)]
    size = Spread.of([stripped_mib(path)])
    needs = f"needs {', '.join(own) or 'nothing else'}"
    return Line("size", what, f"{size} MiB", f"{needs}, besides libc and libstdc++", ours=size, unit="MiB")


def run(session):
    lines = [line("`manta`, every role, without the engines' libraries", (session.build / "lib" / "libmanta.so").resolve(),
                  [name for name in libraries(session.build / "bin" / "manta") if not name.startswith("libmanta")])]
    for name in ("onnx", "llama"):
        engine = session.build / "lib" / "manta" / "engines" / f"libmanta_{name}.so"
        if engine.exists():
            lines.append(line(f"`libmanta_{name}.so`, loaded by replicas with that engine", engine, libraries(engine)))
    return lines
