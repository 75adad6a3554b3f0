"""The pure parts of bench/: statistics, /proc, what clients print, the table. Run by pytest or `python3 -m unittest`."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import measure  # noqa: E402
import table  # noqa: E402
from measure import Line, Spread, ratios, verdict  # noqa: E402
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
        self.assertEqual(measure.parse_stat(line), (3, 300))

    def test_pss_is_summed_without_its_parts(self):
        self.assertEqual(measure.parse_pss("Rss:  900 kB\nPss:  120 kB\nPss_Anon:  100 kB\nPss_File:  20 kB\n"), 120)

    def test_descendants_are_found_through_several_generations(self):
        self.assertEqual(measure.descendants({2: 1, 3: 2, 4: 3, 5: 1, 6: 99}, 2), {2, 3, 4})

    def test_a_process_that_ended_costs_nothing(self):
        self.assertEqual(measure.cpu_seconds([2 ** 22 + 1]), {})
        self.assertEqual(measure.pss_mib([2 ** 22 + 1]), 0)


class OutputTest(unittest.TestCase):
    def test_wrk_is_read_from_the_line_of_our_script(self):
        self.assertEqual(measure.parse_wrk("Running 1s test\nRESULT 1000 2 150 900\n"), (1000, 2, 150, 900))
        with self.assertRaisesRegex(RuntimeError, "refused"):
            measure.parse_wrk("unable to connect: Connection refused")

    def test_outcomes_of_requests_are_told_apart(self):
        self.assertEqual(kill.kind(200, b"{}"), "ok")
        self.assertEqual(kill.kind(503, b'{"error": {"type": "ReplicaDied", "maybe_executed": true}}'), kill.MAYBE)
        self.assertEqual(kill.kind(500, b"Internal Server Error"), "500 without an error body")
        self.assertEqual(kill.told({"ok": 1999, kill.MAYBE: 1}), f"1 x {kill.MAYBE} of 2,000 requests")
        self.assertEqual(kill.told({"ok": 7}), "none of 7 requests")

    def test_the_table_shows_ratios_with_their_interval(self):
        line = Line("row", "what", "1 us", "peer 2 us", Spread(0.5, 0.4, 0.6, 3), "<= 0.8x", "yes")
        self.assertIn("| row | what | 1 us | peer 2 us | 0.50 (0.40 - 0.60) | <= 0.8x | yes |", table.markdown([line], "about"))
        self.assertIn("0.50 (0.40 - 0.60)", table.text([line], "about"))
        self.assertEqual(table.as_data([line], "about")["lines"][0]["ratio"]["median"], 0.5)

    def test_every_row_says_what_it_measures(self):
        for module in ROWS.values():
            self.assertTrue(module.TITLE and module.run)


if __name__ == "__main__":
    unittest.main()
