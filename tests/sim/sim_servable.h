#pragma once

#include <charconv>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "replica/servable.h"
#include "sleep.h"

namespace manta::sim {

// How often each call has begun to run, by its number; shared by all replicas of a world.
using Executions = std::map<int, int>;

// A user object with one method of each kind. A body is "<call number> <milliseconds>"; the answer is the call number.
class SimServable final : public replica::Servable {
 public:
  SimServable(Loop& loop, Executions& executions) : loop_(loop), executions_(executions) {}

  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view method) const override { return method != "plain"; }

  Task<Result<replica::Reply>> call(replica::Invocation& invocation) override {
    const auto [number, duration] = parse(invocation.body);
    ++executions_[number];
    if (invocation.method->name == "throws") throw std::runtime_error("thrown on purpose");
    if (invocation.method->name == "stream") {
      for (int i = 0; i < 3; ++i) {
        co_await Sleep(loop_, duration);
        auto written = co_await invocation.items->write(std::string(2000, 'x') + std::to_string(number));
        if (!written) co_return std::unexpected(written.error());
      }
      co_return replica::Reply{};
    }
    co_await Sleep(loop_, duration);
    co_return replica::Reply{.body = std::to_string(number)};
  }

  Result<replica::Reply> call_blocking(replica::Invocation& invocation) override {
    const auto [number, duration] = parse(invocation.body);
    ++executions_[number];
    return replica::Reply{.body = std::to_string(number)};
  }

  Result<void> check_health() override { return {}; }
  Result<void> reconfigure(const std::string&) override { return {}; }

 private:
  static std::pair<int, Duration> parse(const std::string& body) {
    int number = 0, ms = 0;
    const char* const end = body.data() + body.size();
    const char* const space = std::from_chars(body.data(), end, number).ptr;
    std::from_chars(space + 1, end, ms);
    return {number, std::chrono::milliseconds(ms)};
  }

  Loop& loop_;
  Executions& executions_;
  const std::vector<spec::MethodSpec> methods_{{.name = "once"},
                                               {.name = "again", .idempotent = true},
                                               {.name = "plain"},
                                               {.name = "throws"},
                                               {.name = "stream", .streams = true}};
};

}  // namespace manta::sim
