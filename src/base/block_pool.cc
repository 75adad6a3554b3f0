#include <manta/detail/block_pool.h>

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace manta::detail {
namespace {

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
// Under the address sanitizer a block that is used after it was freed must be seen.
constexpr bool kKeeps = !__has_feature(address_sanitizer);

constexpr std::size_t kStep = 64;
constexpr std::size_t kLargest = 4096;        // frames of requests on their way have 2.5 KiB
constexpr std::size_t kKeptBytes = 64 << 10;  // of each size, by each thread

constexpr std::size_t index_of(std::size_t bytes) { return (bytes - 1) / kStep; }
constexpr std::size_t size_of(std::size_t index) { return (index + 1) * kStep; }

struct Free {
  Free* next;
};
struct Size {
  Free* first = nullptr;
  std::size_t room = 0;  // how many more are kept
};
struct Pool {
  Pool() {
    for (std::size_t index = 0; index < sizes.size(); ++index) sizes[index].room = kKeptBytes / size_of(index);
  }
  ~Pool() {
    for (Size& size : sizes)
      while (size.first) ::operator delete(std::exchange(size.first, size.first->next));
  }
  std::array<Size, kLargest / kStep> sizes;
};

// Of this thread: null before the first block is kept, and at the very end of the thread, when objects that go then may
// still free blocks. One pointer, so that it is found without a call also where the library is loaded late.
[[gnu::tls_model("initial-exec")]] constinit thread_local Pool* pool = nullptr;
constinit thread_local bool at_end = false;

struct Owner {
  Owner() { pool = new Pool(); }
  ~Owner() {
    at_end = true;
    delete std::exchange(pool, nullptr);
  }
};

// The first of this thread, or one of its end.
[[gnu::noinline]] void open_pool(void* block, std::size_t bytes) noexcept {
  if (at_end) return ::operator delete(block);
  thread_local const Owner owner;
  give_block(block, bytes);
}

void keep(Pool& mine, void* block, std::size_t index) {
  Size& size = mine.sizes[index];
  if (size.room == 0) return ::operator delete(block);
  --size.room;
  size.first = ::new (block) Free{size.first};
}

}  // namespace

void* take_block(std::size_t bytes) {
  if (!kKeeps || bytes - 1 >= kLargest) return ::operator new(bytes);  // of none as well
  const std::size_t index = index_of(bytes);
  if (!pool || !pool->sizes[index].first) return ::operator new(size_of(index));
  Size& size = pool->sizes[index];
  ++size.room;
  return std::exchange(size.first, size.first->next);
}

void give_block(void* block, std::size_t bytes) noexcept {
  if (!kKeeps || bytes - 1 >= kLargest) return ::operator delete(block);
  if (!pool) return open_pool(block, bytes);
  keep(*pool, block, index_of(bytes));
}

}  // namespace manta::detail
