"""Steady load on an instance while a test changes something."""
import threading


class Load:
    """Requests one after another on several threads until stopped; what failed is kept."""

    def __init__(self, instance, threads=4, method="echo", sleep_ms=0):
        self.instance, self.method, self.sleep_ms = instance, method, sleep_ms
        self.failed, self.done, self.stopping = [], [], False
        self.threads = [threading.Thread(target=self.work) for _ in range(threads)]

    def work(self):
        while not self.stopping:
            try:
                self.done.append(self.ask())
            except Exception as error:  # every kind counts
                self.failed.append(repr(error))

    def ask(self):
        return self.instance.call(self.method, text="x", sleep_ms=self.sleep_ms)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()
