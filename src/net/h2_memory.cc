#include "net/h2_memory.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

#include <manta/detail/block_pool.h>

namespace manta::net {
namespace {

// Stands before each block: the pool wants to know the size again.
struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) BlockHead {
  std::size_t bytes;  // with the head
};

BlockHead* head_of(void* block) { return static_cast<BlockHead*>(block) - 1; }

void* take(std::size_t size, void*) noexcept {
  if (size > PTRDIFF_MAX) return nullptr;
  try {
    const std::size_t bytes = size + sizeof(BlockHead);
    return ::new (detail::take_block(bytes)) BlockHead{bytes} + 1;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void give(void* block, void*) noexcept {
  if (block != nullptr) detail::give_block(head_of(block), head_of(block)->bytes);
}

void* take_cleared(std::size_t count, std::size_t size, void*) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const block = take(bytes, nullptr);
  return block != nullptr ? std::memset(block, 0, bytes) : nullptr;
}

void* resize(void* block, std::size_t size, void*) noexcept {
  void* const resized = take(size, nullptr);
  if (resized == nullptr || block == nullptr) return resized;
  std::memcpy(resized, block, std::min(size, head_of(block)->bytes - sizeof(BlockHead)));
  give(block, nullptr);
  return resized;
}

}  // namespace

nghttp2_mem* h2_memory() {
  static constinit nghttp2_mem memory{nullptr, take, give, take_cleared, resize};
  return &memory;
}

}  // namespace manta::net
