#include "cli/bench_options.h"

#include "cli/command_line.h"

namespace manta::cli {
namespace {

void add_requests(CLI::App& bench, BenchRequest& request) {
  bench.add_option("url", request.url, "http://HOST:PORT/PATH")->capture_default_str();
  bench.add_option("-X,--method", request.method, "Verb (default: POST with a body, else GET)");
  bench.add_option("-d,--data", request.body, "Body");
  bench.add_option("--body-file", request.body_file, "File that is the body");
  bench.add_option("--bodies", request.bodies_file, "File with a body on each line, sent in turn");
  bench.add_option("-H,--header", request.headers, "`name: value`, again for more")->allow_extra_args(false);
  bench.add_flag("--stream", request.stream, "Answers are server-sent events: time to the first, time between");
  bench.add_option("--chat", request.chat, "Model: streamed chat completions, times of tokens");
  bench.add_option("--prompt", request.prompt, "Of --chat")->capture_default_str();
  bench.add_option("--max-tokens", request.max_tokens, "Of --chat")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  bench.add_flag("--http2", request.http2, "HTTP/2 without TLS");
  bench.add_option("--connections", request.connections, "HTTP/2 connections that requests share (default: 8 at most)")
      ->check(CLI::Range(1, 10000));
}

void add_load(CLI::App& bench, BenchRequest& request) {
  bench.add_option("-c,--concurrency", request.concurrency, "Requests open at once; with --rate at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  bench.add_option("-r,--rate", request.rate, "Requests a second, whatever the server does (default: closed loop)")
      ->check(CLI::PositiveNumber);
  bench.add_option("--burstiness", request.burstiness, "Of --rate: 1 Poisson, below it bursts, 0 equal gaps")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  bench.add_option("-t,--duration", request.duration_s, "Seconds")->capture_default_str()->check(CLI::PositiveNumber);
  bench.add_option("-n,--requests", request.count, "So many requests, instead of a duration")
      ->check(CLI::PositiveNumber);
  bench.add_option("--warm-up", request.warm_up_s, "Seconds before, that do not count")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  bench.add_option("--timeout", request.timeout_s, "Seconds until a request has failed")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  bench.add_option("--seed", request.seed, "Of the gaps")->capture_default_str();
}

}  // namespace

void add_bench_command(CLI::App& app, CommandLine& line) {
  CLI::App* bench = app.add_subcommand("bench", "Make load on a server and measure its answers");
  add_requests(*bench, line.bench);
  add_load(*bench, line.bench);
  bench->add_option("--json", line.bench.json_file,
                    "File for the result, with the keys of vLLM's benchmark; - prints it");
  bench->add_option("--compare", line.bench.compare_file, "A file of --json to compare with");
  bench->add_option("--after", line.bench.after_file, "With --compare: another such file, instead of a run")
      ->needs("--compare");
  bench->footer(
      "With --rate a latency counts from the moment the request was due, so that a stall shows.\nExamples:\n"
      "  manta bench http://localhost:8000/greet -d '{\"name\": \"you\"}' -c 64 -t 10\n"
      "  manta bench http://localhost:8000/greet --bodies bodies.jsonl --rate 500 --json before.json\n"
      "  manta bench http://localhost:8000/greet --rate 500 --compare before.json\n"
      "  manta bench --compare before.json --after after.json\n"
      "  manta bench http://localhost:8000 --chat smollm2-135m --prompt 'Say hello' -c 4 -n 40");
  bench->callback([&line] { line.command = Command::Bench; });
}

}  // namespace manta::cli
