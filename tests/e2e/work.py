# SPDX-License-Identifier: ISC
"""A client at work in the background, so that a test sees whether it is disturbed."""

import threading

from server import wait_until


class Work:
    """Asks the same thing again and again, until it fails or stop()."""

    def __init__(self, ask):
        self.ask, self.done, self.failures = ask, 0, []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.stopped.is_set() and not self.failures:
            try:
                self.ask()
                self.done += 1
            except (OSError, AssertionError) as error:
                self.failures.append(error)

    def wait_for_more(self, count):
        """Waits until it has done so much more, or failed."""
        before = self.done
        wait_until(lambda: self.failures or self.done >= before + count, 'a client at work')

    def stop(self):
        self.stopped.set()
        self.thread.join()
