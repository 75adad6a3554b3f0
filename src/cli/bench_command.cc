#include "cli/bench_command.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include <unistd.h>

#include "base/loop.h"
#include "base/unix_time.h"
#include "cli/bench_plan.h"
#include "cli/option_file.h"
#include "cli/terminal.h"
#include "loadgen/generator.h"
#include "loadgen/summary.h"
#include "runtime/local/fd_watch.h"

namespace manta::cli {
namespace {

constexpr Duration kProgressPeriod = std::chrono::seconds(1);

int refuse(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

// Runs a load to its end, or to Ctrl-C, and shows each second how it goes: on a terminal always in the same line.
class LoadRun {
 public:
  explicit LoadRun(const loadgen::LoadPlan& plan) : generator_(loop_, plan, [this] { loop_.stop(); }) {}

  const loadgen::LoadResult& run() {
    const auto signals = runtime::watch_signals(loop_, {SIGINT, SIGTERM}, [this](int) { stop(); });
    begun_ = loop_.now();
    loop_.post([this] { generator_.begin(); });
    tick();
    loop_.run();
    loop_.cancel(timer_);
    if (is_terminal_) std::fputs("\r\033[K", stderr);
    return generator_.result();
  }

 private:
  // The first asks for what is open to end, the second does not wait for it.
  void stop() {
    if (std::exchange(stopping_, true)) return loop_.stop();
    generator_.stop();
  }
  void tick() {
    timer_ = loop_.after(kProgressPeriod, [this] {
      show();
      tick();
    });
  }
  void show() {
    const double elapsed_s = std::chrono::duration<double>(loop_.now() - begun_).count();
    const std::string text = loadgen::progress_text(generator_.result(), elapsed_s, generator_.open(),
                                                    generator_.waiting(), generator_.is_warming_up());
    if (is_terminal_) return static_cast<void>(std::fprintf(stderr, "\r\033[K%s", text.c_str()));
    if (++shown_ % 10 == 0) print_error_line(text);
  }

  SystemClock clock_;
  Loop loop_{clock_};
  loadgen::Generator generator_;
  TimePoint begun_{};
  TimerId timer_ = 0;
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool stopping_ = false;
  int shown_ = 0;
};

// Shows what has changed since the result of before. Returns the exit code.
int compare_with(const BenchRequest& request, const std::string& after_json) {
  const auto before = file_of_option("--compare", request.compare_file);
  if (!before) return refuse(before.error());
  const auto text = loadgen::comparison_text(*before, after_json);
  if (!text) return refuse(text.error());
  std::fputs(text->c_str(), stdout);
  return 0;
}

int compare_files(const BenchRequest& request) {
  const auto after = file_of_option("--after", request.after_file);
  return after ? compare_with(request, *after) : refuse(after.error());
}

}  // namespace

int bench_command(const BenchRequest& request) {
  if (!request.after_file.empty()) return compare_files(request);
  const auto plan = bench_plan(request);
  if (!plan) return refuse(plan.error());
  LoadRun load(*plan);
  const loadgen::LoadResult& result = load.run();
  const std::string json = loadgen::result_json(*plan, result, unix_time_s());
  std::fputs(request.json_file == "-" ? json.c_str() : loadgen::result_text(*plan, result).c_str(), stdout);
  if (!request.json_file.empty() && request.json_file != "-") {
    std::ofstream file(request.json_file);
    if (!(file << json))
      return refuse({ErrorCode::InvalidArgument, "--json: " + request.json_file + " cannot be written"});
  }
  if (!request.compare_file.empty() && compare_with(request, json) != 0) return 1;
  return result.completed > 0 ? 0 : 1;
}

}  // namespace manta::cli
