"""The report of a sweep: one page with what was swept, numbers, caveats and figures."""

from lbhsweep.report.write import NAME as REPORT
from lbhsweep.report.write import write_report

__all__ = ["REPORT", "write_report"]
