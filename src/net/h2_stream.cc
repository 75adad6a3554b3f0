#include "net/h2_stream.h"

#include <utility>

namespace manta::net {
namespace {

constexpr std::size_t kMaxFree = 1024;
constexpr std::size_t kKeepCapacity = 4096;

void empty(std::string& text) {
  if (text.capacity() > kKeepCapacity)
    text = std::string();
  else
    text.clear();
}

void empty(Headers& headers) {
  if (headers.bytes() > kKeepCapacity)
    headers = Headers();
  else
    headers.clear();
}

// Everything as new, but with the buffers kept.
void reset(H2Stream& stream) {
  static_cast<H2StreamState&>(stream) = H2StreamState();
  for (std::string* text : {&stream.in.method, &stream.in.target, &stream.in.authority, &stream.in.body, &stream.out})
    empty(*text);
  for (Headers* headers : {&stream.in.headers, &stream.trailers, &stream.out_headers, &stream.out_trailers})
    empty(*headers);
}

}  // namespace

void H2Stream::tell() {
  if (on_update) {
    auto callback = std::move(on_update);
    on_update = nullptr;
    callback();
    if (watched && !on_update) on_update = std::move(callback);
  }
  if (closed && on_closed) std::exchange(on_closed, nullptr)();
  if (on_drained && (closed || unsent().size() < low_water)) std::exchange(on_drained, nullptr)();
}

bool H2Stream::hold_budget(ReceiveBudget& from, std::size_t bytes) {
  budget = &from;
  budgeted += bytes;
  return true;
}

void H2Stream::give_budget() {
  if (budget != nullptr) budget->give(budgeted);
  budget = nullptr;
  budgeted = 0;
}

H2StreamRef H2StreamPool::take() {
  std::unique_ptr<H2Stream> stream;
  if (free_.empty()) {
    stream = std::make_unique<H2Stream>();
  } else {
    stream = std::move(free_.back());
    free_.pop_back();
  }
  stream->pool = shared_from_this();
  return H2StreamRef(stream.release());
}

void H2StreamPool::put_back(H2Stream* used) {
  std::unique_ptr<H2Stream> stream(used);
  if (free_.size() >= kMaxFree) return;
  reset(*stream);
  free_.push_back(std::move(stream));
}

void intrusive_ptr_add_ref(H2Stream* stream) { ++stream->references; }

void intrusive_ptr_release(H2Stream* stream) {
  if (--stream->references != 0) return;
  stream->give_budget();
  const auto pool = std::move(stream->pool);
  pool->put_back(stream);
}

}  // namespace manta::net
