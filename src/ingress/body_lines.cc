#include "ingress/body_lines.h"

#include <algorithm>
#include <utility>

#include <manta/detail/request_context.h>

#include "net/body_stream.h"
#include "net/items.h"

namespace manta::ingress {

// Suspends until more of the body or its end is here, or the time is up.
struct BodyLines::More {
  BodyLines& lines;
  TimePoint until = TimePoint::max();
  TimerId timer = 0;
  detail::Resumption reader = {};

  bool await_ready() const { return lines.body_.ended() || lines.body_.waiting() != 0; }
  void await_suspend(std::coroutine_handle<> handle) {
    reader = detail::Resumption(handle);
    lines.body_.when_more([this] { reader.resume(); });
    if (until == TimePoint::max()) return;
    timer = lines.loop_.at(until, [this] {
      timer = 0;
      reader.resume();
    });
  }
  void await_resume() {}
  ~More() {
    lines.loop_.cancel(timer);
    lines.body_.when_more(nullptr);
  }
};

BodyLines::BodyLines(Loop& loop, net::ExchangePtr exchange, std::size_t longest)
    : loop_(loop), exchange_(std::move(exchange)), body_(*exchange_->body_stream()), longest_(longest) {}

BodyLines::~BodyLines() {
  body_.when_more(nullptr);
  body_.done_with(given_ + text_.size() - at_);
}

Task<Result<std::optional<std::string>>> BodyLines::first(TimePoint until) {
  for (;;) {
    while (pull()) {
    }
    if (const auto found = line()) co_return std::optional(std::string(*found));
    if (auto error = failure()) co_return std::unexpected(std::move(*error));
    if (body_.ended()) co_return std::optional<std::string>();
    if (loop_.now() >= until)
      co_return fail(ErrorCode::DeadlineExceeded, "the first line of the body did not come in time");
    co_await More{*this, until};
  }
}

Task<routing::InputSource::Batch> BodyLines::next() {
  give_back();
  for (;;) {
    if (auto batch = available()) co_return std::move(*batch);
    co_await More{*this};
  }
}

// The lines that are here, or the end.
std::optional<routing::InputSource::Batch> BodyLines::available() {
  Batch batch;
  while (batch.body.size() < kBatchBytes) {
    if (const auto found = line())
      net::append_item(batch.body, *found);
    else if (!pull())
      break;
  }
  if (batch.body.size() < kBatchBytes) {
    batch.error = failure();
    batch.last = batch.error || (body_.ended() && at_ == text_.size());
  }
  if (batch.body.empty() && !batch.last) return std::nullopt;
  return batch;
}

// False: nothing has come.
bool BodyLines::pull() {
  if (body_.waiting() == 0) return false;
  text_.erase(0, at_);
  searched_ -= at_;
  at_ = 0;
  text_ += body_.take();
  return true;
}

// The next line with something in it. The last one needs no end of line, if the body ended well.
std::optional<std::string_view> BodyLines::line() {
  for (;;) {
    auto end = text_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = text_.size();
      const bool is_last = body_.ended() && !body_.failure() && body_.waiting() == 0;
      if (!is_last || at_ == text_.size()) return std::nullopt;
      end = text_.size();
    }
    const std::string_view found = std::string_view(text_).substr(at_, end - at_);
    const std::size_t after = std::min(end + 1, text_.size());
    given_ += after - at_;
    at_ = searched_ = after;
    if (found.find_first_not_of(" \t\r") != std::string_view::npos) return found;
  }
}

std::optional<Error> BodyLines::failure() const {
  if (text_.size() - at_ > longest_)
    return Error{.code = ErrorCode::InvalidArgument,
                 .message = "an item of the stream is longer than " + std::to_string(longest_) + " bytes",
                 .status = 413};
  return body_.ended() && body_.waiting() == 0 ? body_.failure() : std::nullopt;
}

void BodyLines::give_back() { body_.done_with(std::exchange(given_, 0)); }

void BodyLines::stop() {
  given_ += text_.size() - at_;
  at_ = searched_ = text_.size();
  give_back();
  drop();
}

void BodyLines::drop() {
  body_.done_with(body_.take().size());
  if (!body_.ended()) body_.when_more([this] { drop(); });
}

}  // namespace manta::ingress
