#pragma once

#include <string>
#include <utility>

#include <manta/detail/json.h>
#include <manta/detail/method_table.h>
#include <manta/detail/msgpack.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

// Last parameter of a method that streams its answer. Lives as long as the call. Over HTTP its items are server-sent
// events (accept: text/event-stream) or lines of JSON; in a handle they are read one by one.
template <class T>
class Writer {
 public:
  Writer(detail::ItemSink& sink, detail::Format format) : sink_(&sink), format_(format) {}

  // Resumes when there is room for more. Throws Exception(Cancelled) when nobody listens any more.
  Task<void> write(T item) {
    std::string bytes = encode(item);
    if (value_or_throw(sink_->try_write(bytes))) co_return;
    Result<void> written = co_await sink_->write(std::move(bytes));
    value_or_throw(std::move(written));
  }
  // The same for plain methods.
  void write_blocking(const T& item) { value_or_throw(sink_->write_blocking(encode(item))); }

 private:
  std::string encode(const T& item) const {
    return value_or_throw(format_ == detail::Format::Json ? detail::to_json(item) : detail::to_msgpack(item));
  }

  detail::ItemSink* sink_;
  detail::Format format_;
};

}  // namespace manta
