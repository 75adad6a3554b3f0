"""Stands in for an inference engine that starts workers of its own inside a replica. Usage: MODE MANTA_PROGRAM.

claims: a worker for each bundle, each by `manta claim`; twice: two workers want bundle 0; outside: it ignores what its
replica holds and reserves two GPUs for itself. Prints one line, "ready ..." or what went wrong."""
import http.client
import json
import os
import socket
import subprocess
import sys
import time

NOTE = json.loads(os.environ["MANTA_PLACEMENT_GROUP"])
WORKER = [sys.executable, "-uc", "import os, time; print(os.environ['CUDA_VISIBLE_DEVICES']); time.sleep(1000)"]


class AgentConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(NOTE["agent_socket"])


def reserve(request):
    connection = AgentConnection("agent")
    connection.request("POST", "/claim", json.dumps(request), {"content-type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def worker(manta, bundle):
    process = subprocess.Popen([manta, "claim", "--bundles", str(bundle), "--", *WORKER], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def say(line):
    print(line, flush=True)


def main(mode, manta):
    if mode == "outside":
        status, answer = reserve({"pid": os.getpid(), "resources": {"GPU": 2}})
        if status != 200:
            say(f"{status}: {answer['error']['message']}")
            sys.exit(1)
        say("ready: it has booked twice")
    bundles = range(len(NOTE["bundles"])) if mode == "claims" else [0, 0]
    devices = []
    for bundle in bundles:
        process, line = worker(manta, bundle)
        if not line:
            say(process.stderr.read().strip().replace("\n", " "))
            sys.exit(1)
        devices.append(line)
    say("ready " + json.dumps(devices))
    time.sleep(1000)


main(sys.argv[1], sys.argv[2])
