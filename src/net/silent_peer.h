#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace manta::net {

// Has the kernel ask a peer that says nothing for `idle_s` whether it is still there, and so every `interval_s`; the
// connection is lost when `count` questions in a row are not answered.
inline void ask_silent_peer(int fd, int idle_s, int interval_s, int count) {
  const auto set = [fd](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
  set(IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
  set(IPPROTO_TCP, TCP_KEEPCNT, count);
}

// Has the kernel ask a TCP peer that says nothing for half a minute whether it is still there: a connection whose peer
// has vanished is lost a minute later. For requests that may rightly wait for ever.
inline void probe_silent_peer(int fd) { ask_silent_peer(fd, 30, 10, 3); }

// A connection between processes of one instance is lost 5 s after the other machine has vanished, whether something
// is on its way there (which its kernel does not confirm) or not: an answer that cannot come is not waited for. The
// kernel of a process that is busy, or stopped, answers; that one is lost when its buffers have been full for as long.
inline void notice_vanished_machine(int fd) {
  const unsigned limit_ms = 5000;
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof limit_ms);
  ask_silent_peer(fd, 2, 1, 3);
}

}  // namespace manta::net
