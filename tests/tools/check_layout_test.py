"""tools/check_layout.py on small trees that break one rule each. Run by pytest or `python3 -m unittest`."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import check_layout  # noqa: E402

ONCE = "#pragma once\n"


def errors_of(files, cmake="foo.cc other.cc"):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            (path.parent / "CMakeLists.txt").write_text(cmake)
        found, _ = check_layout.check(root)
        return [error.split(": ", 1) for error in found.errors], found.warnings


class CheckLayoutTest(unittest.TestCase):
    def expect(self, files, *parts, **options):
        errors, _ = errors_of(files, **options)
        self.assertEqual(len(errors), 1 if parts else 0, errors)
        for part in parts:
            self.assertIn(part, errors[0][1])

    def test_allowed_arrows_pass(self):
        self.expect({
            "src/ingress/foo.cc": '#include "routing/router.h"\n#include "net/server.h"\n#include <manta/error.h>\n',
            "src/control/foo.cc": '#include "runtime/backend.h"\n',
            "src/cli/foo.cc": '#include "ingress/proxy.h"\n#include <manta/handle.h>\nint x = getenv("A");\n',
            "src/builtin/foo.cc": '#include "engines/engine.h"\n#include <manta/manta.h>\n',
        })

    def test_control_and_data_plane_never_meet(self):
        self.expect({"src/control/foo.cc": '#include "routing/router.h"\n'}, 'must not include "routing/router.h"')
        self.expect({"src/replica/foo.cc": '#include "routing/router.h"\n'}, "src/replica may include net, spec")
        self.expect({"src/control/foo.cc": '#include "runtime/local/agent.h"\n'}, "runtime/local/agent.h")

    def test_a_new_folder_needs_an_entry(self):
        self.expect({"src/magic/foo.cc": '#include "base/log.h"\n'}, "src/magic is not in the table")

    def test_includes_are_written_from_src(self):
        self.expect({"src/net/foo.cc": '#include "socket.h"\n'}, "by its path from src/")

    def test_the_api_is_for_api_builtin_and_cli(self):
        self.expect({"src/net/foo.cc": "#include <manta/handle.h>\n"}, "must not include <manta/handle.h>")
        self.expect({"src/spec/foo.cc": "#include <manta/config.h>\n#include <manta/detail/json.h>\n"})

    def test_installed_headers_and_examples_see_no_internal_header(self):
        self.expect({"include/manta/x.h": ONCE + '#include "net/server.h"\n'}, "only <manta/...> is installed")
        self.expect({"examples/foo.cc": '#include "net/server.h"\n'}, "only <manta/...> is installed")

    def test_third_party_headers_stay_with_their_wrapper(self):
        self.expect({"src/ingress/foo.cc": "#include <boost/asio/post.hpp>\n"}, "wrapped by src/net/h1_parser.cc")
        self.expect({"src/net/foo.cc": "#include <simdjson.h>\n"}, "wrapped by src/codec")
        self.expect({"include/manta/x.h": ONCE + "#include <boost/asio.hpp>\n"}, "must not include <boost/asio.hpp>")
        self.expect({"src/net/foo.cc": "#include <nghttp2/nghttp2.h>\n"})

    def test_only_the_cli_reads_the_environment(self):
        self.expect({"src/base/foo.cc": 'auto x = std::getenv("HOME");\n'}, "reads the environment")
        self.expect({"src/base/foo.cc": '// never getenv("HOME")\n'})

    def test_every_source_is_built(self):
        self.expect({"src/base/lost.cc": "int x;\n"}, "is in no CMakeLists.txt")
        self.expect({"src/base/other_foo.cc": "int x;\n"}, "is in no CMakeLists.txt")
        self.expect({"src/base/foo.cc": "int x;\n"}, "uses GLOB", cmake="foo.cc\nfile(GLOB x *.cc)\n")

    def test_long_files_warn_and_then_fail(self):
        errors, warnings = errors_of({"src/base/foo.cc": "\n" * 401})
        self.assertEqual((len(errors), len(warnings)), (0, 1))
        self.expect({"src/base/foo.cc": "\n" * 601}, "601 lines")

    def test_headers_are_included_once(self):
        self.expect({"src/base/foo.h": "int x;\n"}, "#pragma once")


if __name__ == "__main__":
    unittest.main()
