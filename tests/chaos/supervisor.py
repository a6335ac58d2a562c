# SPDX-License-Identifier: ISC
"""Starts winrmd again whenever it has ended, as systemd does with Restart=always."""

import threading
import time

from server import HANG


class Supervisor(threading.Thread):
    """`ended` are the seconds from the broker's death until nobody of what it had started was left;
    `served`: those until another one served, in the same place."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.ended, self.served = [], []
        self.failure = None
        self._stopped = False
        self._served = threading.Condition()

    def run(self):
        try:
            while True:
                self.server.process.wait()
                if self._stopped:
                    return
                begin = time.monotonic()
                self.server.wait_for_nobody_left()
                ended = time.monotonic() - begin
                self.server.forget()
                self.server.start()
                with self._served:
                    self.ended.append(ended)
                    self.served.append(time.monotonic() - begin)
                    self._served.notify_all()
        except Exception as error:
            with self._served:
                self.failure = error
                self._served.notify_all()

    def kill(self):
        """Kills the broker and waits for the next one."""
        with self._served:
            count = len(self.served)
            self.server.process.kill()
            assert self._served.wait_for(lambda: self.failure or len(self.served) > count, HANG)
            if self.failure:
                raise self.failure

    def stop(self):
        self._stopped = True
        self.server.process.terminate()
        self.join()
        if self.failure:
            raise self.failure
