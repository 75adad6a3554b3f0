#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manta/detail/json.h>
#include <manta/detail/json_path.h>
#include <manta/tensor.h>

#include "spec/yaml_document.h"

namespace manta::spec {

// What reading a file finds, by JSON path; places are added at the end.
struct Report {
  std::vector<Finding> errors;
  std::vector<Finding> warnings;
};

// One mapping of a configuration file, read key by key. A key whose value is null counts as not given. Faults go to the
// report and reading continues, so that one run shows them all. Every name asked for is known; refuse_rest() complains
// about the others.
class Section {
 public:
  Section(Report& report, std::string path, const std::string& json);

  bool has(std::string_view name) const { return keys_.find(name) != keys_.end(); }
  const std::string& path() const { return path_; }
  std::string path_of(std::string_view name) const { return detail::field_path(path_, name); }

  // The value as JSON text, if the key is given.
  std::optional<std::string> take(std::string_view name);

  // Decodes the value if the key is given. True when `value` was set.
  template <class T>
  bool read(std::string_view name, T& value) {
    const std::optional<std::string> json = take(name);
    if (!json) return false;
    Result<T> decoded = detail::from_json<T>(*json);
    if (!decoded) {
      refuse(name, decoded.error());
      return false;
    }
    value = *std::move(decoded);
    return true;
  }

  // Reads every member of a described struct that is given.
  template <class T>
  void read_members(T& value) {
    each_member(value, [this](std::string_view name, auto& member) { this->read(name, member); });
  }

  // visit(name, member) for every member of a described struct.
  template <class T, class F>
  static void each_member(T& value, F visit) {
    [&]<template <class...> class List, class... D>(List<D...>) {
      (visit(std::string_view(D::name), value.*D::pointer), ...);
    }(detail::Members<T>());
  }

  // The mapping under a key, empty when not given.
  Section section(std::string_view name);

  // The mappings of a sequence.
  std::vector<Section> sections(std::string_view name);

  // Known keys that nothing acts on: a warning for each that is given.
  void ignore(std::initializer_list<std::string_view> names, std::string_view why);

  void refuse_rest();
  void refuse(std::string_view name, std::string message);
  void refuse(std::string_view name, const Error& error);
  // `path` leads to the value from here: "autoscaling_config.min_replicas", "warmup[0].count".
  void refuse_below(std::string_view path, std::string message);
  void warn(std::string_view name, std::string message);

 private:
  Report& report_;
  std::string path_;
  std::map<std::string, std::string, std::less<>> keys_;
  std::vector<std::string_view> known_;
};

}  // namespace manta::spec
