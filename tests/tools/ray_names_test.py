"""docs/guide/coming_from_ray_serve.md has every name of Ray Serve, and options of its names have its defaults (tests/data/ray)."""
import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RAY = json.loads((ROOT / "tests" / "data" / "ray" / "ray_names.json").read_text())
PAGE = (ROOT / "docs" / "guide" / "coming_from_ray_serve.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| (?:`([^`]*)`|(\w+)) \|", re.M)  # of a table of options
DIFFERENT = {"host": "127.0.0.1", "max_surge_percent": "none", "request_router_class": "power_of_two"}  # the page says so
NOT_OPTIONS = {"deployment_language", "smoothing_factor"}  # of Ray's own processes; an old spelling


def has(page, name):
    return re.search(rf"(?<![\w-]){re.escape(name)}(?!\w)", page) is not None


def documented_defaults():
    found = {}
    for option, quoted, word in ROW.findall((ROOT / "docs" / "reference" / "configuration.md").read_text()):
        found.setdefault(option, set()).add(quoted or word)
    return found


class RayNamesTest(unittest.TestCase):
    def test_every_name_is_on_the_page(self):
        for kind, names in RAY["names"].items():
            missing = [name for name in names if not has(PAGE, name)]
            self.assertEqual(missing, [], f"of {kind}")

    def test_a_name_is_a_whole_word(self):
        self.assertTrue(has("`serve.run`, x", "run"))
        self.assertFalse(has("`run_many` and `--run`", "run"))

    def test_defaults_are_those_of_ray_serve(self):
        documented = documented_defaults()
        for option, default in RAY["defaults"].items():
            if option in NOT_OPTIONS:
                continue
            wanted = DIFFERENT.get(option, "empty" if default == "" else f"{default:g}" if isinstance(default, (int, float)) else default)
            self.assertIn(wanted, documented.get(option, set()), option)
            if option in DIFFERENT:
                self.assertTrue(has(PAGE, option), option)


if __name__ == "__main__":
    unittest.main()
