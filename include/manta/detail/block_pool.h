#pragma once

#include <cstddef>

namespace manta::detail {

// Memory of what every call needs anew: coroutine frames, arguments and results that stay in the process, the objects
// of calls in flight. Each thread keeps some of the blocks that it frees, by size, for the next that it asks for; large
// ones go to the heap at once. Any thread may free a block. Aligned as by operator new.
void* take_block(std::size_t bytes);
void give_block(void* block, std::size_t bytes) noexcept;  // `bytes` as it was taken with

// For std::allocate_shared.
template <class T>
struct BlockAllocator {
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  using value_type = T;
  BlockAllocator() = default;
  template <class U>
  BlockAllocator(const BlockAllocator<U>&) {}  // implicit, as every allocator is rebound
  T* allocate(std::size_t count) { return static_cast<T*>(take_block(count * sizeof(T))); }
  void deallocate(T* first, std::size_t count) noexcept { give_block(first, count * sizeof(T)); }
  bool operator==(const BlockAllocator&) const = default;
};

}  // namespace manta::detail
