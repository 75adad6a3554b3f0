#!/usr/bin/env python3
"""Speaks the protocol of python/manta_ray without Ray, and misbehaves as the test has planned.

Usage: fake_bridge.py FOLDER --input FD --output FD. FOLDER/plan.json has `lives`, a list with one entry for each time that it
is started: {"hello": "ok" | "silent" | "exit" | {error}, "rules": [{"op", "id" or "name", "do"}]}, and `nodes`. What was started
is in FOLDER/state.json and outlives it, as on a cluster; every operation is noted in FOLDER/operations.
"""
import json
import os
import sys
import time
from pathlib import Path

FOLDER, INPUT, OUTPUT = Path(sys.argv[1]), int(sys.argv[3]), int(sys.argv[5])

NOTHING_YET = object()


class Bridge:
    def __init__(self):
        plan = self.plan()
        lives = FOLDER / "lives"
        number = int(lives.read_text()) if lives.exists() else 0
        lives.write_text(str(number + 1))
        planned = plan.get("lives", [])
        self.life = planned[number] if number < len(planned) else {}

    def plan(self):
        return json.loads((FOLDER / "plan.json").read_text())

    def load(self):
        path = FOLDER / "state.json"
        return json.loads(path.read_text()) if path.exists() else {"count": 0, "replicas": {}, "groups": {}}

    def save(self, state):
        (FOLDER / "state.new").write_text(json.dumps(state))
        os.replace(FOLDER / "state.new", FOLDER / "state.json")  # it may be killed at any moment

    def write(self, message):
        data = (message if isinstance(message, str) else json.dumps(message)).encode() + b"\n"
        while data:
            data = data[os.write(OUTPUT, data):]

    def serve(self):
        stream = os.fdopen(INPUT, "rb")
        stream.readline()
        hello = self.life.get("hello", "ok")
        if hello == "exit":
            sys.exit("No module named manta_ray")
        if hello == "silent":
            time.sleep(60)
        if hello != "ok":
            self.write({"error": hello})
            return
        self.write({"hello": {"protocol": 1, "manta": "0", "ray": "2.60.0", "python": "3", "cluster_id": "c",
                              "namespace": "n", "node_id": "n1"}})
        for event in self.life.get("events", []):
            self.write(event)
        for line in stream:
            request = json.loads(line)
            with (FOLDER / "operations").open("a") as notes:
                notes.write(f"{request['op']} {request['args'].get('id') or request['args'].get('name') or ''}\n")
            self.run(request["id"], request["op"], request["args"])

    def run(self, number, op, args):
        rule = next((rule["do"] for rule in self.life.get("rules", []) if rule["op"] == op
                     and rule.get("id", args.get("id")) == args.get("id")), "")
        if rule == "die":
            os.write(OUTPUT, b'{"id":')
            os._exit(3)
        if rule == "start, then die":
            self.start(args)
            os._exit(3)
        if rule == "never":
            return
        if rule == "garbage":
            for line in ("{]", "\xff\xfe", "[1]", '{"id": "x"}', '{"event": "replica_ended", "data": 7}', '{"id": 99999, "ok": 1}'):
                self.write(line)
        if rule == "too long":
            self.write("x" * (17 << 20))
        if rule == "refuse":
            self.write({"id": number, "error": {"code": "InvalidArgument", "reason": "bad", "message": "no", "remedy": "other"}})
            return
        if rule == "unreadable":
            self.write({"id": number, "ok": {"pid": "text"}})
            return
        answer = getattr(self, op)(args)
        if rule == "end first":
            self.end(args["id"])
        if answer is not NOTHING_YET:
            self.write({"id": number, "ok": answer})

    def start(self, args):
        state = self.load()
        if args["id"] not in state["replicas"]:
            state["count"] += 1
            place = args.get("group")
            node = state["groups"][place["name"]][place["bundle"]] if place else args.get("affinity", {}).get("node_id", "n1")
            state["replicas"][args["id"]] = {
                "id": args["id"], "incarnation": f"i{state['count']}", "epoch": 1, "labels": args["labels"], "state": "running",
                "node_id": node, "address": "tcp:10.0.0.2:4100", "pid": 1000 + state["count"], "start_time_s": 1.0, "gpus": []}
        waits = any(rule["do"] == "wait" and rule["op"] == "start" and rule["id"] == args["id"]
                    for rule in self.life.get("rules", []))
        if waits:
            state["replicas"][args["id"]]["state"] = "pending"
        self.save(state)
        return NOTHING_YET if waits else state["replicas"][args["id"]]

    def end(self, replica):
        state = self.load()
        if entry := state["replicas"].pop(replica, None):
            self.save(state)
            self.write({"event": "replica_ended", "data": {
                "id": replica, "incarnation": entry["incarnation"], "pid": entry["pid"], "node_id": entry["node_id"],
                "exit_code": 0, "signal": 0, "last_output": "bye", "reason": ""}})

    def stop(self, args):
        self.end(args["id"])

    def list(self, args):
        return list(self.load()["replicas"].values())

    def create_group(self, args):
        state = self.load()
        state["groups"][args["name"]] = args["bundle_node_ids"]
        self.save(state)
        return {"name": args["name"]}

    def wait_group(self, args):
        return {"name": args["name"]}

    def remove_group(self, args):
        state = self.load()
        state["groups"].pop(args["name"], None)
        self.save(state)

    def list_groups(self, args):
        return [{"name": name} for name in self.load()["groups"]]

    def list_roles(self, args):
        return [{"name": "proxy", "node_id": "n1", "state": "running", "pid": 5, "address": "tcp:10.0.0.1:8000", "reason": ""}]

    def nodes(self, args):
        return self.plan().get("nodes", [])


Bridge().serve()
