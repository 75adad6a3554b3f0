#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace manta::net {

// HTTP header fields in order, names in lower case. Small and flat: one buffer for all text. Views stay valid until the
// next change.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  void add(std::string_view name, std::string_view value);          // name must be lower case
  void add_lowered(std::string_view name, std::string_view value);  // any case; kept in lower case
  void set(std::string_view name, std::string_view value);          // replaces every field of that name
  void remove(std::string_view name);
  std::optional<std::string_view> get(std::string_view name) const;  // the first
  bool has(std::string_view name) const { return get(name).has_value(); }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  std::size_t bytes() const { return text_.size(); }
  Field operator[](std::size_t index) const;
  void clear();

 private:
  struct Span {
    std::uint32_t name_at, name_size, value_size;
  };
  void append(std::string_view name, std::string_view value);
  bool views_own_text(std::string_view view) const;

  std::string text_;
  std::vector<Span> fields_;
};

}  // namespace manta::net
