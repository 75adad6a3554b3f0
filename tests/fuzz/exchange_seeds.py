#!/usr/bin/env python3
"""Writes the seeds of http1_server, h2_server, h2_client and peer_proof into tests/fuzz/corpus."""
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "corpus"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def write(folder, seeds):
    (HERE / folder).mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (HERE / folder / name).write_bytes(data)


get, post = b"\x82\x86\x84\x41\x01a", b"\x83\x86\x84\x41\x01a"
settings, ack = frame(4, 0, 0), frame(4, 1, 0)

write("http1_server", {
    "get": b"\xffGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "pipelined": b"\xffGET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /12 HTTP/1.1\r\nHost: a\r\n\r\nGET /123 HTTP/1.1\r\nHost: a\r\n\r\n",
    "post": b"\x01POST /12 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": b"\x01POST /1234 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n",
    "continue": b"\x02POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    "absolute": b"\xffGET http://a/b?c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "both_lengths": b"\xffPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "preface": b"\xffPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + frame(1, 5, 1, get),
    "slow": b"\x00GET \xfe/ HTTP/1.1\r\n",
})
write("h2_server", {
    "get": b"\x00\xff" + settings + frame(1, 5, 1, get),
    "post": b"\x01\x04" + settings + ack + frame(1, 4, 1, post + field(b"content-length", b"5")) + frame(0, 1, 1, b"hello"),
    "reset": b"\x00\x02" + settings + frame(1, 4, 1, post) + frame(3, 0, 1, b"\0\0\0\x08"),
    "continuation": b"\x00\xff" + settings + frame(1, 1, 1, get) + frame(9, 4, 1, field(b"x", b"y")),
    "trailers": b"\x01\xff" + settings + frame(1, 4, 1, post) + frame(0, 0, 1, b"a") + frame(1, 5, 1, field(b"x", b"y")),
    "ping_window": b"\x00\xff" + settings + frame(6, 0, 0, b"12345678") + frame(8, 0, 0, b"\0\0\1\0") + frame(1, 5, 1, get),
    "padded": b"\x01\xff" + settings + frame(1, 4, 1, post) + frame(0, 9, 1, b"\x02hello\0\0"),
})
write("h2_client", {
    "answers": b"\xff" + settings + ack + b"".join(
        frame(1, 4, i, b"\x88") + frame(0, 1, i, b"hello") for i in (1, 3, 5, 7, 9, 11, 13, 15)),
    "goaway": b"\x02" + settings + ack + frame(7, 0, 0, struct.pack(">II", 5, 0)) + frame(1, 5, 1, b"\x88"),
    "refused": b"\xff" + settings + ack + frame(3, 0, 1, b"\0\0\0\x07") + frame(3, 0, 3, b"\0\0\0\x02"),
    "trailers": b"\x08" + settings + ack + frame(1, 4, 1, b"\x88") + frame(0, 0, 1, b"x" * 40) + frame(1, 5, 1, field(b"x-manta-status", b"ok")),
    "interim": b"\xff" + settings + frame(1, 4, 3, field(b":status", b"103")) + frame(1, 5, 3, b"\x88"),
    "limits": b"\xff" + frame(4, 0, 0, struct.pack(">HIHI", 3, 1, 4, 0)) + ack,
    "long": b"\x40" + settings + ack + frame(1, 4, 7, b"\x88" + field(b"content-length", b"30000")) + frame(0, 1, 7, b"y" * 30000),
})
write("peer_proof", {
    "http1": b"\x00\xffGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "magic": b"\x00\x00MANTA1\r\n" + b"n" * 32 + b"h" * 32,
    "other_version": b"\x00\xffMANTA2\r\n",
    "long": b"\x00\xffMANTA1\r\n" + b"x" * 500,
    "wrong_proof": b"\x01\xff" + b"p" * 32 + b"PRI * HTTP/2.0\r\n",
    "half_a_proof": b"\x01\x03" + b"p" * 16,
    "right": b"\x02\x07" + bytes(104) + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "one_bit": b"\x02\xff" + bytes(103) + b"\x01",
    "hello_bit": b"\x02\xff" + bytes(40) + b"\x80",
})
