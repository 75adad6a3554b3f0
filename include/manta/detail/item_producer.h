#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

#include <manta/detail/caller.h>
#include <manta/detail/msgpack.h>
#include <manta/detail/response.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta::detail {

using EncodedItem = Result<std::optional<std::string>>;

template <class T>
EncodedItem encoded_item(const std::optional<T>& item) {
  if (!item) return std::optional<std::string>();
  Result<std::string> bytes = to_msgpack(*item);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  return std::optional<std::string>(std::move(*bytes));
}

// The elements of a range, which it owns.
template <class T, class R>
class RangeProducer final : public ItemProducer {
 public:
  explicit RangeProducer(R range) : range_(std::move(range)), at_(std::ranges::begin(range_)) {}
  Task<EncodedItem> next() override {
    if (at_ == std::ranges::end(range_)) co_return std::optional<std::string>();
    std::optional<T> item(*at_);
    ++at_;
    co_return encoded_item<T>(item);
  }

 private:
  R range_;
  std::ranges::iterator_t<R> at_;
};

// What a function gives, call by call: std::optional<T> or a Task of it.
template <class T, class F>
class GeneratorProducer final : public ItemProducer {
 public:
  explicit GeneratorProducer(F generate) : generate_(std::move(generate)) {}
  Task<EncodedItem> next() override {
    if constexpr (is_task_v<std::invoke_result_t<F&>>) {
      auto making = generate_();
      std::optional<T> item = co_await making;
      co_return encoded_item<T>(item);
    } else {
      std::optional<T> item = generate_();
      co_return encoded_item<T>(item);
    }
  }

 private:
  F generate_;
};

// Another stream, passed on.
template <class T>
class ReaderProducer final : public ItemProducer {
 public:
  explicit ReaderProducer(Reader<T> reader) : reader_(std::move(reader)) {}
  Task<EncodedItem> next() override {
    std::optional<T> item = co_await reader_.next();
    co_return encoded_item<T>(item);
  }

 private:
  Reader<T> reader_;
};

// The writing end of a stream whose reading end was given to a call.
class ItemFeed {
 public:
  virtual ~ItemFeed() = default;
  // Resumes when there is room; Cancelled once nobody reads any more.
  virtual Task<Result<void>> write(std::string item) = 0;
  virtual Result<void> write_blocking(std::string item) = 0;
  virtual void end(Result<void> how) = 0;  // the first counts
};

struct FeedEnds {
  std::shared_ptr<ItemFeed> feed;
  std::unique_ptr<ItemProducer> producer;
};

FeedEnds make_feed();

}  // namespace manta::detail
