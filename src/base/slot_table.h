#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace manta {

// Values under ids. A place is used again once its value has been taken, but under another id: an id is the place's
// index + 1 and, above it, how often the place has been given and taken so far. So an old id finds nothing. Allocates
// only to grow. T has an empty value, T(), that places without one hold.
template <class T>
class SlotTable {
 public:
  using Id = std::uint64_t;  // 0 is never given out

  Id add(T value) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.value = std::move(value);
    return std::uint64_t{++slot.turns} << 32U | (index + 1);
  }

  bool contains(Id id) const { return index_of(id) < slots_.size() && slots_[index_of(id)].turns == id >> 32U; }

  // Of one that it contains; valid until the next add().
  T& at(Id id) { return slots_[index_of(id)].value; }

  // Of one that it contains.
  T take(Id id) {
    Slot& slot = slots_[index_of(id)];
    ++slot.turns;
    free_.push_back(index_of(id));
    return std::exchange(slot.value, T());
  }

  // In the order of their places.
  std::vector<T> take_all() {
    std::vector<T> all;
    for (std::uint32_t index = 0; index < slots_.size(); ++index)
      if (slots_[index].turns % 2 == 1) all.push_back(take(std::uint64_t{slots_[index].turns} << 32U | (index + 1)));
    return all;
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    T value = T();
    std::uint32_t turns = 0;  // odd: it has a value
  };
  static std::uint32_t index_of(Id id) { return static_cast<std::uint32_t>(id) - 1; }

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace manta
