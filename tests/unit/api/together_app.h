#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <manta/manta.h>

#include "deployments.h"

namespace manta {

struct Sheet {
  std::vector<int> cells;
  bool operator==(const Sheet&) const = default;
};
BOOST_DESCRIBE_STRUCT(Sheet, (), (cells))

// What the code of Back does, seen from the test. New for each test.
struct BackSeen {
  Meeting entered, left;
  std::mutex mutex;  // guards batches
  std::vector<std::size_t> batches;
};
inline std::unique_ptr<BackSeen> back_seen;

// The callee: a method of each kind.
class Back {
 public:
  Task<std::string> echo(std::string text) { co_return text + "!"; }
  std::string plain(std::string text) { return text + "?"; }
  std::string quick(std::string text) { return text + "."; }
  Task<Sheet> twice(Sheet sheet) {
    for (int& cell : sheet.cells) cell *= 2;
    co_return sheet;
  }
  Task<std::int64_t> place_of(Sheet sheet) { co_return reinterpret_cast<std::int64_t>(sheet.cells.data()); }
  Task<std::string> broken(std::string why) {
    co_await sleep(std::chrono::nanoseconds(1));
    throw std::runtime_error(why);
  }
  Task<int> at_once(int x) { co_return x; }
  Task<int> later(int x) {
    co_await sleep(std::chrono::nanoseconds(1));
    co_return x;
  }
  // Never returns.
  Task<int> hold() {
    struct Guard {
      ~Guard() { back_seen->left.arrive(); }
    } guard;
    back_seen->entered.arrive();
    co_await sleep(std::chrono::hours(1));
    co_return 0;
  }
  // Until nobody waits for it any more.
  int hold_plain() {
    back_seen->entered.arrive();
    while (!cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    back_seen->left.arrive();
    return 0;
  }
  Task<int> batched(int x) { co_return co_await batcher_.submit(x); }
  Task<void> numbers(int to, Writer<int> out) {
    for (int i = 0; i < to; ++i) co_await out.write(i);
  }
  // Until nobody reads on.
  void numbers_plain(Writer<int> out) {
    try {
      for (int i = 0;; ++i) out.write_blocking(i);
    } catch (const Exception&) {
      back_seen->left.arrive();
    }
  }
  Task<int> sum(Reader<int> numbers) {
    int sum = 0;
    while (auto number = co_await numbers.next()) sum += *number;
    co_return sum;
  }
  Task<std::vector<std::string>> context() {
    std::vector<std::string> told{replica_context().deployment, request_context().session_id};
    co_await sleep(std::chrono::nanoseconds(1));
    told.push_back(co_await compute([] { return replica_context().deployment; }));
    told.push_back(replica_context().deployment);
    co_return told;
  }
  using methods = Methods<&Back::echo, &Back::at_once, &Back::later, pool<&Back::plain>, inline_<&Back::quick>,
                          &Back::twice, &Back::place_of, &Back::broken, &Back::hold, pool<&Back::hold_plain>,
                          &Back::batched, &Back::numbers, pool<&Back::numbers_plain>, &Back::sum, &Back::context>;

 private:
  Batcher<int, int> batcher_{{.max_batch_size = 4, .batch_wait_timeout_s = 30},
                             [](std::vector<int> items) {
                               const std::lock_guard lock(back_seen->mutex);
                               back_seen->batches.push_back(items.size());
                               return items;
                             },
                             nullptr,
                             "batched"};
};

// The caller: coroutine methods that call Back.
class Front {
 public:
  explicit Front(Handle<Back> back) : back_(std::move(back)) {}

  Task<std::vector<std::string>> all(std::string text) {
    auto echoed = back_.call<&Back::echo>(text);
    auto plain = back_.call<&Back::plain>(text);
    auto quick = back_.call<&Back::quick>(text);
    std::vector<std::string> answers;
    answers.push_back(co_await echoed);
    answers.push_back(co_await plain);
    answers.push_back(co_await quick);
    auto chained = back_.call<&Back::echo>(back_.call<&Back::plain>(text));
    answers.push_back(co_await chained);
    auto by_name = get_deployment_handle("Back").call<std::string>("echo", text);
    answers.push_back(co_await by_name);
    co_return answers;
  }
  Task<Sheet> twice(Sheet sheet) {
    auto doubled = back_.call<&Back::twice>(sheet);
    Sheet result = co_await doubled;
    if (result == sheet) throw std::logic_error("the callee changed what the caller has");
    co_return result;
  }
  // Whether what was moved into a call arrived without being copied.
  Task<bool> moves() {
    Sheet sheet{.cells = std::vector<int>(1000, 7)};
    const auto here = reinterpret_cast<std::int64_t>(sheet.cells.data());
    auto asked = back_.call<&Back::place_of>(std::move(sheet));
    co_return co_await asked == here;
  }
  Task<std::string> error_of(std::string method, int timeout_ms) {
    const DynamicHandle handle =
        DynamicHandle(get_deployment_handle("Back")).with({.timeout = std::chrono::milliseconds(timeout_ms)});
    std::string told = "none";
    auto call = method == "broken" ? handle.call<int>(method, std::string("it broke")) : handle.call<int>(method);
    try {
      (void)co_await call;
    } catch (const Exception& exception) {
      told = std::string(name(exception.code()));
      if (exception.code() == ErrorCode::AppError) told += std::string(": ") + exception.what();
    }
    co_return told;
  }
  Task<int> drop(bool plain) {
    const int entered = back_seen->entered.arrived();
    auto held = plain ? back_.call<&Back::hold_plain>() : back_.call<&Back::hold>();
    while (back_seen->entered.arrived() == entered) co_await sleep(std::chrono::milliseconds(1));
    co_return 1;
  }
  // One runs, one waits, one is too many.
  Task<std::vector<std::string>> crowd() {
    const Handle<Back> hurried = back_.with({.timeout = std::chrono::milliseconds(100)});
    std::vector<Response<int>> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(hurried.call<&Back::hold>());
    std::vector<std::string> told;
    for (auto& call : calls) told.push_back(co_await code_of(call));
    co_return told;
  }
  Task<int> batch(int count) {
    std::vector<Response<int>> calls;
    for (int i = 0; i < count; ++i) calls.push_back(back_.call<&Back::batched>(i));
    int sum = 0;
    for (auto& call : calls) sum += co_await call;
    co_return sum;
  }
  Task<int> streams(int to) {
    auto numbers = back_.stream<&Back::numbers>(to);
    int sum = 0;
    while (auto number = co_await numbers.next()) sum += *number;
    auto given = back_.call<&Back::sum>(std::vector<int>{sum, 1, 2});
    co_return co_await given;
  }
  Task<int> first_of_stream() {
    auto numbers = back_.stream<&Back::numbers>(1'000'000);
    co_return *co_await numbers.next();
  }
  Task<int> first_of_plain_stream() {
    auto numbers = back_.stream<&Back::numbers_plain>();
    co_return *co_await numbers.next();
  }
  // One that is dropped and one that is awaited.
  Task<std::string> where() {
    {
      auto dropped = back_.where_am_i();
    }
    auto asked = back_.where_am_i();
    co_return (co_await asked).deployment;
  }
  Task<std::string> given_an_error() {
    auto call = back_.call<&Back::echo>(back_.call<&Back::broken>("the argument"));
    std::string told = "none";
    try {
      (void)co_await call;
    } catch (const Exception& exception) {
      told = exception.what();
    }
    co_return told;
  }
  // Sum of what `times` calls one after the other give, which suspend in turn or not.
  Task<int> many(int times) {
    int sum = 0;
    for (int i = 0; i < times; ++i) {
      auto call = i % 2 == 0 ? back_.call<&Back::later>(i) : back_.call<&Back::at_once>(i);
      sum += co_await call;
    }
    co_return sum;
  }
  Task<std::vector<std::string>> context() {
    auto theirs = back_.with({.session_id = "s1"}).call<&Back::context>();
    std::vector<std::string> told = co_await theirs;
    told.push_back(replica_context().deployment);
    co_return told;
  }
  using methods = Methods<&Front::all, &Front::twice, &Front::moves, &Front::error_of, &Front::drop, &Front::crowd,
                          &Front::batch, &Front::streams, &Front::first_of_stream, &Front::first_of_plain_stream,
                          &Front::where, &Front::given_an_error, &Front::many, &Front::context>;

 private:
  static Task<std::string> code_of(Response<int>& call) {
    try {
      (void)co_await call;
    } catch (const Exception& exception) {
      co_return std::string(name(exception.code()));
    }
    co_return "none";
  }

  Handle<Back> back_;
};

}  // namespace manta
