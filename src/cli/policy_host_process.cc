#include "cli/policy_host_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <manta/detail/json.h>

#include "net/channel.h"
#include "net/wire.h"
#include "runtime/local/fd_watch.h"
#include "runtime/local/output_capture.h"
#include "runtime/local/spawn.h"

namespace manta::cli {
namespace {

// The controller limits each question itself, by the end of the process.
constexpr Duration kNeverReached = std::chrono::hours(1);

// The child, killed and reaped by the destructor if it has not ended.
class PolicyHostProcess final : public control::PolicyProcess {
 public:
  PolicyHostProcess(Loop& loop, pid_t pid, int connection, std::unique_ptr<runtime::OutputCapture> output,
                    std::function<void(std::string)> ended)
      : pid_(pid), output_(std::move(output)), ended_(std::move(ended)), channel_(loop, connection, {}, budget_) {
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    exit_ = std::make_unique<runtime::FdWatch>(loop, pidfd, [this] { reap(); });
  }
  ~PolicyHostProcess() override {
    if (pid_ == 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  PolicyHostProcess(const PolicyHostProcess&) = delete;
  PolicyHostProcess& operator=(const PolicyHostProcess&) = delete;

  Task<Result<spec::PolicyAnswer>> ask(std::string question) override {
    net::Request request{.method = "POST", .target = std::string(spec::kPolicyPath), .body = std::move(question)};
    request.headers.add("content-type", net::wire::kJson);
    auto response = co_await channel_.call(std::move(request), kNeverReached);
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return detail::from_json<spec::PolicyAnswer>(response->body, UnknownKeys::Ignore);
  }

 private:
  void reap() {
    int status = 0;
    ::kill(-pid_, SIGKILL);  // its group may hold more
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    std::string why = WIFSIGNALED(status) ? fmt::format("its process was killed by signal {} ({})", WTERMSIG(status),
                                                        ::strsignal(WTERMSIG(status)))
                                          : fmt::format("its process ended with exit code {}", WEXITSTATUS(status));
    std::string last = output_->last_lines();
    while (last.ends_with('\n')) last.pop_back();
    if (!last.empty()) why += ": " + last.substr(last.rfind('\n') + 1);
    exit_.reset();
    ended_(std::move(why));
  }

  pid_t pid_;
  std::unique_ptr<runtime::OutputCapture> output_;
  std::function<void(std::string)> ended_;
  std::unique_ptr<runtime::FdWatch> exit_;
  net::ReceiveBudget budget_;
  net::Channel channel_;
};

runtime::SpawnOptions spawn_options(const PolicyHostOptions& options, const control::PolicyHostSpec& spec) {
  std::vector<std::pair<std::string, std::string>> changes(spec.environment.begin(), spec.environment.end());
  changes.emplace_back(control::kPolicyHostVariable, detail::to_json(spec).value_or("{}"));
  const bool is_program = spec.artifact.kind == "executable";
  return {.program = is_program ? spec.artifact.path : "/proc/self/exe",
          .argv = {is_program ? spec.artifact.source : "manta", "policy-host", "--application", spec.application},
          .environment = runtime::environment_with(options.environment, changes)};
}

}  // namespace

Result<std::unique_ptr<control::PolicyProcess>> start_policy_host(Loop& loop, const PolicyHostOptions& options,
                                                                  const control::PolicyHostSpec& spec,
                                                                  std::function<void(std::string)> ended) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return fail(ErrorCode::Unavailable, fmt::format("socketpair: {}", std::strerror(errno)));
  auto output =
      runtime::OutputCapture::open(loop, options.log_path("policy-host-" + spec.application), [](std::string_view) {});
  runtime::SpawnOptions spawn = spawn_options(options, spec);
  spawn.inherited = {ends[1]};
  if (output) spawn.output = (*output)->write_end();
  auto pid = output ? runtime::spawn(spawn) : std::unexpected(output.error());
  ::close(ends[1]);
  if (!pid) {
    ::close(ends[0]);
    return std::unexpected(std::move(pid.error()));
  }
  (*output)->close_write_end();
  return std::make_unique<PolicyHostProcess>(loop, *pid, ends[0], std::move(*output), std::move(ended));
}

}  // namespace manta::cli
