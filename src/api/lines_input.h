#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "replica/servable.h"

namespace manta::api {

// The stream of a call over HTTP: each line of its body is an item as JSON; empty lines count for nothing.
class LinesInput final : public replica::ItemInput {
 public:
  explicit LinesInput(std::string text) : text_(std::move(text)) {}

  std::optional<std::string> next_line() {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      const std::string_view line(text_.data() + at_, end - at_);
      at_ = end + 1;
      if (line.find_first_not_of(" \t\r") != line.npos) return std::string(line);
    }
    return std::nullopt;
  }
  Task<Result<std::optional<std::string>>> next() override { co_return next_line(); }

 private:
  const std::string text_;
  std::size_t at_ = 0;
};

}  // namespace manta::api
