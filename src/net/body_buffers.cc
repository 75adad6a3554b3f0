#include "net/body_buffers.h"

#include <algorithm>
#include <utility>

#include "base/pooled.h"

namespace manta::net {
namespace {

// A buffer that is much larger than what it is wanted for is left for another.
constexpr std::size_t kMuchLarger = 4;

constexpr auto kCapacity = [](const std::string& buffer) { return buffer.capacity(); };

}  // namespace

BodyBuffers::BodyBuffers(Loop& loop) : loop_(loop), self_(std::make_shared<BodyBuffers*>(this)) {}

BodyBuffers::~BodyBuffers() {
  *self_ = nullptr;
  loop_.cancel(timer_);
}

void BodyBuffers::reserve(std::string& body, std::size_t size) {
  if (size <= body.capacity()) return;
  const auto found = size < kLeast ? kept_.end() : std::ranges::lower_bound(kept_, size, {}, kCapacity);
  if (found == kept_.end() || found->capacity() / kMuchLarger > size) return body.reserve(size);
  std::string buffer = std::move(*found);
  kept_.erase(found);
  unwanted_ = std::min(unwanted_, kept_.size());
  buffer.assign(body);
  body.swap(buffer);
  give_back(std::move(buffer));
}

std::shared_ptr<const std::string> BodyBuffers::share(std::string body) {
  if (body.capacity() < kLeast) return make_pooled<const std::string>(std::move(body));
  return {new std::string(std::move(body)), [self = self_](std::string* shared) {
            const std::unique_ptr<std::string> owned(shared);
            if (*self) (*self)->give_back(std::move(*shared));
          }};
}

std::size_t BodyBuffers::kept_bytes() const {
  std::size_t bytes = 0;
  for (const std::string& buffer : kept_) bytes += buffer.capacity();
  return bytes;
}

void BodyBuffers::give_back(std::string buffer) {
  if (buffer.capacity() < kLeast || kept_bytes() + buffer.capacity() > kMost) return;
  buffer.clear();
  kept_.insert(std::ranges::lower_bound(kept_, buffer.capacity(), {}, kCapacity), std::move(buffer));
  if (timer_ == 0) timer_ = loop_.after(kKept, [this] { tidy(); });
}

// So many as have been here since the last look are not wanted; which ones is not known, so the largest go.
void BodyBuffers::tidy() {
  kept_.resize(kept_.size() - unwanted_);
  unwanted_ = kept_.size();
  timer_ = kept_.empty() ? 0 : loop_.after(kKept, [this] { tidy(); });
}

}  // namespace manta::net
