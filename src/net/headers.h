#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <manta/detail/block_pool.h>

namespace manta::net {

// HTTP header fields in order, names in lower case. Small and flat: one buffer holds all of them, one after the other,
// so that a message needs a single allocation for its headers. Views stay valid until the next change.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };
  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    Field operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator&) const = default;

   private:
    friend class Headers;
    const char* at_;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  void add(std::string_view name, std::string_view value);          // name must be lower case
  void add_lowered(std::string_view name, std::string_view value);  // any case, kept in lower case; of another text
  void set(std::string_view name, std::string_view value);          // replaces every field of that name
  void remove(std::string_view name);
  // Takes out the fields for which drop(field) is true, in place.
  template <class Drop>
  void remove_if(Drop drop);
  std::optional<std::string_view> get(std::string_view name) const;  // the first
  bool has(std::string_view name) const { return get(name).has_value(); }
  std::size_t size() const;  // counts them
  bool empty() const { return buffer_.empty(); }
  std::size_t bytes() const { return buffer_.size(); }  // of memory that they take
  Iterator begin() const { return Iterator(buffer_.data()); }
  Iterator end() const { return Iterator(buffer_.data() + buffer_.size()); }
  void clear() { buffer_.clear(); }

 private:
  // Before the texts of each field, at any address.
  struct Sizes {
    std::uint32_t name, value;
  };
  static Sizes sizes_at(const char* at) {
    Sizes sizes;
    std::memcpy(&sizes, at, sizeof sizes);
    return sizes;
  }
  char* append(std::string_view name, std::string_view value);
  bool is_own(std::string_view view) const;

  std::basic_string<char, std::char_traits<char>, detail::BlockAllocator<char>> buffer_;
};

inline Headers::Field Headers::Iterator::operator*() const {
  const Sizes sizes = sizes_at(at_);
  const char* const name = at_ + sizeof sizes;
  return {{name, sizes.name}, {name + sizes.name, sizes.value}};
}

inline Headers::Iterator& Headers::Iterator::operator++() {
  const Sizes sizes = sizes_at(at_);
  at_ += sizeof sizes + sizes.name + sizes.value;
  return *this;
}

template <class Drop>
void Headers::remove_if(Drop drop) {
  char* kept = buffer_.data();
  for (Iterator field = begin(), next = field; field != end(); field = next) {
    const char* const from = field.at_;
    const auto size = static_cast<std::size_t>((++next).at_ - from);
    if (drop(*field)) continue;
    if (kept != from) std::memmove(kept, from, size);
    kept += size;
  }
  buffer_.resize(static_cast<std::size_t>(kept - buffer_.data()));
}

}  // namespace manta::net
