#!/usr/bin/env python3
"""count_junit.py REPORT.xml: prints "PASSED FAILED" of a JUnit report by ctest or pytest. Skipped tests are neither; they are named
on standard error."""
import sys
import xml.etree.ElementTree as ElementTree

passed = failed = 0
skipped = []
for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
    if case.find("failure") is not None or case.find("error") is not None:
        failed += 1
    elif case.find("skipped") is None and case.get("status") != "disabled":
        passed += 1
    else:
        skipped.append(case.get("name"))
print(passed, failed)
if skipped:
    print(f"{len(skipped)} skipped: {', '.join(skipped)}", file=sys.stderr)
