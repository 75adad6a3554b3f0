#!/usr/bin/env python3
"""Checks the layout rules of docs/architecture.md that a compiler does not see.

Usage: tools/check_layout.py [ROOT]. Prints one line per finding and `N files checked, N errors, N warnings`; exit code 1 on
errors. The tables below are the rules: change them together with the architecture, not to silence a finding.
"""
import fnmatch
import re
import sys
from pathlib import Path

# Which folders of src/ a folder may include, besides itself. A single header may be named instead of a folder.
ARROWS = {
    "base": [],
    "codec": ["base"],
    "spec": ["codec", "base"],
    "net": ["codec", "base"],
    "routing": ["net", "spec", "codec", "base"],
    "replica": ["net", "spec", "codec", "base"],
    "ingress": ["routing", "net", "spec", "codec", "base"],
    "api": ["routing", "replica", "net", "spec", "codec", "base"],
    "control": ["runtime/backend.h", "net", "spec", "codec", "base"],
    "runtime": ["net", "spec", "codec", "base"],
    "engines": ["base"],
    "builtin": ["engines/engine.h"],
    "simulate": ["control", "routing", "replica", "runtime", "net", "spec", "codec", "base"],
    "loadgen": ["net", "codec", "base"],
    "cli": ["*"],
}

# Headers of include/manta that everybody may use: the vocabulary of base, the configuration structs of spec, and codec's.
SHARED_API = [
    "error.h", "task.h", "tensor.h", "config.h", "*_config.h", "autoscaling_context.h",
    "detail/block_pool.h", "detail/held_value.h", "detail/outcome.h", "detail/request_context.h",
    "detail/*describe*.h", "detail/*json*.h", "detail/*msgpack*.h", "detail/*schema*.h", "detail/*decod*.h", "detail/*encod*.h",
    "detail/growing_text.h", "detail/transcode.h", "detail/value_kind.h",
]
# Folders of src/ that may use all of include/manta.
API_USERS = ["api", "builtin", "cli"]

# Third-party headers and the files that may include them. Anything else in angle brackets is the standard library, the
# operating system or a test framework.
WRAPPED = {
    "boost/asio*": ["src/net/h1_parser.cc", "src/net/h1_response_parser.cc"],  # the buffers that Beast takes
    "boost/beast*": ["src/net/*"],
    "boost/describe*": ["src/*", "include/manta/*", "examples/*", "tests/*", "bench/*"],
    "boost/mp11*": ["src/*", "include/manta/detail/*", "tests/*"],
    "boost/pfr*": [],
    "nghttp2/*": ["src/net/*", "tests/*", "bench/*"],
    "simdjson*": ["src/codec/*", "include/manta/detail/*", "src/engines/*"],  # engines link no codec
    "yaml-cpp/*": ["src/spec/*"],
    "CLI/*": ["src/cli/*"],
    "spdlog/*": ["src/base/*"],
    "fmt/*": ["src/*", "bench/*", "tests/*"],
    "prometheus/*": ["src/base/*"],
    "sqlite3.h": ["src/control/*"],
    "openssl/*": ["src/net/*", "src/control/*", "src/codec/*", "tests/unit/net/*"],
    "onnxruntime*": ["src/engines/onnx/*", "bench/engines/*"],
    "llama*.h": ["src/engines/llama/*", "bench/engines/*"],
    "ggml*.h": ["src/engines/llama/*", "bench/engines/*"],
    "tokenizers_c.h": ["src/engines/*", "bench/engines/*"],
    "google/protobuf/*": [],
}

# Few files may pay for Asio: seconds of compile time each.
MAX_ASIO_FILES = 12

WARN_LINES, MAX_LINES = 400, 600
MAX_API_HEADER_LINES = 150

CODE = ("include", "src", "tests", "bench", "examples", "tools", "python")
SUFFIXES = (".h", ".cc", ".c", ".py", ".sh", ".rs")
SKIPPED = ("tests/data", "tests/fuzz/corpus")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
GETENV = re.compile(r"\b(?:secure_)?getenv\s*\(|extern char\s*\*\*\s*environ|::environ\b")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


class Findings:
    def __init__(self):
        self.errors = []
        self.warnings = []

    def error(self, path, text):
        self.errors.append(f"{path}: {text}")

    def warn(self, path, text):
        self.warnings.append(f"{path}: warning: {text}")


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def code_files(root):
    for top in CODE:
        for path in sorted((root / top).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not name.startswith(SKIPPED) and is_code(path):
                yield name, path.read_text(errors="replace")


def is_code(path):
    if path.suffix in SUFFIXES:
        return True
    return not path.suffix and path.stat().st_size < 1 << 20 and path.read_bytes()[:2] == b"#!"


def check_arrow(name, header, found):
    module = name.split("/")[1]
    target = header.split("/")[0]
    if module not in ARROWS:
        found.error(name, f"folder src/{module} is not in the table of arrows (tools/check_layout.py)")
    elif target in ARROWS and not matches(target, [module, *ARROWS[module]]) and header not in ARROWS[module]:
        allowed = ", ".join(ARROWS[module]) or "nothing else"
        found.error(name, f'must not include "{header}": src/{module} may include {allowed}')
    elif target not in ARROWS:
        found.error(name, f'include "{header}" by its path from src/, "module/file.h"')


def check_api_header(name, header, found):
    part = header.removeprefix("manta/")
    module = name.split("/")[1]
    if name.startswith("src/") and module not in API_USERS and not matches(part, SHARED_API):
        found.error(name, f"must not include <{header}>: of include/manta, src/{module} may use {', '.join(SHARED_API)}")


def check_includes(name, text, found):
    for bracket, header in INCLUDE.findall(text):
        if header.startswith("manta/"):
            check_api_header(name, header, found)
        elif bracket == '"' and name.startswith("src/") and header != "tokenizers_c.h":
            check_arrow(name, header, found)
        elif bracket == '"' and name.startswith(("include/", "examples/")) and "/" in header:
            found.error(name, f'must not include "{header}": only <manta/...> is installed')
        for pattern, allowed in WRAPPED.items():
            if fnmatch.fnmatchcase(header, pattern) and not matches(name, allowed):
                found.error(name, f"must not include <{header}>: it is wrapped by {', '.join(allowed) or 'nobody'}")


def check_source(name, text, found):
    lines = text.count("\n")
    if lines > MAX_LINES:
        found.error(name, f"{lines} lines: split it (at most {MAX_LINES}, better {WARN_LINES // 2})")
    elif lines > WARN_LINES:
        found.warn(name, f"{lines} lines: above {WARN_LINES} needs a reason")
    elif re.fullmatch(r"include/manta/[^/]+\.h", name) and lines > MAX_API_HEADER_LINES:
        found.warn(name, f"{lines} lines: a public header stays under {MAX_API_HEADER_LINES}")
    if name.endswith(".h") and name.startswith(("src/", "include/")) and "#pragma once" not in text:
        found.error(name, "has no #pragma once")
    if name.startswith("src/") and not name.startswith("src/cli/") and GETENV.search(COMMENT.sub("", text)):
        found.error(name, "reads the environment: only src/cli does, and passes values in")


def check_asio(files, found):
    users = [name for name, text in files if re.search(r"#include <boost/(asio|beast)", text)]
    if len(users) > MAX_ASIO_FILES:
        found.error("src", f"{len(users)} files include Asio or Beast, at most {MAX_ASIO_FILES}: {', '.join(users)}")


def check_cmake(root, files, found):
    """Each .cc is named in a CMakeLists.txt of its folder or one above it; no GLOB."""
    lists = {}
    for top in ("", *CODE):
        paths = [root / "CMakeLists.txt"] if not top else sorted((root / top).rglob("CMakeLists.txt"))
        for path in paths:
            if path.exists():
                lists[path.parent] = path.read_text()
                if re.search(r"file\s*\(\s*GLOB", lists[path.parent]):
                    found.error(path.relative_to(root), "uses GLOB: list the sources")
    for name, _ in files:
        if name.endswith(".cc") and not is_listed(root / name, lists):
            found.error(name, "is in no CMakeLists.txt")


def is_listed(path, lists):
    for folder in path.parents:
        listed = lists.get(folder)
        stem = path.relative_to(folder).as_posix() if listed else ""
        if listed and re.search(rf"(?<![\w./-]){re.escape(stem)}(?![\w.-])", listed):
            return True
        # A loop over names, as in foreach(name a b) ... ${name}.cc
        if listed and folder == path.parent and re.search(rf"\b{re.escape(path.stem)}\b", listed) and "}.cc" in listed:
            return True
    return False


def check(root):
    found = Findings()
    files = list(code_files(root))
    for name, text in files:
        if name.endswith((".h", ".cc", ".c")):
            check_includes(name, text, found)
        check_source(name, text, found)
    check_asio(files, found)
    check_cmake(root, files, found)
    return found, len(files)


def main(arguments):
    root = Path(arguments[0] if arguments else Path(__file__).parent.parent).resolve()
    found, count = check(root)
    for line in found.warnings + found.errors:
        print(line)
    print(f"{count} files checked, {len(found.errors)} errors, {len(found.warnings)} warnings")
    return 1 if found.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
