#include "builtin/ort_threads.h"

#include <charconv>

#include <manta/detail/replica_environment.h>
#include <manta/error.h>

namespace manta::builtin {
namespace {

constexpr int kMostThreads = 1024;

int from_environment(int given, const std::string& variable) {
  return ort_threads(given, variable, detail::replica_environment(variable));
}

}  // namespace

int ort_threads(int given, const std::string& variable, const std::optional<std::string>& value) {
  if (given != 0 || !value) return given == 0 ? 1 : given;
  int threads = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), threads);
  if (error == std::errc{} && end == value->data() + value->size() && threads >= 1 && threads <= kMostThreads)
    return threads;
  throw Exception({.code = ErrorCode::InvalidArgument,
                   .message = "the environment variable " + variable + " is '" + *value +
                              "', but must be a whole number from 1 to " + std::to_string(kMostThreads),
                   .detail = variable});
}

int ort_intra_threads(int given) { return from_environment(given, "ORT_INTRA_THREADS"); }
int ort_inter_threads(int given) { return from_environment(given, "ORT_INTER_THREADS"); }

}  // namespace manta::builtin
