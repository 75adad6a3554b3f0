#pragma once

#include <string>
#include <vector>

#include <manta/error.h>

#include "loadgen/load_plan.h"
#include "loadgen/load_result.h"

namespace manta::loadgen {

// One line on the screen while a load runs.
std::string progress_text(const LoadResult& so_far, double elapsed_s, std::size_t open, std::size_t waiting,
                          bool is_warming_up);

// What a person reads in the end.
std::string result_text(const LoadPlan& plan, const LoadResult& result);

// The same for programs, with the keys of vLLM's benchmark (`request_throughput`, `mean_ttft_ms`, `p99_itl_ms`, ...).
std::string result_json(const LoadPlan& plan, const LoadResult& result, double unix_time_s);

// Two results of result_json() side by side, with the change in percent. InvalidArgument for what is none.
Result<std::string> comparison_text(const std::string& before_json, const std::string& after_json);

}  // namespace manta::loadgen
