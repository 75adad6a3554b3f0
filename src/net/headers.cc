#include "net/headers.h"

namespace manta::net {
namespace {

constexpr std::size_t kUsualFields = 8;
constexpr std::size_t kUsualText = 255;

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

Headers::Headers(std::initializer_list<Field> fields) {
  for (const Field& field : fields) add(field.name, field.value);
}

void Headers::add(std::string_view name, std::string_view value) {
  if (views_own_text(name) || views_own_text(value)) {
    const std::string own_name(name), own_value(value);
    append(own_name, own_value);
  } else {
    append(name, value);
  }
}

void Headers::add_lowered(std::string_view name, std::string_view value) {
  const std::size_t at = text_.size();
  add(name, value);
  for (std::size_t i = at; i < at + name.size(); ++i) text_[i] = to_lower(text_[i]);
}

void Headers::append(std::string_view name, std::string_view value) {
  if (fields_.capacity() == 0) {  // at once what usual messages need, instead of growing to it
    fields_.reserve(kUsualFields);
    text_.reserve(kUsualText);
  }
  const auto at = static_cast<std::uint32_t>(text_.size());
  text_.append(name);
  text_.append(value);
  fields_.push_back({at, static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
}

bool Headers::views_own_text(std::string_view view) const {
  return !view.empty() && view.data() >= text_.data() && view.data() < text_.data() + text_.size();
}

void Headers::set(std::string_view name, std::string_view value) {
  if (!has(name)) return add(name, value);
  const std::string own_value(value);
  const std::string own_name(name);
  remove(own_name);
  append(own_name, own_value);
}

void Headers::remove(std::string_view name) {
  if (!has(name)) return;
  Headers kept;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field field = (*this)[i];
    if (field.name != name) kept.append(field.name, field.value);
  }
  *this = std::move(kept);
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const Span& span : fields_) {
    if (span.name_size != name.size()) continue;
    const std::string_view text(text_.data() + span.name_at, std::size_t{span.name_size} + span.value_size);
    if (text.starts_with(name)) return text.substr(span.name_size);
  }
  return std::nullopt;
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Span& span = fields_[index];
  const char* at = text_.data() + span.name_at;
  return {{at, span.name_size}, {at + span.name_size, span.value_size}};
}

void Headers::clear() {
  text_.clear();
  fields_.clear();
}

}  // namespace manta::net
