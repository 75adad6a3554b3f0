// Drives a RayBackend by commands, for test_backend.py: one JSON object a line on standard input, answers and events
// on standard output. Executed with "replica" as first argument it is a replica: it tells its id to whoever connects.
//
// Usage: ray_backend_probe PYTHON ADDRESS NAMESPACE EPOCH NODE_IP BRIDGE_LOG
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "base/log.h"
#include "base/task_scope.h"
#include "runtime/local/fd_watch.h"
#include "runtime/ray/line_buffer.h"
#include "runtime/ray/ray_backend.h"

namespace manta::runtime {
namespace {

struct Command {
  std::string op;
  std::string id;
  std::vector<ReplicaProcess> start;  // one, or all members of a gang
  double grace_s = 0;
  std::optional<RoleStart> role;
  std::vector<Amounts> demand;
};
BOOST_DESCRIBE_STRUCT(Command, (), (op, id, start, grace_s, role, demand))

struct Reply {
  std::string op, id;
  std::optional<Json> ok;
  std::string error, reason;
};
BOOST_DESCRIBE_STRUCT(Reply, (), (op, id, ok, error, reason))

void print(const Reply& reply) {
  std::printf("%s\n", detail::to_json(reply).value_or("{}").c_str());
  std::fflush(stdout);
}

template <class T>
void print_event(const std::string& name, const T& data) {
  print({.op = name, .ok = Json{detail::to_json(data).value_or("null")}});
}

template <class T>
Task<void> answer(std::string op, std::string id, Task<Result<T>> task) {
  const Result<T> result = co_await task;
  Reply reply{.op = std::move(op), .id = std::move(id)};
  if (!result) {
    reply.error = result.error().message;
    reply.reason = result.error().detail;
  } else if constexpr (std::is_void_v<T>) {
    reply.ok = Json{};
  } else {
    reply.ok = Json{detail::to_json(*result).value_or("null")};
  }
  print(reply);
}

class Probe {
 public:
  Probe(Loop& loop, Logger& logger, RayOptions options)
      : loop_(loop), backend_(loop, logger, std::move(options)), tasks_(loop) {
    backend_.on_exit([](const ReplicaExit& exit) { print_event("exit", exit); });
    backend_.on_nodes_changed([] { print_event("nodes_changed", 0); });
    backend_.on_role_end([](const RoleEnd& end) { print_event("role_end", end); });
    backend_.on_superseded([] { print_event("superseded", 0); });
    tasks_.spawn(answer("first_attempt", "", backend_.first_attempt()));
    ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    input_ = std::make_unique<FdWatch>(loop, STDIN_FILENO, [this] { read(); });
  }

 private:
  void read() {
    char buffer[4096];
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) return loop_.stop();
    if (got < 0) return;
    for (const std::string& line : lines_.add({buffer, static_cast<std::size_t>(got)})) {
      auto command = detail::from_json<Command>(line);
      if (command)
        run(*std::move(command));
      else
        print({.op = "command", .error = command.error().message});
    }
  }

  void run(Command command) {
    const std::string& op = command.op;
    for (ReplicaProcess& process : command.start)
      starts_[process.id] = tasks_.spawn(answer("start", process.id, backend_.start(process)));
    if (op == "give_up") tasks_.cancel(starts_[command.id]);
    if (op == "stop") tasks_.spawn(answer(op, command.id, backend_.stop(command.id, command.grace_s)));
    if (op == "list") tasks_.spawn(answer(op, "", backend_.list()));
    if (op == "nodes") tasks_.spawn(answer(op, "", backend_.nodes()));
    if (op == "pending") tasks_.spawn(answer(op, "", backend_.pending()));
    if (op == "demand") tasks_.spawn(answer(op, "", backend_.demand(command.demand)));
    if (op == "start_role") tasks_.spawn(answer(op, command.role->name, backend_.start_role(*command.role)));
    if (op == "stop_role") tasks_.spawn(answer(op, command.id, backend_.stop_role(command.id, command.grace_s)));
    if (op == "list_roles") tasks_.spawn(answer(op, "", backend_.list_roles()));
    if (op == "given_back") tasks_.spawn(give_back());
    if (op == "bridge") print_event("bridge", backend_.bridge_pid());
  }

  Task<void> give_back() {
    co_await backend_.given_back(std::chrono::seconds(30));
    print_event("given_back", 0);
  }

  Loop& loop_;
  RayBackend backend_;
  LineBuffer lines_{1 << 20};
  std::unique_ptr<FdWatch> input_;
  std::map<std::string, TaskScope::Id> starts_;
  TaskScope tasks_;
};

int drive(char** arguments, char** environment) {
  SystemClock clock;
  Loop loop(clock);
  Logger logger({.component = "probe", .async = false});
  char self[4096] = {};
  if (::readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
  RayOptions options{.bridge_argv = {arguments[0], "-m", "manta_ray"},
                     .bridge_log = arguments[5],
                     .hello = {.manta = "0.1.0",
                               .address = arguments[1],
                               .ray_namespace = arguments[2],
                               .node_ip = arguments[4],
                               .epoch = std::stoull(arguments[3])},
                     .launch = {.program = self, .environment = {{"MANTA_CLUSTER_TOKEN", "token"}}},
                     .groups = {.gather = std::chrono::seconds(2), .reserve = std::chrono::seconds(3)}};
  for (char** entry = environment; *entry != nullptr; ++entry) options.bridge_environment.emplace_back(*entry);
  Probe probe(loop, logger, std::move(options));
  loop.run();
  return 0;
}

// {"replica", ID, "--listen-fd", FD}
int be_replica(char** arguments) {
  const int listening = std::stoi(arguments[3]);
  for (;;) {
    const int peer = ::accept(listening, nullptr, nullptr);
    if (peer < 0) return 1;
    const char* devices = ::getenv("CUDA_VISIBLE_DEVICES");
    const char* token = ::getenv("MANTA_CLUSTER_TOKEN");
    const std::string text = std::string(arguments[1]) + " " + (devices ? devices : "") + " " + (token ? token : "");
    (void)!::write(peer, text.data(), text.size());
    ::close(peer);
  }
}

}  // namespace
}  // namespace manta::runtime

int main(int count, char** arguments, char** environment) {
  if (count == 5 && std::strcmp(arguments[1], "replica") == 0) return manta::runtime::be_replica(arguments + 1);
  if (count == 7) return manta::runtime::drive(arguments + 1, environment);
  std::fprintf(stderr, "usage: %s PYTHON ADDRESS NAMESPACE EPOCH NODE_IP BRIDGE_LOG\n", arguments[0]);
  return 2;
}
