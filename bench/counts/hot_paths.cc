// hot_paths [NAME...]: runs the hot paths, or those named, and prints one line of JSON for each: how many operations
// were counted and how many allocations they made. bench/counts/run runs it under callgrind, which counts what is
// inside of manta_counted_runs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "hot_path.h"

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);

static std::size_t allocations = 0;  // of all threads; those that are counted happen on one

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}

[[gnu::noinline]] void manta_counted_runs(const std::function<void()>& run, int runs) {
  for (int i = 0; i < runs; ++i) run();
}

}  // extern "C"

namespace manta::counts {
namespace {

void count(const HotPath& path) {
  const auto run = path.set_up();
  for (int i = 0; i < path.runs / 4 + 16; ++i) run();  // caches, pools and tables have filled
  const std::size_t before = allocations;
  const auto begun = std::chrono::steady_clock::now();
  manta_counted_runs(run, path.runs);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
  const auto made = allocations - before;
  const double operations = static_cast<double>(path.runs) * path.operations;
  std::printf("{\"path\": \"%s\", \"operations\": %.0f, \"allocations\": %zu, \"ns\": %.0f}\n", path.name.c_str(),
              operations, made, took.count() / operations);
  std::fflush(stdout);
}

}  // namespace

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "hot_paths: %s\n", what);
  std::abort();
}

}  // namespace manta::counts

int main(int count, char** arguments) {
  using namespace manta::counts;
  const std::vector<std::string_view> wanted(arguments + 1, arguments + count);
  for (const auto& paths : {codec_paths(), net_paths(), routing_paths(), serving_paths(), call_paths(), openai_paths()})
    for (const HotPath& path : paths)
      if (wanted.empty() || std::ranges::find(wanted, path.name) != wanted.end()) manta::counts::count(path);
}
