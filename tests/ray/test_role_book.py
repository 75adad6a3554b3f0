"""Which roles are to run, and by which supervisors."""

from manta_ray import role_book
from manta_ray.role_book import RoleBook
from test_registry import DictStore

FIXED = ["node_id", "plan"]


def entry(name="proxy", node="n1", plan="p1", supervisor="s1", incarnation="i1", pid=0):
    return {
        "name": name,
        "node_id": node,
        "plan": plan,
        "supervisor": supervisor,
        "incarnation": incarnation,
        "pid": pid,
        "state": "pending",
    }


def report(name="proxy", final=False, code=0):
    return {"name": name, "final": final, "exit_code": code}


def test_the_same_role_once_more_changes_nothing():
    book = RoleBook(DictStore())
    book.admit(entry(), FIXED)
    assert book.admit(entry(supervisor="s2", incarnation="i2"), FIXED) == {"entry": entry(), "previous": None}


def test_another_plan_stays_with_its_supervisor():
    book = RoleBook(DictStore())
    book.admit(entry(), FIXED)
    changed = entry(plan="p2", supervisor="s2", incarnation="i2")
    assert book.admit(changed, FIXED) == {"entry": {**changed, "supervisor": "s1"}, "previous": None}
    assert book.of("s1")["incarnation"] == "i2" and book.of("s2") is None


def test_on_another_node_the_earlier_one_leaves_first():
    book = RoleBook(DictStore())
    book.admit(entry(), FIXED)
    moved = entry(node="n2", supervisor="s2", incarnation="i2")
    assert book.admit(moved, FIXED) == {"entry": moved, "previous": entry()}
    assert book.of("s1") is None and book.leaving() == [entry()] and book.kept() == [moved]


def test_what_an_earlier_incarnation_tells_changes_nothing():
    book = RoleBook(DictStore())
    book.admit(entry(), FIXED)
    book.change("s1", {"incarnation": "i1", "pid": 7})
    book.admit(entry(plan="p2", incarnation="i2"), FIXED)
    book.change("s1", {"incarnation": "i1", "pid": 8})
    book.change("s9", {"incarnation": "i2", "pid": 9})
    assert [known["pid"] for known in book.kept()] == [0]


def test_the_first_final_end_counts():
    book = RoleBook(DictStore())
    book.admit(entry(), FIXED)
    book.end("s1", report(code=1))
    assert book.remove("proxy") == entry() == book.remove("proxy"), "asked again while it leaves"
    book.end("s1", report(final=True, code=2))
    book.end("s1", report(final=True, code=3))
    assert [told["exit_code"] for told in book.ends.values()] == [1, 2]
    assert book.kept() == book.leaving() == [] and book.remove("proxy") is None


def test_a_lost_role_is_kept_no_more():
    book = RoleBook(DictStore())
    book.admit(entry(), FIXED)
    book.end("s1", report(final=True))
    assert book.kept() == [] and book.of("s1") is None


def test_ends_are_bounded_and_forgotten_when_told():
    book = RoleBook(DictStore())
    book.admit(entry(), FIXED)
    for number in range(role_book.MAX_ENDS + 2):
        book.end("s1", report(code=number))
    assert [told["exit_code"] for told in book.ends.values()][0] == 2
    book.forget_ends([*book.ends, "unknown"])
    assert not book.ends


def test_a_restart_of_the_registry_loses_no_role():
    store = DictStore()
    book = RoleBook(store)
    book.admit(entry(), FIXED)
    book.change("s1", {"incarnation": "i1", "pid": 7, "state": "running"})
    book.admit(entry("other", supervisor="s2"), FIXED)
    book.remove("other")
    again = RoleBook(store)
    assert [known["pid"] for known in again.kept()] == [7]
    assert [known["supervisor"] for known in again.leaving()] == ["s2"]
    again.end("s2", report("other", final=True))
    assert RoleBook(store).leaving() == []
