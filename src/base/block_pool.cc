#include <manta/detail/block_pool.h>

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace manta::detail {
namespace {

#if __has_feature(address_sanitizer)
constexpr bool kKeeps = false;  // a block that is used after it was freed must be seen
#else
constexpr bool kKeeps = true;
#endif

constexpr std::size_t kStep = 64;
constexpr std::size_t kLargest = 2048;
constexpr std::size_t kKeptBytes = 32 << 10;  // of each size, by each thread

struct Free {
  Free* next;
};
struct Size {
  Free* first = nullptr;
  std::size_t kept = 0;
};
// Of one thread. It outlives all other objects of the thread, which may free blocks at the very end.
struct Pool {
  std::array<Size, kLargest / kStep> sizes{};
  bool closes = false;  // what is kept will be freed at the thread's end
  bool closed = false;
};
constinit thread_local Pool pool;

void close(Pool& ending) {
  ending.closed = true;
  for (Size& size : ending.sizes)
    while (size.first) ::operator delete(std::exchange(size.first, size.first->next));
}

struct AtThreadEnd {
  ~AtThreadEnd() { close(pool); }
};

void close_at_thread_end(Pool& mine) {
  mine.closes = true;
  thread_local const AtThreadEnd at_end;
  static_cast<void>(at_end);
}

constexpr std::size_t index_of(std::size_t bytes) { return bytes == 0 ? 0 : (bytes - 1) / kStep; }
constexpr std::size_t size_of(std::size_t index) { return (index + 1) * kStep; }

}  // namespace

void* take_block(std::size_t bytes) {
  if (!kKeeps || bytes > kLargest) return ::operator new(bytes);
  Size& size = pool.sizes[index_of(bytes)];
  if (!size.first) return ::operator new(size_of(index_of(bytes)));
  --size.kept;
  return std::exchange(size.first, size.first->next);
}

void give_block(void* block, std::size_t bytes) noexcept {
  if (!kKeeps || bytes > kLargest) return ::operator delete(block);
  Pool& mine = pool;
  Size& size = mine.sizes[index_of(bytes)];
  if (mine.closed || (size.kept + 1) * size_of(index_of(bytes)) > kKeptBytes) return ::operator delete(block);
  if (!mine.closes) close_at_thread_end(mine);
  ++size.kept;
  size.first = ::new (block) Free{size.first};
}

}  // namespace manta::detail
