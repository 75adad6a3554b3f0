#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace manta::cli {

// What `manta bench` was asked for.
struct BenchRequest {
  std::string url = "http://127.0.0.1:8000/";
  std::string method;                // empty: POST with a body, else GET
  std::string body;                  // text
  std::string body_file;             // or a file as one body
  std::string bodies_file;           // or a body on each line
  std::vector<std::string> headers;  // "name: value"
  std::string chat;                  // model: streamed chat completions of `prompt`
  std::string prompt = "Say hello";
  int max_tokens = 64;
  bool stream = false;  // answers are server-sent events
  bool http2 = false;
  int connections = 0;
  int concurrency = 64;
  std::optional<double> rate;
  double burstiness = 1;
  double duration_s = 10, warm_up_s = 1, timeout_s = 60;
  std::optional<std::uint64_t> count;
  std::uint64_t seed = 1;
  std::string json_file;     // result for programs; "-": instead of the text
  std::string compare_file;  // a result of before
  std::string after_file;    // with compare_file: the result of after, instead of a run
};

// Makes load on a server and says how it did. Exit code 0; 1 when nothing was answered or something cannot be read.
int bench_command(const BenchRequest& request);

}  // namespace manta::cli
