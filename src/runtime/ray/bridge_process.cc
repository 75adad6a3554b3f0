#include "runtime/ray/bridge_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <manta/detail/json.h>

#include "runtime/local/spawn.h"
#include "runtime/ray/ray_messages.h"

namespace manta::runtime {
namespace {

constexpr Duration kExitLimit = std::chrono::seconds(1);

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int release() { return std::exchange(fd, -1); }
};

// What Ray's libraries write on the way is kept in the file; only what they call a warning is told.
void tell_noise(Logger& logger, std::string_view line) {
  if (line.starts_with("ERROR") || line.starts_with("CRITICAL") || line.starts_with("WARNING"))
    logger.warn("the bridge to Ray says", {{"line", line}});
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.rfind('\n');
  return end == std::string::npos ? text : text.substr(end + 1);
}

}  // namespace

BridgeProcess::BridgeProcess(Loop& loop, Logger& logger, BridgeOptions options, Callbacks callbacks)
    : loop_(loop),
      logger_(logger),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      lines_(kMostBridgeLine) {}

Result<std::unique_ptr<BridgeProcess>> BridgeProcess::start(Loop& loop, Logger& logger, BridgeOptions options,
                                                            Callbacks callbacks) {
  std::unique_ptr<BridgeProcess> bridge(new BridgeProcess(loop, logger, std::move(options), std::move(callbacks)));
  if (auto launched = bridge->launch(); !launched) return std::unexpected(std::move(launched.error()));
  return bridge;
}

BridgeProcess::~BridgeProcess() {
  loop_.cancel(hello_timer_);
  ended_ = true;
  if (pid_ > 0) (void)how_it_ended();
}

// Its input is a socket and not a pipe: writing to a bridge that has just ended must be an error, not a signal.
Result<void> BridgeProcess::launch() {
  if (options_.argv.empty()) return fail(ErrorCode::InvalidArgument, "no program for the bridge to Ray");
  std::array<int, 2> input{}, output{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()) != 0)
    return fail(ErrorCode::Unavailable, fmt::format("socketpair: {}", std::strerror(errno)));
  Descriptor to{input[0]}, their_input{input[1]};
  if (::pipe2(output.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::Unavailable, fmt::format("pipe: {}", std::strerror(errno)));
  Descriptor from{output[0]}, their_output{output[1]};
  auto noise = OutputCapture::open(loop_, options_.log_path.empty() ? "/dev/null" : options_.log_path,
                                   [this](std::string_view line) { tell_noise(logger_, line); });
  if (!noise) return std::unexpected(std::move(noise.error()));
  noise_ = *std::move(noise);
  SpawnOptions options{.program = options_.argv[0],
                       .argv = options_.argv,
                       .environment = options_.environment,
                       .inherited = {their_input.fd, their_output.fd},
                       .output = noise_->write_end()};
  options.argv.insert(options.argv.end(),
                      {"--input", std::to_string(kFirstInherited), "--output", std::to_string(kFirstInherited + 1)});
  auto pid = spawn(options);
  if (!pid) return std::unexpected(std::move(pid.error()));
  noise_->close_write_end();
  pid_ = *pid;
  ::fcntl(from.fd, F_SETFL, O_NONBLOCK);
  ::fcntl(to.fd, F_SETFL, O_NONBLOCK);
  from_ = std::make_unique<FdWatch>(loop_, from.release(), [this] { read(); });
  to_ = std::make_unique<FdWatch>(loop_, to.release(), nullptr);
  write("{\"hello\":" + options_.hello + "}");
  hello_timer_ = loop_.after(options_.hello_limit, [this] { end("it did not answer the hello in time"); });
  return {};
}

// What a line leads to may end or destroy the bridge.
void BridgeProcess::read() {
  const std::weak_ptr<bool> alive = alive_;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(from_->fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return await_exit();
    const auto lines = lines_.add(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    for (const std::string& line : lines) {
      take_line(line);
      if (alive.expired() || ended_) return;
    }
    if (lines_.too_long()) return end(fmt::format("it wrote a line of more than {} bytes", kMostBridgeLine));
  }
}

void BridgeProcess::take_line(const std::string& text) {
  auto line = detail::from_json<BridgeLine>(text, UnknownKeys::Ignore);
  if (!line) {
    logger_.error("a line of the bridge to Ray cannot be read",
                  {{"bytes", text.size()}, {"error", line.error().message}});
  } else if (line->id) {
    const std::uint64_t id = *line->id;
    take_answer(id, *std::move(line));
  } else if (!line->event.empty()) {
    if (callbacks_.on_event) callbacks_.on_event(std::move(line->event), std::move(line->data.text));
  } else if (line->hello && !welcomed_) {
    welcomed_ = true;
    loop_.cancel(std::exchange(hello_timer_, 0));
    if (callbacks_.on_welcome) callbacks_.on_welcome(*std::move(line->hello));
  } else if (line->error && !welcomed_) {
    end_with(error_of(*line->error));
  } else {
    logger_.error("a line of the bridge to Ray means nothing here",
                  {{"bytes", text.size()}, {"error", line->error ? line->error->message : ""}});
  }
}

// Its pipe is closed a moment before its exit code is there.
void BridgeProcess::await_exit() {
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd < 0) return end("it ended");
  from_.reset();
  exit_ = std::make_unique<FdWatch>(loop_, pidfd, [this] { end("it ended"); });
  loop_.cancel(hello_timer_);
  hello_timer_ = loop_.after(kExitLimit, [this] { end("it closed its pipe"); });
}

// Kills what is left of it and says how it went.
std::string BridgeProcess::how_it_ended() {
  const pid_t pid = std::exchange(pid_, 0);
  int status = 0;
  const bool had_ended = ::waitpid(pid, &status, WNOHANG) == pid;
  ::kill(-pid, SIGKILL);
  if (!had_ended) ::waitpid(pid, &status, 0);
  if (had_ended && WIFEXITED(status)) return fmt::format("exit code {}", WEXITSTATUS(status));
  if (had_ended && WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
  return "killed";
}

void BridgeProcess::end(const std::string& why) {
  if (ended_) return;
  const std::string how = how_it_ended();
  const std::string said = last_line(noise_->last_lines());
  end_with({.code = ErrorCode::Unavailable,
            .message = fmt::format("the bridge to Ray is gone: {} ({}){}{}", why, how, said.empty() ? "" : ": ", said),
            .detail = kBridgeLost});
}

void BridgeProcess::end_with(Error error) {
  if (std::exchange(ended_, true)) return;
  loop_.cancel(std::exchange(hello_timer_, 0));
  if (pid_ > 0) (void)how_it_ended();
  from_.reset();
  exit_.reset();
  to_.reset();
  unsent_.clear();
  const std::shared_ptr<Calls> calls = calls_;
  const std::weak_ptr<bool> alive = alive_;
  const std::string message = error.message;
  const auto on_end = callbacks_.on_end;
  if (on_end) on_end(std::move(error));
  while (!calls->open.empty()) {
    Open& open = *calls->open.begin()->second;
    calls->open.erase(calls->open.begin());
    open.result = fail(ErrorCode::Unavailable, message, kBridgeLost);
    open.answered.notify();
  }
  if (!alive.expired()) room_.notify();
}

}  // namespace manta::runtime
