#include "spec/json_to_yaml.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

#include <manta/detail/json_reader.h>
#include <manta/detail/json_writer.h>

#include "codec/copy_value.h"
#include "codec/json_text.h"
#include "spec/yaml_scalar.h"

namespace manta::spec {
namespace {

// Older readers take digits with colons for a number or a time, so that colons stand only in what begins with a letter
// or '/'.
bool has_plain_colons(const std::string& text) {
  if (text.find(':') == std::string::npos) return true;
  return (std::isalpha(static_cast<unsigned char>(text.front())) || text.front() == '/') && text.back() != ':' &&
         text.find(": ") == std::string::npos;
}

bool is_plain(const std::string& text) {
  const auto is_safe = [](unsigned char c) {
    return std::isalnum(c) || std::string_view("_-./ (),:").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (text.empty() || text.back() == ' ' || !has_plain_colons(text)) return false;
  if (!std::isalnum(static_cast<unsigned char>(text.front())) && text.front() != '_' && text.front() != '/')
    return false;
  if (!std::ranges::all_of(text, is_safe)) return false;
  constexpr std::string_view kOldBooleans[] = {"yes", "no", "on", "off", "y", "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::ranges::find(kOldBooleans, lower) != std::end(kOldBooleans)) return false;
  detail::JsonWriter as_read;  // a string again, when read back
  return write_plain_scalar(as_read, text).empty() && as_read.text().starts_with('"');
}

// Plain where that reads back as the same text, in single quotes where it is one printable line, else in double quotes.
std::string scalar(const std::string& text) {
  if (is_plain(text)) return text;
  if (!std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; }) || !codec::is_utf8(text))
    return codec::json_quoted(text);
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

// Writes what the reader sees next. `indent`: columns of the lines below.
class YamlWriter {
 public:
  explicit YamlWriter(detail::JsonReader& reader) : reader_(reader) {}

  // What stands after "key:" or at the top.
  void value(std::size_t indent, bool after_key) {
    if (reader_.kind() == detail::ValueKind::Object)
      object(indent, after_key);
    else if (reader_.kind() == detail::ValueKind::Array)
      array(after_key && indent >= 2 ? indent - 2 : indent, after_key);
    else
      text_.append(after_key ? " " : "").append(plain()).append("\n");
  }
  std::string take() { return std::move(text_); }

 private:
  void object(std::size_t indent, bool after_key, bool first_in_line = false) {
    detail::JsonReader::Container members;
    reader_.begin_object(members);
    std::string_view key;
    if (!reader_.next_key(members, key)) return empty(after_key, "{}");
    if (after_key) text_.append("\n");
    do {
      text_.append(first_in_line ? 0 : indent, ' ').append(scalar(std::string(key))).append(":");
      first_in_line = false;
      value(indent + 2, true);
    } while (reader_.next_key(members, key));
  }

  void array(std::size_t indent, bool after_key, bool first_in_line = false) {
    detail::JsonReader::Container elements;
    reader_.begin_array(elements);
    if (!reader_.next_element(elements)) return empty(after_key, "[]");
    if (after_key) text_.append("\n");
    do {
      text_.append(first_in_line ? 0 : indent, ' ').append("- ");
      first_in_line = false;
      element(indent + 2);
    } while (reader_.next_element(elements));
  }

  void element(std::size_t indent) {
    if (reader_.kind() == detail::ValueKind::Object)
      object(indent, false, true);
    else if (reader_.kind() == detail::ValueKind::Array)
      array(indent, false, true);
    else
      text_.append(plain()).append("\n");
  }

  void empty(bool after_key, std::string_view brackets) {
    text_.append(after_key ? " " : "").append(brackets).append("\n");
  }

  std::string plain() {
    if (reader_.kind() == detail::ValueKind::String) {
      std::string_view text;
      reader_.read_string(text);
      return scalar(std::string(text));
    }
    detail::JsonWriter writer;
    std::string error;
    codec::copy_value(reader_, writer, error);
    return writer.take();
  }

  detail::JsonReader& reader_;
  std::string text_;
};

}  // namespace

std::string json_to_yaml(std::string_view json) {
  detail::JsonReader reader(json);
  if (!reader.ok()) return {};
  YamlWriter writer(reader);
  writer.value(0, false);
  return writer.take();
}

}  // namespace manta::spec
