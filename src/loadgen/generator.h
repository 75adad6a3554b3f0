#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/loop.h"
#include "loadgen/arrivals.h"
#include "loadgen/load_plan.h"
#include "loadgen/load_result.h"
#include "loadgen/open_request.h"
#include "net/receive_budget.h"

namespace manta::loadgen {

// Makes the requests of a plan and measures them. Loop-confined.
class Generator {
 public:
  Generator(Loop& loop, LoadPlan plan, std::function<void()> on_done);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  void begin();
  void stop();  // sends no more; done when the open requests have ended
  // As far as it has come; complete once on_done was called.
  const LoadResult& result() const { return result_; }
  std::size_t open() const { return places_.size() - idle_.size(); }
  std::size_t waiting() const { return waiting_.size(); }  // due, without a place
  bool is_warming_up() const { return loop_.now() < counted_from_; }

 private:
  void arrive();
  void fill();
  bool all_sent() const;
  void check_done();
  OpenRequest* free_place();
  net::Channel* next_channel();
  void ended(OpenRequest& place);

  Loop& loop_;
  const LoadPlan plan_;
  std::function<void()> on_done_;
  Arrivals arrivals_;
  net::ReceiveBudget budget_{std::size_t{1} << 30};
  std::vector<std::unique_ptr<net::Channel>> channels_, used_up_;  // HTTP/2; those that take no more calls
  std::size_t next_channel_ = 0;
  std::vector<std::unique_ptr<OpenRequest>> places_;
  std::vector<OpenRequest*> idle_;
  std::deque<TimePoint> waiting_;
  TimePoint begun_{}, counted_from_{}, ends_{}, next_due_{};
  std::uint64_t due_count_ = 0;  // requests that have become due
  std::uint64_t sent_ = 0;
  bool stopped_ = false, done_ = false;
  TimerId timer_ = 0;
  LoadResult result_;
};

}  // namespace manta::loadgen
