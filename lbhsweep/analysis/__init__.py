"""From results to phase boundaries, heat capacities, hysteresis and barocaloric maps."""

from lbhsweep.analysis.analyze import analyze_results
from lbhsweep.analysis.digest import results_digest
from lbhsweep.analysis.saved import current_analysis, read_analysis, write_analysis
from lbhsweep.analysis.summary import summarize

__all__ = [
    "analyze_results",
    "current_analysis",
    "read_analysis",
    "results_digest",
    "summarize",
    "write_analysis",
]
