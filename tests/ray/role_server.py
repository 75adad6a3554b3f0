"""A role's process for tests: accepts on the descriptor it was given, and tells each connection its pid and greeting.

Arguments: LISTENING-DESCRIPTOR [START-UP-SECONDS]."""

import os
import socket
import sys
import time

time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
server = socket.socket(fileno=int(sys.argv[1]))
print("serving", flush=True)
while True:
    connection, _ = server.accept()
    connection.sendall(f"{os.getpid()} {os.environ.get('GREETING', '')}".encode())
    connection.close()
