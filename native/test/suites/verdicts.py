# From a JUnit report of CPython's test runner: one line `ok|skipped|failed NAME` per test.
import sys
import xml.etree.ElementTree

try:
    cases = list(xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"))
except (OSError, xml.etree.ElementTree.ParseError) as error:
    sys.exit(f"no report: {error}")
for case in cases:
    kinds = {child.tag for child in case}
    verdict = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "ok"
    print(verdict, case.get("name").split(" ")[0])
