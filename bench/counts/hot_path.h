#pragma once

#include <functional>
#include <string>
#include <vector>

namespace manta::counts {

// One path whose cost is kept in counts.json. All of it runs on one thread and in virtual time, so that every run does
// the same.
struct HotPath {
  using Run = std::function<void()>;

  std::string name;             // as in counts.json
  int runs = 1000;              // that are counted
  int operations = 1;           // that one run does
  std::function<Run()> set_up;  // what it makes lives as long as the run it returns
};

// Aborts: a path that does not do its work must not be counted.
void require(bool condition, const char* what);

std::vector<HotPath> codec_paths();
std::vector<HotPath> net_paths();
std::vector<HotPath> routing_paths();
std::vector<HotPath> serving_paths();
std::vector<HotPath> call_paths();
std::vector<HotPath> openai_paths();

}  // namespace manta::counts
