#include "engines/option_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "engines/message.h"

namespace manta::engines {
namespace {

// Levenshtein's distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

template <class Number>
bool parse(const std::string& text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

const std::string* OptionReader::find(std::string_view key) {
  known_.emplace_back(key);
  const auto found = options_.find(std::string(key));
  return found == options_.end() ? nullptr : &found->second;
}

void OptionReader::fault(std::string_view key, const std::string& problem) {
  if (fault_.empty()) fault_ = message("{}: option '{}' {}", part_, key, problem);
}

std::string OptionReader::text(std::string_view key, std::string_view otherwise) {
  const std::string* value = find(key);
  return value ? *value : std::string(otherwise);
}

std::string OptionReader::required(std::string_view key, std::string_view meaning) {
  const std::string* value = find(key);
  if (!value || value->empty()) fault(key, message("is missing: {}", meaning));
  return value ? *value : std::string();
}

std::int64_t OptionReader::integer(std::string_view key, std::int64_t otherwise, std::int64_t least,
                                   std::int64_t most) {
  const std::string* value = find(key);
  if (!value) return otherwise;
  std::int64_t parsed = 0;
  if (parse(*value, parsed) && parsed >= least && parsed <= most) return parsed;
  fault(key, message("is '{}', needs a whole number from {} to {}", *value, least, most));
  return otherwise;
}

double OptionReader::number(std::string_view key, double otherwise, double least, double most) {
  const std::string* value = find(key);
  if (!value) return otherwise;
  double parsed = 0;
  if (parse(*value, parsed) && std::isfinite(parsed) && parsed >= least && parsed <= most) return parsed;
  fault(key, message("is '{}', needs a number from {} to {}", *value, least, most));
  return otherwise;
}

bool OptionReader::flag(std::string_view key, bool otherwise) {
  const std::string* value = find(key);
  if (!value) return otherwise;
  if (*value == "true" || *value == "1") return true;
  if (*value == "false" || *value == "0") return false;
  fault(key, message("is '{}', needs true or false", *value));
  return otherwise;
}

std::string OptionReader::choice(std::string_view key, std::string_view otherwise,
                                 std::initializer_list<std::string_view> allowed) {
  const std::string* value = find(key);
  if (!value) return std::string(otherwise);
  if (std::ranges::find(allowed, *value) != allowed.end()) return *value;
  std::string names;
  for (std::string_view name : allowed) names += (names.empty() ? "" : ", ") + std::string(name);
  fault(key, message("is '{}', needs one of: {}", *value, names));
  return std::string(otherwise);
}

Result<void> OptionReader::finish() const {
  if (!fault_.empty()) return fail(ErrorCode::InvalidArgument, fault_);
  for (const auto& [key, value] : options_) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const auto nearest =
        std::ranges::min_element(known_, {}, [&](const std::string& k) { return edit_distance(k, key); });
    std::string text = message("{}: unknown option '{}'", part_, key);
    if (nearest != known_.end()) text += message("; did you mean '{}'?", *nearest);
    return fail(ErrorCode::InvalidArgument, std::move(text));
  }
  return {};
}

}  // namespace manta::engines
