#!/usr/bin/env python3
"""count_junit.py REPORT.xml: prints "PASSED FAILED" of a JUnit report by ctest or pytest. The failed are named on standard error, each
with the first line of why; so are the skipped, which count as neither."""
import sys
import xml.etree.ElementTree as ElementTree

LONGEST = 240


def reason(case):
    """The first line that pytest gives, or the last that the test printed to ctest."""
    fault = next(found for name in ("failure", "error") if (found := case.find(name)) is not None)
    told = (fault.get("message") or "").splitlines()
    printed = [line for line in (case.findtext("system-out") or "").splitlines() if "Failure" in line or "Error" in line]
    return " ".join([*told[:1], *printed[-1:]])[:LONGEST]


def main(report):
    passed, failed, skipped = 0, [], []
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            names = dict.fromkeys((case.get("classname"), case.get("name")))  # ctest gives both the same
            failed.append(f"{'.'.join(filter(None, names))}: {reason(case)}")
        elif case.find("skipped") is None and case.get("status") != "disabled":
            passed += 1
        else:
            skipped.append(case.get("name"))
    print(passed, len(failed))
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    if skipped:
        print(f"{len(skipped)} skipped: {', '.join(skipped)}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
