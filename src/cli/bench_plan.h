#pragma once

#include <manta/error.h>

#include "cli/bench_command.h"
#include "loadgen/load_plan.h"

namespace manta::cli {

// The load of a command line: reads files and finds the address. Errors name the option.
Result<loadgen::LoadPlan> bench_plan(const BenchRequest& request);

struct HttpUrl {
  std::string host, port, target;  // target: path and query
};
// "http://host:port/path", "host:port/path". InvalidArgument for https and what is no URL.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace manta::cli
