#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <manta/manta.h>
#include <manta/testing.h>

namespace manta {

struct Question {
  std::string query;
  int top_k = 3;
  bool operator==(const Question&) const = default;
};
BOOST_DESCRIBE_STRUCT(Question, (), (query, top_k))

struct Answer {
  std::string answer;
  std::vector<std::string> sources;
  bool operator==(const Answer&) const = default;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (answer, sources))

// Plain methods.
class Retriever {
 public:
  explicit Retriever(std::string docs) : docs_(std::move(docs)) {}
  std::vector<std::string> search(std::string query, int count) const {
    std::vector<std::string> found;
    for (int i = 0; i < count; ++i) found.push_back(docs_ + ":" + query + ":" + std::to_string(i));
    return found;
  }
  std::string fail(std::string message) { throw std::runtime_error(message); }
  void count(int to, Writer<int> out) {
    for (int i = 0; i < to; ++i) out.write_blocking(i);
  }
  std::string model_version() const { return "v7"; }
  using methods = Methods<idempotent<&Retriever::search>, &Retriever::fail, &Retriever::count>;

 private:
  std::string docs_;
};

// Coroutine methods over a handle.
class Rag {
 public:
  Rag(Handle<Retriever> retriever, int) : retriever_(retriever) {}
  Task<Answer> query(Question q) {
    auto found = retriever_.call<&Retriever::search>(q.query, q.top_k);
    co_return Answer{"about " + q.query, co_await found};
  }
  Task<int> sum(int to) {
    auto reader = retriever_.stream<&Retriever::count>(to);
    int sum = 0;
    while (auto item = co_await reader.next()) sum += *item;
    co_return sum;
  }
  Task<void> words(std::string text, Writer<std::string> out) {
    for (const char c : text) co_await out.write(std::string(1, c));
  }
  using methods = Methods<&Rag::query, &Rag::sum, &Rag::words>;

 private:
  Handle<Retriever> retriever_;
};

// Where tests and the code of deployments meet without sleeping.
class Meeting {
 public:
  void arrive() {
    const std::lock_guard lock(mutex_);
    ++arrived_;
    changed_.notify_all();
  }
  bool wait_for(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return arrived_ >= count; });
  }
  int arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;  // guards arrived_
  std::condition_variable changed_;
  int arrived_ = 0;
};

inline Application rag_application(int top_k = 3) {
  return {.name = "rag", .ingress = bind<Rag>(bind<Retriever>("docs"), top_k)};
}

}  // namespace manta
