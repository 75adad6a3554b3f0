#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <manta/detail/block_pool.h>

namespace manta {

// A base for what every request makes one of with `new`: its memory comes from the blocks that the thread keeps. Also
// for classes that are deleted through a virtual destructor.
struct Pooled {
  static void* operator new(std::size_t bytes) { return detail::take_block(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { detail::give_block(block, bytes); }
};

// std::make_shared with memory of that kind.
template <class T, class... Arguments>
std::shared_ptr<T> make_pooled(Arguments&&... arguments) {
  return std::allocate_shared<T>(detail::BlockAllocator<T>(), std::forward<Arguments>(arguments)...);
}

}  // namespace manta
