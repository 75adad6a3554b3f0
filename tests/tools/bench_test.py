"""The pure parts of bench/: statistics, /proc, what clients print, the table. Run by pytest or `python3 -m unittest`."""
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import charts  # noqa: E402
import loads  # noqa: E402
import measure  # noqa: E402
import processes  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
import table  # noqa: E402
from measure import Line, Spread, compare, ratios, verdict  # noqa: E402
from rows import ROWS, kill  # noqa: E402


class StatisticsTest(unittest.TestCase):
    def test_a_spread_is_median_and_extremes(self):
        self.assertEqual(Spread.of([3, 1, 10]), Spread(3, 1, 10, 3))
        self.assertEqual(Spread.of([4, 2]).median, 3)

    def test_ratios_pair_what_ran_in_the_same_repeat(self):
        self.assertEqual(ratios([2, 6], [1, 2]), Spread(2.5, 2, 3, 2))
        with self.assertRaises(ValueError):
            ratios([1], [1, 2])

    def test_a_bar_is_missed_only_by_the_whole_interval(self):
        self.assertEqual(verdict(Spread(1.0, 0.9, 1.4), 1.3), "yes")
        self.assertEqual(verdict(Spread(1.35, 1.2, 1.5), 1.3), "open")
        self.assertEqual(verdict(Spread(1.4, 1.31, 1.5), 1.3), "no")

    def test_a_lower_bar_is_judged_the_other_way_round(self):
        self.assertEqual(verdict(Spread(0.96, 0.9, 1.0), 0.95, at_least=True), "yes")
        self.assertEqual(verdict(Spread(0.94, 0.9, 0.96), 0.95, at_least=True), "open")
        self.assertEqual(verdict(Spread(0.9, 0.8, 0.94), 0.95, at_least=True), "no")

    def test_numbers_have_three_digits_and_no_power_of_ten(self):
        self.assertEqual([measure.number(value) for value in (0, 0.01234, 0.5, 12.34, 123456)], ["0", "0.0123", "0.50", "12.3", "123,456"])
        self.assertEqual(str(Spread(2.5, 2, 3, 2)), "2.50 (2.00 - 3.00)")
        self.assertEqual(str(Spread(2.5, 2.5, 2.5, 1)), "2.50")

    def test_interleaving_alternates_and_drops_the_warm_up(self):
        class Settings:
            repeats, seconds = 2, 1.0

            @staticmethod
            def say(_):
                pass
        order = []
        found = measure.interleave(Settings, {"a": lambda seconds: order.append(f"a{seconds}") or len(order),
                                              "b": lambda seconds: order.append(f"b{seconds}") or len(order)})
        self.assertEqual(order, ["a0.5", "b0.5", "a1.0", "b1.0", "a1.0", "b1.0"])
        self.assertEqual(found, {"a": [3, 5], "b": [4, 6]})


class ProcTest(unittest.TestCase):
    def test_a_stat_line_is_read_whatever_the_name_of_the_program(self):
        line = "7 (a) b (c) S 3 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1000 50"
        self.assertEqual(processes.parse_stat(line), (3, 300))

    def test_pss_is_summed_without_its_parts(self):
        self.assertEqual(processes.parse_pss("Rss:  900 kB\nPss:  120 kB\nPss_Anon:  100 kB\nPss_File:  20 kB\n"), 120)

    def test_descendants_are_found_through_several_generations(self):
        self.assertEqual(processes.descendants({2: 1, 3: 2, 4: 3, 5: 1, 6: 99}, 2), {2, 3, 4})

    def test_a_process_that_ended_costs_nothing(self):
        self.assertEqual(processes.cpu_seconds([2 ** 22 + 1]), {})
        self.assertEqual(processes.pss_mib([2 ** 22 + 1]), 0)


class OutputTest(unittest.TestCase):
    def test_wrk_is_read_from_the_line_of_our_script(self):
        self.assertEqual(loads.parse_wrk("Running 1s test\nRESULT 1000 2 150 900\n"), (1000, 2, 150, 900))
        with self.assertRaisesRegex(RuntimeError, "refused"):
            loads.parse_wrk("unable to connect: Connection refused")

    def test_outcomes_of_requests_are_told_apart(self):
        self.assertEqual(kill.kind(200, b"{}"), "ok")
        self.assertEqual(kill.kind(503, b'{"error": {"type": "ReplicaDied", "maybe_executed": true}}'), kill.MAYBE)
        self.assertEqual(kill.kind(500, b"Internal Server Error"), "500 without an error body")
        self.assertEqual(kill.told({"ok": 1999, kill.MAYBE: 1}), f"1 x {kill.MAYBE} of 2,000 requests")
        self.assertEqual(kill.told({"ok": 7}), "none of 7 requests")

    def test_h2load_is_read_from_its_summary(self):
        text = ("requests: 500 total, 500 started, 498 done, 497 succeeded, 1 failed, 0 errored, 0 timeout\n"
                "time for request:     95us      8.86ms      1.25ms       890us    87.50%\n")
        self.assertEqual(loads.parse_h2load(text), (497, 1, 1250))
        with self.assertRaisesRegex(RuntimeError, "refused"):
            loads.parse_h2load("Connection refused")

    def test_the_table_shows_ratios_with_their_interval(self):
        line = Line("row", "what", "1 us", "peer 2 us", Spread(0.5, 0.4, 0.6, 3), "<= 0.8x", "yes")
        self.assertIn("| row | what | 1 us | peer 2 us | 0.50 (0.40 - 0.60) | <= 0.8x | yes |", table.markdown([line]))
        self.assertIn("0.50 (0.40 - 0.60)", table.text([line]))

    def test_every_row_says_what_it_measures(self):
        for module in ROWS.values():
            self.assertTrue(module.TITLE and module.run)


ABOUT = {"date": "2030-01-02 03:04", "command": "make bench", "machine": "2 x CPU", "repeats": 3, "seconds": 2.0, "load": 0.5, "took_s": 60,
         "quick": False, "versions": {"nginx": "1.2.3"}}


class ResultsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "performance" / "results.json"
        self.line = compare("one", "what", "us", [1.0, 3.0], [4.0, 4.0], "nginx", 0.8).drawn("noop-cpu")

    def test_a_row_replaces_its_old_result_and_leaves_the_others(self):
        results.keep(self.file, "two", ABOUT, [Line("two", "kept", "1 us")])
        results.keep(self.file, "one", ABOUT, [Line("one", "old", "1 us")])
        results.keep(self.file, "one", ABOUT, [self.line])
        self.assertEqual(results.lines_of(results.read(self.file), ["one", "two", "never measured"]), [self.line, Line("two", "kept", "1 us")])

    def test_rows_of_one_run_share_a_line_and_others_have_their_own(self):
        found = {"one": {"about": ABOUT, "lines": []}, "two": {"about": ABOUT, "lines": []},
                 "three": {"about": {**ABOUT, "command": "make bench ARGS=three"}, "lines": []}}
        runs = table.runs(found, ["one", "two", "three"]).splitlines()
        self.assertEqual([line.split(":")[0] for line in runs], ["- one, two", "- three", "- Versions"])

    def test_the_page_is_written_between_its_marks_alone(self):
        page = self.folder / "page.md"
        page.write_text("before\n" + "\n".join(f"{begin}\nold\n{end}\nafter" for begin, end in report.MARKS.values()))
        results.keep(self.file, "one", ABOUT, [self.line])
        module = type(sys)("one", "What the row measures.")
        report.write(page, self.file, {"one": module})
        text = page.read_text()
        for part in ("before\n", "| one | what | 2.00 (1.00 - 3.00) us |", "nginx 1.2.3", "| `one` | What the row measures. |", "(performance/noop-cpu.svg)"):
            self.assertIn(part, text)
        self.assertEqual((text.count("after"), text.count("old")), (2, 0))
        with self.assertRaises(ValueError):
            report.between("no marks", report.MARKS["rows"], "")

    def test_a_chart_has_a_bar_for_manta_and_for_each_peer(self):
        ray = compare("two", "what", "us", [2.0], [400.0], "Ray & Serve").drawn("noop-cpu")
        self.assertEqual(charts.bars_of([ray, self.line]), {"": [("Manta", 2.0, True), ("nginx", 4.0, False), ("Ray & Serve", 400.0, False)]})
        drawing = xml.etree.ElementTree.fromstring(charts.svg("A < B", charts.bars_of([ray, self.line])))
        widths = [float(bar.get("width")) for bar in drawing.iter("{http://www.w3.org/2000/svg}rect")]
        self.assertEqual((len(widths), widths), (3, sorted(widths)))
        self.assertIn("logarithmic axis", "".join(drawing.itertext()))

    def test_a_chart_whose_rows_are_gone_is_removed(self):
        charts.draw([self.line], self.folder)
        self.assertTrue((self.folder / "noop-cpu.svg").exists())
        self.assertEqual(charts.draw([], self.folder), [])
        self.assertFalse((self.folder / "noop-cpu.svg").exists())


if __name__ == "__main__":
    unittest.main()
