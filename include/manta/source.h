#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

#include <manta/detail/item_producer.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

namespace detail {

template <class F, class T>
concept GeneratorOf =
    std::invocable<F&> && std::convertible_to<typename Unwrap<std::invoke_result_t<F&>>::type, std::optional<T>>;

template <class R, class T>
concept RangeOf = std::ranges::input_range<R> && std::convertible_to<std::ranges::range_reference_t<R>, T>;

}  // namespace detail

// Items for a method with a Reader<T>: given as the last argument of handle.call<>() or handle.stream<>(). Made from a
// range; from a function that gives std::optional<T>, or a Task of it, nullopt at the end (called on the strand of the
// call, so a plain function must not block); from the Reader of another stream; or by make_stream(). Items are sent as
// fast as the method reads them. What the source throws reaches the method as an Exception; when the method ends before
// the items do, the source is dropped.
template <class T>
class Source {
 public:
  template <class R>
    requires(detail::RangeOf<std::remove_cvref_t<R>, T> && !std::same_as<std::remove_cvref_t<R>, Source>)
  Source(R&& range)
      : producer_(std::make_unique<detail::RangeProducer<T, std::remove_cvref_t<R>>>(std::forward<R>(range))) {}
  template <class F>
    requires(detail::GeneratorOf<F, T> && !std::same_as<std::remove_cvref_t<F>, Source>)
  Source(F generate) : producer_(std::make_unique<detail::GeneratorProducer<T, F>>(std::move(generate))) {}
  Source(Reader<T> reader) : producer_(std::make_unique<detail::ReaderProducer<T>>(std::move(reader))) {}
  explicit Source(std::unique_ptr<detail::ItemProducer> producer) : producer_(std::move(producer)) {}

  std::unique_ptr<detail::ItemProducer> producer() && { return std::move(producer_); }

 private:
  std::unique_ptr<detail::ItemProducer> producer_;
};

// Writes the items of a stream that a call takes. Made by make_stream(). Dropped without close(), the method's Reader
// ends with Cancelled.
template <class T>
class Feed {
 public:
  explicit Feed(std::shared_ptr<detail::ItemFeed> feed) : feed_(std::move(feed)) {}
  Feed(Feed&&) noexcept = default;
  Feed& operator=(Feed&& other) noexcept {
    Feed(std::move(other)).swap(*this);
    return *this;
  }
  ~Feed() {
    if (feed_) feed_->end(manta::fail(ErrorCode::Cancelled, "the stream was given up by its writer"));
  }
  void swap(Feed& other) noexcept { feed_.swap(other.feed_); }

  // Resumes when there is room for more. Throws Exception(Cancelled) when nobody reads any more.
  Task<void> write(T item) {
    std::string bytes = value_or_throw(detail::to_msgpack(item));
    auto writing = feed_->write(std::move(bytes));
    value_or_throw(co_await writing);
  }
  // The same for compute threads and client programs.
  void write_blocking(const T& item) {
    value_or_throw(feed_->write_blocking(value_or_throw(detail::to_msgpack(item))));
  }
  // A good end.
  void close() { feed_->end({}); }
  // The method's Reader throws this.
  void fail(Error error) { feed_->end(std::unexpected(std::move(error))); }

 private:
  std::shared_ptr<detail::ItemFeed> feed_;
};

template <class T>
struct Stream {
  Feed<T> feed;
  Source<T> source;
};

// Both ends of a new stream: auto [feed, source] = manta::make_stream<Chunk>(); the source is given to one call.
template <class T>
Stream<T> make_stream() {
  auto ends = detail::make_feed();
  return {Feed<T>(std::move(ends.feed)), Source<T>(std::move(ends.producer))};
}

}  // namespace manta
