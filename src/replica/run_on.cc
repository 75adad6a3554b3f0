#include <atomic>
#include <coroutine>
#include <utility>

#include "replica/compute.h"

namespace manta::replica {
namespace {

// Between the coroutine that waits and the job. `waiter` and `ended` belong to the loop; the job only posts.
struct Run {
  explicit Run(Loop& on) : loop(on) {}
  Loop& loop;
  detail::Resumption waiter;
  bool ended = false;
  std::atomic<bool> ran = false;

  void end() {
    ended = true;
    waiter.resume();
  }
};

// Travels with the job: tells the loop when the job has ended or was dropped.
class Completion {
 public:
  explicit Completion(std::shared_ptr<Run> run) : run_(std::move(run)) {}
  Completion(Completion&&) noexcept = default;
  Completion& operator=(Completion&&) = delete;
  ~Completion() {
    if (!run_) return;
    Loop& loop = run_->loop;
    loop.post([run = std::move(run_)] { run->end(); });
  }
  void ran() { run_->ran.store(true, std::memory_order_relaxed); }

 private:
  std::shared_ptr<Run> run_;
};

struct Wait {
  Compute& compute;
  std::shared_ptr<Run> run;
  Compute::JobId job;
  bool parked = false;

  bool await_ready() const noexcept { return run->ended; }
  void await_suspend(std::coroutine_handle<> handle) {
    parked = true;
    run->waiter = detail::Resumption(handle);
  }
  void await_resume() noexcept { parked = false; }
  ~Wait() {
    if (!parked) return;
    run->waiter.forget();
    compute.cancel(job);
  }
};

}  // namespace

Task<Result<void>> run_on(Compute& compute, Loop& loop, Compute::Job job, std::size_t bytes) {
  auto run = std::make_shared<Run>(loop);
  Compute::Job with_completion = [completion = Completion(run), job = std::move(job),
                                  request = detail::current_request()]() mutable {
    const detail::ScopedRequest scope(request);
    job();
    job = nullptr;
    completion.ran();
  };
  const auto id = compute.submit(std::move(with_completion), bytes);
  if (!id) co_return std::unexpected(id.error());
  co_await Wait{compute, run, *id};
  if (!run->ran.load(std::memory_order_relaxed))
    co_return fail(ErrorCode::Unavailable, "the compute threads have stopped");
  co_return Result<void>();
}

}  // namespace manta::replica
