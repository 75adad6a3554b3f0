#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/interpolate.h"

namespace manta::spec {

// Where something stands in a file; lines and columns count from 1, 0 = not known.
struct Place {
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

// Something to tell about a file: an error or a warning.
struct Finding {
  std::string path;  // "$.applications[0].name"; empty for the file as a whole
  std::string message;
  Place place;
};

// A YAML file as JSON, with the places of what was in it.
struct YamlDocument {
  std::string json = "null";
  std::map<std::string, Place> keys;  // by JSON path, as decoding errors spell it
  std::map<std::string, Place> values;
  std::map<std::string, std::string> interpolated;  // by path, values with ${NAME} as they are written

  // Of the value at the path, or of the nearest thing around it.
  Place place_of(std::string path) const;
};

// What a file may cost; aliases count each time they are used.
struct YamlLimits {
  std::size_t max_bytes = std::size_t{4} << 20;
  std::size_t max_values = 100'000;
  std::size_t max_expanded = std::size_t{16} << 20;  // bytes of texts, and of the paths to them
  std::size_t max_depth = 64;
};

// Reads one YAML document (core schema of YAML 1.2: only true and false are booleans; merge keys are understood).
// Environment variables are resolved in scalars, before a plain scalar is given its type; without a lookup they are
// left alone. Faults are appended to `findings`; the document is of use only if there are none. `first` is where the
// text begins in its file.
YamlDocument read_yaml(std::string_view text, const EnvironmentLookup& lookup, std::vector<Finding>& findings,
                       const YamlLimits& limits = {}, Place first = {1, 1});

}  // namespace manta::spec
