#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <manta/detail/block_pool.h>
#include <manta/detail/resumption.h>

namespace manta {

template <class T = void>
class Task;

namespace detail {

// Told when a coroutine that nobody awaits has ended. It stands at its last suspension then and may be destroyed.
class TaskOwner {
 public:
  virtual void task_ended(std::uint64_t id) noexcept = 0;

 protected:
  ~TaskOwner() = default;
};

struct PromiseBase {
  std::coroutine_handle<> continuation;  // of who awaits it; null: nobody does
  TaskOwner* owner = nullptr;            // told in that case, if there is one
  std::uint64_t id = 0;                  // what the owner knows it by
  std::exception_ptr exception;

  static void* operator new(std::size_t bytes) { return take_block(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { give_block(frame, bytes); }
  std::suspend_always initial_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
      PromiseBase& promise = done.promise();
      if (promise.continuation) return promise.continuation;
      if (promise.owner) promise.owner->task_ended(promise.id);
      return std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() noexcept {}
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

// A lazy coroutine: runs when awaited or spawned, on the thread that resumes it. Move-only. Destroying a Task that has
// started but not finished cancels it: its frame and everything it awaits are destroyed at the point of suspension, so
// an awaitable must unregister itself in the destructor of its awaiter. Awaited at most once.
template <class T>
class [[nodiscard("a Task does nothing until it is awaited")]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;

  Task() = default;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    Task(std::move(other)).swap(*this);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }
  void swap(Task& other) noexcept { std::swap(handle_, other.handle_); }

  struct Awaiter {
    std::coroutine_handle<promise_type> child;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
      child.promise().continuation = parent;
      return child;
    }
    T await_resume() { return child.promise().take(); }
  };
  Awaiter operator co_await() const noexcept { return Awaiter{handle_}; }

  bool valid() const noexcept { return static_cast<bool>(handle_); }
  // For drivers (TaskScope, tests): run until the first suspension, look, and fetch the result.
  void start() { handle_.resume(); }
  // The same for `owner`, which outlives the task.
  void start(detail::TaskOwner& owner, std::uint64_t id) {
    handle_.promise().owner = &owner;
    handle_.promise().id = id;
    handle_.resume();
  }
  bool done() const noexcept { return handle_ && handle_.done(); }
  T take() { return handle_.promise().take(); }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_ = nullptr;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

template <class T>
struct IsTask : std::false_type {};
template <class T>
struct IsTask<Task<T>> : std::true_type {};

}  // namespace detail

template <class T>
inline constexpr bool is_task_v = detail::IsTask<T>::value;

}  // namespace manta
