#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engines/engine.h"

namespace manta::engines {

// Reads the options of one engine part: typed access with defaults, then one verdict. Each getter also declares its
// key, so ask for every key before finish(). After a bad value the getters go on with defaults; the first fault is
// reported.
class OptionReader {
 public:
  // `part` opens the messages: "onnx embedding". `options` must outlive the reader.
  OptionReader(std::string part, const EngineOptions& options) : part_(std::move(part)), options_(options) {}

  std::string text(std::string_view key, std::string_view otherwise);
  // An absent or empty value is a fault; `meaning` says what belongs there.
  std::string required(std::string_view key, std::string_view meaning);
  std::int64_t integer(std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most);
  double number(std::string_view key, double otherwise, double least, double most);
  bool flag(std::string_view key, bool otherwise);
  std::string choice(std::string_view key, std::string_view otherwise, std::initializer_list<std::string_view> allowed);

  // InvalidArgument for the first bad value or, naming the nearest known key, for an option nobody asked for.
  Result<void> finish() const;

 private:
  const std::string* find(std::string_view key);
  void fault(std::string_view key, const std::string& problem);

  std::string part_;
  const EngineOptions& options_;
  std::vector<std::string> known_;
  std::string fault_;
};

}  // namespace manta::engines
