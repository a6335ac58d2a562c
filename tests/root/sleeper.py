# SPDX-License-Identifier: ISC
"""A test that does not end on its own, and has started what does not end with it: for test_lab.py."""

import signal
import subprocess
from pathlib import Path


def test_sleeper():
    Path('/sys/fs/cgroup/inner/deeper').mkdir(parents=True)
    subprocess.Popen(['setsid', 'sh', '-c', 'sleep 1000001 & exec sleep 1000002'])
    signal.pause()
