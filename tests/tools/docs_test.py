"""Quotations and tables of options in documents."""
import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import check_docs  # noqa: E402
import options  # noqa: E402

HEADER = '''
struct Limits {
  int max_size = 10;  // items
  double wait_s = 0.1;                // longest wait,
                                      // of the oldest
  // how it ends: `a|b`, see max_size
  std::string end = "full";
  std::optional<double> budget;       // none: no limit
  std::vector<double> bounds{1, 2};   // rising
  std::map<std::string, int> places;  // not in the file: where it stands
  bool operator==(const Limits&) const = default;
};
BOOST_DESCRIBE_STRUCT(Limits, (), (max_size, wait_s, end, budget, bounds, places))
'''


class OptionsTest(unittest.TestCase):
    def table(self, text):
        with tempfile.TemporaryDirectory() as folder:
            header = pathlib.Path(folder, "limits_config.h")
            header.write_text(text)
            headers, options.HEADERS = options.HEADERS, [header]
            try:
                return options.table("Limits").splitlines()[2:]
            finally:
                options.HEADERS = headers

    def test_a_struct_becomes_a_table(self):
        self.assertEqual(self.table(HEADER), [
            "| `max_size` | integer | `10` | items |",
            "| `wait_s` | seconds | `0.1` | longest wait, of the oldest |",
            "| `end` | text | `full` | how it ends: `a\\|b`, see `max_size` |",
            "| `budget` | number | none | none: no limit |",
            "| `bounds` | list | `1, 2` | rising |"])

    def test_an_option_without_a_comment_is_refused(self):
        with self.assertRaisesRegex(options.Wrong, "Limits::max_size has no comment"):
            self.table(HEADER.replace("  // items", ""))

    def test_a_member_that_is_not_described_is_refused(self):
        with self.assertRaisesRegex(options.Wrong, "differ in .'budget'"):
            self.table(HEADER.replace("end, budget, bounds", "end, bounds"))

    def test_a_struct_that_is_nowhere_is_refused(self):
        with self.assertRaisesRegex(options.Wrong, "no struct Limits"):
            self.table("struct Other {};\n")


class MetricsTest(unittest.TestCase):
    def test_the_reference_has_every_metric_and_no_other(self):
        code = "\n".join(path.read_text(encoding="utf-8") for folder in ("src", "include")
                         for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".cc", ".h"))
        made = set(re.findall(r'(?:[Cc]ounter|[Gg]auge|[Hh]istogram)\w*[({]\s*"([a-z][a-z_0-9]*)"\s*,', code))
        rows = [line.split("|")[1] for line in (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8").splitlines()
                if line.startswith("| `")]
        told = {name for row in rows for name in re.findall(r"`([a-z_0-9]+)`", row)}
        self.assertGreater(len(made), 60)
        self.assertEqual(made - told, set(), "not in docs/reference/metrics.md")
        self.assertEqual({name for name in told if f'"{name}"' not in code}, set(), "in docs/reference/metrics.md only")


class QuotationTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(setattr, check_docs, "ROOT", check_docs.ROOT)
        check_docs.ROOT = pathlib.Path(self.folder.name)
        self.guide = check_docs.ROOT / "docs" / "guide"
        self.guide.mkdir(parents=True)
        (check_docs.ROOT / "app.cc").write_text("int a;\n  // [part]\n  int b;\n    int c;\n  // [/part]\n")

    def page(self, text):
        page = self.guide / "page.md"
        page.write_text(text)
        return page

    def test_a_region_is_quoted_moved_to_the_left(self):
        page = self.page("<!-- file: app.cc#part -->\n```cpp\nint b;\n  int c;\n```\n")
        self.assertEqual(check_docs.problems_of(page, fix=False), [])

    def test_what_differs_is_told_and_can_be_written_anew(self):
        page = self.page("<!-- file: app.cc -->\n```cpp\nint z;\n```\n")
        self.assertIn("differs from what it quotes", check_docs.problems_of(page, fix=False)[0])
        check_docs.problems_of(page, fix=True)
        self.assertIn("int a;", page.read_text())

    def test_a_region_that_is_not_there_is_told(self):
        page = self.page("<!-- file: app.cc#other -->\n```cpp\n```\n")
        self.assertIn("no lines between [other] and [/other]", check_docs.problems_of(page, fix=False)[0])

    def test_code_of_a_guide_that_nothing_runs_is_told(self):
        page = self.page("text\n\n```cpp\nint z;\n```\n```text\nanything\n```\n")
        self.assertEqual(len(check_docs.problems_of(page, fix=False)), 1)

    def test_a_link_to_nothing_is_told(self):
        self.assertIn("link to gone.md", check_docs.problems_of(self.page("[x](gone.md)"), fix=False)[0])


if __name__ == "__main__":
    unittest.main()
