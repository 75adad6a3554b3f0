#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/validate.h"

namespace manta::spec {

// Collects faults of one struct; each check names its field.
class Checks {
 public:
  void require(bool ok, std::string field, std::string message);
  void at_least(double value, double least, std::string field);
  void above(double value, double least, std::string field);
  void between(double value, double least, double most, std::string field);
  void json(const std::string& value, std::string field);
  // Names stand in replica ids, paths and metric labels.
  void name(std::string_view value, std::string field);
  void environment(const std::map<std::string, std::string>& variables, const std::string& field);
  void nested(const std::vector<Fault>& faults, const std::string& prefix);
  std::vector<Fault> take() { return std::move(faults_); }

 private:
  std::vector<Fault> faults_;
};

// As short as it can be written: "0.25".
std::string number_text(double number);

// "field[2]"
std::string element(const std::string& field, std::size_t index);

}  // namespace manta::spec
