// Unix sockets are for processes of the same user.

#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

#include "net_fixture.h"

namespace manta::net {
namespace {

constexpr ::uid_t kSomebody = 65534;

// A process of another user asks once; 1: answered, 2: the connection was closed instead, others: it could not ask.
[[noreturn]] void ask_as_somebody(const Address& address) {
  if (::setgid(kSomebody) != 0 || ::setuid(kSomebody) != 0) ::_exit(3);
  const auto fd = connect_to(address);
  if (!fd) ::_exit(4);
  ::fcntl(*fd, F_SETFL, 0);
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ::send(*fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
  char byte = 0;
  ::_exit(::recv(*fd, &byte, 1, 0) == 1 ? 1 : 2);
}

class PeerUidTest : public NetTest {
 protected:
  ~PeerUidTest() override { std::filesystem::remove_all(folder_); }

  // What the other process says.
  int outcome(bool check_peer_uid) {
    serve({.check_peer_uid = check_peer_uid}, echo);
    const auto address = Address::parse("unix:" + (folder_ / "s").string()).value();
    const auto fd = listen_on(address);
    EXPECT_TRUE(fd.has_value());
    ::chmod((folder_ / "s").c_str(), 0777);
    server->listen(*fd);
    const ::pid_t child = ::fork();
    if (child == 0) ask_as_somebody(address);
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      loop.poll();
      std::this_thread::yield();
    }
    std::filesystem::remove(folder_ / "s");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::filesystem::path folder_ = [] {
    std::string name = std::filesystem::temp_directory_path() / "manta-uid-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    ::chmod(name.c_str(), 0711);
    return name;
  }();
};

TEST_F(PeerUidTest, AnotherUserIsRefusedWhereTheServerAsksForIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can start a process of another user";
  EXPECT_EQ(outcome(false), 1);
  EXPECT_EQ(outcome(true), 2);
  EXPECT_EQ(server->stats().connections, 0u);
}

}  // namespace
}  // namespace manta::net
