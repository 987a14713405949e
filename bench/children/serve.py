"""The child's end of the benchmark: see ../harness.mjs."""

import json
import re
import resource
import sys
import time


def peak_bytes():
    """Highest resident memory of this process so far."""
    try:
        with open("/proc/self/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024
    except (OSError, TypeError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def answer(value):
    print(json.dumps({"isometerBench": value}, separators=(",", ":")), flush=True)


def serve(version, run, finish):
    """Does run() once for every line "run", and finish(last) for the last one. Only run() is timed."""
    answer({"version": version, "peakBytes": peak_bytes()})
    last = None
    for line in sys.stdin:
        if line.strip() == "run":
            start = time.perf_counter()
            last = run()
            answer({"seconds": time.perf_counter() - start})
        elif line.strip() == "finish":
            peak = peak_bytes()
            answer({"peakBytes": peak, "quality": finish(last)})
            return
