#pragma once

// The whole API. Smaller headers compile faster: <manta/deployment.h> for a class, <manta/handle.h> for calling,
// <manta/application.h> for wiring.

#include <cstdint>

#include <manta/application.h>
#include <manta/args.h>
#include <manta/autoscaling_policy.h>
#include <manta/batch.h>
#include <manta/client.h>
#include <manta/compute.h>
#include <manta/config.h>
#include <manta/deployment.h>
#include <manta/error.h>
#include <manta/function.h>
#include <manta/handle.h>
#include <manta/http.h>
#include <manta/mailbox.h>
#include <manta/multiplexed.h>
#include <manta/retry.h>
#include <manta/stream_batch.h>
#include <manta/task.h>
#include <manta/tensor.h>
#include <manta/waiting.h>

namespace manta {

namespace detail {

// Changes whenever a shared object built with other headers could not work with this library.
inline constexpr std::uint32_t kAbi = 8;

// What MANTA_APP exports.
struct ArtifactEntry {
  std::uint32_t abi;
  const char* version;  // of the headers, for the message when abi differs
  std::vector<Application> (*build)(const Args&);
};

}  // namespace detail

namespace cli {
// The command line of the `manta` binary. `builtin_build`: the application inside this executable, or null.
int run(int argc, char** argv, BuildFunction* builtin_build);
}  // namespace cli

// For an executable that holds its application: the same command line as `manta`, whose `run` without an argument
// serves build(). `int main(int argc, char** argv) { return manta::main(argc, argv, build); }`
template <class Build>
int main(int argc, char** argv, Build build) {
  BuildFunction function = [build](const Args& args) mutable { return detail::run_build(build, args); };
  return cli::run(argc, argv, &function);
}

}  // namespace manta

// Exports an application from a shared object: MANTA_APP(build) makes `manta run ./libapp.so:build` find the function
// `Application build(const Args&)`. Several may stand in one object.
#define MANTA_APP(function)                                                                                       \
  extern "C" __attribute__((visibility("default"))) const ::manta::detail::ArtifactEntry manta_app_##function = { \
      ::manta::detail::kAbi, MANTA_VERSION,                                                                       \
      +[](const ::manta::Args& args) { return ::manta::detail::run_build(function, args); }};

#define MANTA_VERSION "0.1.0"
