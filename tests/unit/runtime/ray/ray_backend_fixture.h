#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <stdlib.h>

#include "base/log.h"
#include "base/task_scope.h"
#include "runtime/ray/ray_backend.h"

namespace manta::runtime {

// A RayBackend in front of fake_bridge.py, whose lives are planned by the test.
class RayBackendFixture : public ::testing::Test {
 protected:
  RayBackendFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "manta-ray-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~RayBackendFixture() override {
    scope_.cancel_all();
    backend_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::vector<std::string> argv() const {
    return {"/usr/bin/python3", MANTA_SOURCE_DIR "/tests/unit/runtime/ray/fake_bridge.py", folder_};
  }
  void plan(const std::string& json) {
    std::ofstream(folder_ + "/plan.new") << json;
    std::filesystem::rename(folder_ + "/plan.new", folder_ + "/plan.json");
  }
  std::string read(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(folder_ + "/" + file).rdbuf();
    return text.str();
  }

  RayBackend& open(const std::string& planned) {
    plan(planned);
    return open_again();
  }
  // As the next controller does.
  RayBackend& open_again() {
    backend_.reset();
    backend_ = std::make_unique<RayBackend>(
        loop_, logger_,
        RayOptions{.bridge_argv = argv(),
                   .bridge_environment = {"PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1"},
                   .hello = {.manta = "test", .address = "10.0.0.1:6379", .ray_namespace = "n", .epoch = 1},
                   .launch = {.program = "/opt/manta"},
                   .groups = {.gather = std::chrono::milliseconds(500), .reserve = std::chrono::seconds(5)},
                   .call_limit = call_limit_,
                   .look_every = std::chrono::milliseconds(50)});
    backend_->on_exit([this](const ReplicaExit& exit) {
      exits_.push_back(exit);
      if (on_change_) on_change_();
    });
    return *backend_;
  }

  template <class T>
  Task<void> keep(Task<T> task, std::optional<T>& result) {
    result = co_await task;
    if (on_change_) on_change_();
  }

  // Runs the loop until `done` says so; it is asked whenever something has happened, and every millisecond.
  template <class Done>
  void run_until(Done done) {
    bool late = false;
    const TimerId limit = loop_.after(std::chrono::seconds(20), [&] {
      late = true;
      loop_.stop();
    });
    TimerId look = 0;
    on_change_ = [&] {
      if (done()) loop_.stop();
    };
    std::function<void()> again = [&] {
      on_change_();
      look = loop_.after(std::chrono::milliseconds(1), [&] { again(); });
    };
    loop_.post([&] { again(); });
    loop_.run();
    on_change_ = nullptr;
    loop_.cancel(limit);
    loop_.cancel(look);
    ASSERT_FALSE(late) << "it did not happen within 20 s; operations:\n" << read("operations");
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    scope_.spawn(keep(std::move(task), result));
    run_until([&] { return result.has_value(); });
    return result ? *std::move(result) : T(std::unexpected(Error{.message = "timed out"}));
  }

  ReplicaProcess process(const std::string& id, const std::string& node = "n1") const {
    return {.id = id, .resources = {.num_cpus = 1}, .epoch = 1, .labels = "label of " + id, .node_id = node};
  }
  ReplicaProcess member(const std::string& id, int of) const {
    ReplicaProcess member = process(id);
    member.gang_id = "g.1";
    member.gang_size = of;
    return member;
  }
  void start(const std::string& id) { ASSERT_TRUE(run(backend_->start(process(id)))) << id; }
  int times(const std::string& operation) const {
    std::istringstream lines(read("operations"));
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += line == operation ? 1 : 0;
    return count;
  }

  std::string folder_;
  Duration call_limit_ = std::chrono::seconds(10);
  SystemClock clock_;
  Loop loop_{clock_};
  Logger logger_{{.component = "test", .async = false}};
  std::function<void()> on_change_;
  std::vector<ReplicaExit> exits_;
  std::unique_ptr<RayBackend> backend_;
  TaskScope scope_{loop_};
};

}  // namespace manta::runtime
