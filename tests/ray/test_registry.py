"""Starts and ends in order: epochs, incarnations, and ends that nobody has told yet."""

import asyncio

from manta_ray import registry
from manta_ray.registry import Registry


class DictStore:
    def __init__(self):
        self.values = {}

    def get(self, key):
        return self.values.get(key)

    def put(self, key, value):
        self.values[key] = value

    def remove(self, key):
        self.values.pop(key, None)

    def all(self, prefix):
        return [value for key, value in self.values.items() if key.startswith(prefix)]


def entry(replica="r", incarnation="i1", epoch=1):
    return {"id": replica, "incarnation": incarnation, "epoch": epoch, "state": "pending"}


def report(replica="r", incarnation="i1", code=0):
    return {"id": replica, "incarnation": incarnation, "exit_code": code}


def run(work, store=None):
    return asyncio.run(work(Registry(store or DictStore())))


def test_an_older_epoch_is_refused_and_changes_nothing():
    async def work(registry):
        assert (await registry.admit(entry(epoch=2)))["entry"]["incarnation"] == "i1"
        assert await registry.admit(entry("other", "i2", epoch=1)) == {"latest": 2}
        assert await registry.obey(1) == 2
        assert [known["id"] for known in await registry.entries()] == ["r"]

    run(work)


def test_the_second_start_of_an_id_gets_the_first():
    async def work(registry):
        await registry.admit(entry(incarnation="i1"))
        assert (await registry.admit(entry(incarnation="i2", epoch=3)))["entry"]["incarnation"] == "i1"

    run(work)


def test_only_the_admitted_incarnation_may_begin_and_only_until_it_has_ended():
    async def work(registry):
        assert not await registry.begin("r", "i1")
        await registry.admit(entry())
        assert await registry.begin("r", "i1") and not await registry.begin("r", "i0")
        await registry.ended(report())
        assert not await registry.begin("r", "i1")

    run(work)


def test_what_runs_is_not_withdrawn_and_what_is_withdrawn_never_runs():
    async def work(registry):
        await registry.admit(entry("runs", "i1"))
        await registry.admit(entry("waits", "i2"))
        assert await registry.running({**entry("runs", "i1"), "pid": 42})
        assert (await registry.withdraw(report("runs", "i1")))["pid"] == 42
        assert await registry.withdraw(report("waits", "i2")) is None
        assert not await registry.running({**entry("waits", "i2"), "pid": 43})
        assert [known["id"] for known in await registry.entries()] == ["runs"]

    run(work)


def test_the_first_report_of_an_end_counts():
    async def work(registry):
        await registry.admit(entry())
        await registry.ended(report(code=7))
        await registry.ended(report(code=-1))
        assert (await registry.exits(1, [], []))["exits"] == [report(code=7)]

    run(work)


def test_a_late_report_does_not_end_the_next_incarnation():
    async def work(registry):
        await registry.admit(entry(incarnation="i1"))
        await registry.ended(report(incarnation="i1"))
        await registry.admit(entry(incarnation="i2"))
        await registry.ended(report(incarnation="i1", code=9))
        assert not await registry.running({**entry(incarnation="i1"), "state": "running"})
        assert [(known["incarnation"], known["state"]) for known in await registry.entries()] == [("i2", "pending")]

    run(work)


def test_an_end_is_kept_until_it_was_told():
    async def work(registry):
        await registry.admit(entry())
        await registry.ended(report())
        assert len((await registry.exits(1, [], []))["exits"]) == 1
        assert len((await registry.exits(1, [], []))["exits"]) == 1
        registry._forget("i1")
        assert registry._exits == {}

    run(work)


def test_whoever_waits_for_ends_learns_of_a_later_epoch():
    async def work(registry):
        waiting = asyncio.create_task(registry.exits(1, [], []))
        await asyncio.sleep(0)
        await registry.obey(2)
        assert await waiting == {"latest": 2}

    run(work)


def test_a_restart_loses_nothing():
    store = DictStore()

    async def before(registry):
        await registry.admit(entry("lives", "i1", epoch=5))
        await registry.running({**entry("lives", "i1", epoch=5), "state": "running", "pid": 42})
        await registry.admit(entry("ended", "i2", epoch=5))
        await registry.ended(report("ended", "i2"))

    async def after(registry):
        assert [(known["id"], known["pid"]) for known in await registry.entries()] == [("lives", 42)]
        assert (await registry.exits(5, [], []))["exits"] == [report("ended", "i2")]
        assert await registry.obey(4) == 5

    run(before, store)
    run(after, store)


def test_ends_that_nobody_fetches_are_bounded():
    async def work(subject):
        for number in range(registry.MAX_EXITS + 3):
            await subject.admit(entry(str(number), f"i{number}"))
            await subject.ended(report(str(number), f"i{number}"))
        kept = (await subject.exits(1, [], []))["exits"]
        assert len(kept) == registry.MAX_EXITS and kept[0]["id"] == "3"

    run(work)
