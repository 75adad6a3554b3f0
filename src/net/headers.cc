#include "net/headers.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace manta::net {
namespace {

constexpr std::size_t kUsual = 383;  // bytes that usual messages need, at once instead of growing to it

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

char* copy(std::string_view text, char* to) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

Headers::Headers(std::initializer_list<Field> fields) {
  for (const Field& field : fields) add(field.name, field.value);
}

void Headers::add(std::string_view name, std::string_view value) {
  if (is_own(name) || is_own(value)) {
    const std::string own_name(name), own_value(value);
    append(own_name, own_value);
  } else {
    append(name, value);
  }
}

void Headers::add_lowered(std::string_view name, std::string_view value) {
  char* const own_name = append(name, value);
  std::transform(own_name, own_name + name.size(), own_name, to_lower);
}

// Where the name is now.
char* Headers::append(std::string_view name, std::string_view value) {
  const Sizes sizes{static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())};
  const std::size_t at = buffer_.size();
  const std::size_t wanted = at + sizeof sizes + name.size() + value.size();
  if (wanted > buffer_.capacity()) buffer_.reserve(std::max({wanted, kUsual, 2 * buffer_.capacity()}));
  buffer_.resize_and_overwrite(wanted, [&](char* text, std::size_t size) {
    std::memcpy(text + at, &sizes, sizeof sizes);
    copy(value, copy(name, text + at + sizeof sizes));
    return size;
  });
  return buffer_.data() + at + sizeof sizes;
}

bool Headers::is_own(std::string_view view) const {
  const std::less_equal<const char*> before;
  return !view.empty() && before(buffer_.data(), view.data()) && before(view.data(), buffer_.data() + buffer_.size());
}

std::size_t Headers::size() const {
  std::size_t count = 0;
  for (auto field = begin(); field != end(); ++field) ++count;
  return count;
}

void Headers::set(std::string_view name, std::string_view value) {
  if (!has(name)) return add(name, value);
  const std::string own_name(name), own_value(value);
  remove_if([&](const Field& field) { return field.name == own_name; });
  append(own_name, own_value);
}

void Headers::remove(std::string_view name) {
  const std::string own_name(name);  // may be one of these, which move
  remove_if([&](const Field& field) { return field.name == own_name; });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  const char* const end = buffer_.data() + buffer_.size();
  for (const char* at = buffer_.data(); at != end;) {
    const Sizes sizes = sizes_at(at);
    at += sizeof sizes;
    if (sizes.name == name.size() && std::memcmp(at, name.data(), name.size()) == 0)
      return std::string_view(at + sizes.name, sizes.value);
    at += std::size_t{sizes.name} + sizes.value;
  }
  return std::nullopt;
}

}  // namespace manta::net
