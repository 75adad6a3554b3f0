#include "runtime/local/captured_run.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/local/fd_watch.h"
#include "runtime/local/spawn.h"

namespace manta::runtime {
namespace {

constexpr std::size_t kMaxOutput = std::size_t{16} << 20;

// One end of a pipe being read to its end.
struct Reading {
  std::string text;
  std::unique_ptr<FdWatch> watch;
};

// A file without a name, at whose begin it is read; -1 when it cannot be made.
int file_with(const std::string& text) {
  const int file = ::memfd_create("input", MFD_CLOEXEC);
  if (file >= 0 && ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) return file;
  if (file >= 0) ::close(file);
  return -1;
}

// The child and the coroutine that waits for its end. Killed and reaped by the destructor if it has not ended.
class Child {
 public:
  Child(Loop& loop, const CapturedRun& run) : loop_(loop), time_limit_(run.time_limit), may_fail_(run.may_fail) {
    start(run);
  }
  ~Child() {
    loop_.cancel(timer_);
    if (pid_ > 0) finish(SIGKILL);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  struct Ended {
    Child& child;
    bool await_ready() const { return child.pid_ <= 0; }
    void await_suspend(std::coroutine_handle<> handle) { child.waiting_ = detail::Resumption(handle); }
    void await_resume() {}
    ~Ended() { child.waiting_.forget(); }
  };
  Ended ended() { return Ended{*this}; }

  Result<std::string> result() {
    if (start_error_) return std::unexpected(*start_error_);
    if (timed_out_)
      return fail(ErrorCode::DeadlineExceeded,
                  fmt::format("did not finish within {:g} s", std::chrono::duration<double>(time_limit_).count()),
                  err_.text);
    if (WIFEXITED(status_) && (WEXITSTATUS(status_) == 0 || (may_fail_ && !out_.text.empty())))
      return std::move(out_.text);
    const std::string how = WIFSIGNALED(status_) ? fmt::format("was killed by signal {} ({})", WTERMSIG(status_),
                                                               ::strsignal(WTERMSIG(status_)))
                                                 : fmt::format("ended with exit code {}", WEXITSTATUS(status_));
    while (err_.text.ends_with('\n')) err_.text.pop_back();
    return fail(ErrorCode::AppError, err_.text.empty() ? how : err_.text, how);
  }

 private:
  void start(const CapturedRun& run) {
    std::array<int, 2> out{}, err{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
      start_error_ =
          Error{.code = ErrorCode::Unavailable, .message = std::string("cannot make a pipe: ") + std::strerror(errno)};
      return;
    }
    const int input = run.input.empty() ? -1 : file_with(run.input);
    const SpawnOptions options{.program = run.program,
                               .argv = run.argv,
                               .environment = run.environment,
                               .inherited = {},
                               .output = err[1],
                               .separate_stdout = out[1],
                               .input = input};
    auto pid = spawn(options);
    ::close(out[1]);
    ::close(err[1]);
    if (input >= 0) ::close(input);
    read_from(out_, out[0]);
    read_from(err_, err[0]);
    if (!pid) {
      start_error_ = std::move(pid.error());
      return;
    }
    pid_ = *pid;
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    exit_ = std::make_unique<FdWatch>(loop_, pidfd, [this] { end(false); });
    timer_ = loop_.after(time_limit_, [this] { end(true); });
  }

  void read_from(Reading& reading, int fd) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    reading.watch = std::make_unique<FdWatch>(loop_, fd, [&reading] { drain(reading); });
  }

  static void drain(Reading& reading) {
    std::array<char, 16384> buffer;
    while (reading.watch) {
      const ssize_t got = ::read(reading.watch->fd(), buffer.data(), buffer.size());
      if (got > 0 && reading.text.size() < kMaxOutput)
        reading.text.append(buffer.data(), static_cast<std::size_t>(got));
      if (got > 0 || (got < 0 && errno == EINTR)) continue;
      if (got == 0) reading.watch.reset();
      return;
    }
  }

  void finish(int signal) {
    ::kill(-pid_, signal);
    ::waitpid(pid_, &status_, 0);
    pid_ = 0;
  }

  void end(bool timed_out) {
    timed_out_ = timed_out;
    finish(SIGKILL);  // harmless for one that has ended; its group may hold more
    drain(out_);
    drain(err_);
    exit_.reset();
    loop_.cancel(timer_);
    waiting_.resume();
  }

  Loop& loop_;
  Duration time_limit_;
  bool may_fail_;
  Reading out_, err_;
  std::unique_ptr<FdWatch> exit_;
  TimerId timer_ = 0;
  pid_t pid_ = 0;
  int status_ = 0;
  bool timed_out_ = false;
  std::optional<Error> start_error_;
  detail::Resumption waiting_;
};

}  // namespace

Task<Result<std::string>> run_captured(Loop& loop, CapturedRun run) {
  const auto child = std::make_unique<Child>(loop, run);
  co_await child->ended();
  co_return child->result();
}

}  // namespace manta::runtime
