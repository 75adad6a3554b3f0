#include "cli/cluster/ray_python.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "runtime/local/captured_run.h"
#include "runtime/local/spawn.h"
#include "runtime/ray/bridge_messages.h"
#include "runtime/ray/ray_messages.h"

namespace manta::cli {
namespace {

namespace fs = std::filesystem;

// What `python -m manta_ray controller ...` writes.
struct ToolAnswer {
  std::optional<Json> ok;
  std::optional<runtime::BridgeError> error;
};
BOOST_DESCRIBE_STRUCT(ToolAnswer, (), (ok, error))

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::optional<std::string> in_path(const Environment& environment, const std::string& name) {
  const std::string path = environment.get("PATH").value_or("/usr/bin:/bin");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const fs::path file = fs::path(path.substr(begin, end - begin)) / name;
    if (::access(file.c_str(), X_OK) == 0) return file.string();
    begin = end + 1;
  }
  return std::nullopt;
}

std::optional<std::string> python_program(const Environment& environment) {
  if (const auto given = environment.get("MANTA_RAY_PYTHON")) return given;
  const std::string cache =
      environment.get("MANTA_CACHE").value_or(environment.get("HOME").value_or("") + "/.cache/manta");
  if (const fs::path made = fs::path(cache) / "ray/bin/python"; is_file(made)) return made.string();
  return in_path(environment, "python3");
}

std::optional<std::string> package_dir(const std::string& own_binary) {
  const fs::path installed = fs::path(own_binary).parent_path().parent_path() / "share/manta/python";
  for (const fs::path& folder : {installed, fs::path(MANTA_PYTHON_SOURCES)})
    if (is_file(folder / "manta_ray/__main__.py")) return folder.string();
  return std::nullopt;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Result<RayPython> find_ray_python(const Environment& environment, const std::string& own_binary) {
  const auto program = python_program(environment);
  if (!program || ::access(program->c_str(), X_OK) != 0)
    return fail(ErrorCode::NotFound,
                fmt::format("there is no Python at {}; `make ray` installs one with Ray, and MANTA_RAY_PYTHON names "
                            "another",
                            program.value_or("$PATH")));
  const auto package = package_dir(own_binary);
  if (!package)
    return fail(ErrorCode::NotFound,
                "the Python package manta_ray is neither installed with this binary (share/manta/python) nor in its "
                "source tree; `make install` installs it");
  return RayPython{.program = *program, .package_dir = *package};
}

std::vector<std::string> python_environment(const RayPython& python, const Environment& environment) {
  const auto before = environment.get("PYTHONPATH");
  return runtime::environment_with(environment.entries(),
                                   {{"PYTHONPATH", python.package_dir + (before ? ":" + *before : "")}});
}

Task<Result<std::string>> ask_manta_ray(Loop& loop, const RayPython& python, const Environment& environment,
                                        std::vector<std::string> words, std::string json, Duration limit) {
  runtime::CapturedRun run{.program = python.program,
                           .argv = {python.program, "-m", "manta_ray"},
                           .environment = python_environment(python, environment),
                           .time_limit = limit,
                           .input = std::move(json),
                           .may_fail = true};
  run.argv.insert(run.argv.end(), words.begin(), words.end());
  auto output = co_await runtime::run_captured(loop, std::move(run));
  if (!output)
    co_return fail(ErrorCode::Unavailable,
                   fmt::format("{} -m manta_ray failed: {}", python.program, last_line(output.error().message)));
  const auto answer = detail::from_json<ToolAnswer>(last_line(*output), UnknownKeys::Ignore);
  if (!answer) co_return fail(ErrorCode::Internal, "the answer of manta_ray cannot be read: " + answer.error().message);
  if (answer->error) co_return std::unexpected(runtime::error_of(*answer->error));
  co_return answer->ok ? answer->ok->text : "{}";
}

}  // namespace manta::cli
