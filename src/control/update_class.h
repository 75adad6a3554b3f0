#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>

#include "control/application_record.h"

namespace manta::control {

// What a change of a field means for the replicas that run, the least first.
enum class UpdateClass {
  None,         // nothing has changed
  Light,        // the controller and callers act on it; no replica is touched
  Reconfigure,  // told to each replica, which takes it over while it serves
  Restart,      // replicas are replaced in waves
};

// "unchanged", "light", "reconfigure", "restart".
std::string_view name(UpdateClass update_class);

// Of a field of DeploymentConfig.
UpdateClass update_class_of(std::string_view field);

// One difference between two definitions of a deployment: values as JSON text. Of code and arguments only the name is
// told.
struct FieldChange {
  std::string field, before, after, update_class;
  bool operator==(const FieldChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(FieldChange, (), (field, before, after, update_class))

// The fields of the configurations that differ, in the order of the struct.
std::vector<FieldChange> config_changes(const DeploymentConfig& before, const DeploymentConfig& after);

// Whether replicas of the one may serve as replicas of the other, as they are: same version, same settings.
bool same_definition(const ApplicationRecord& before, const spec::NodeSpec& old_node, const ApplicationRecord& after,
                     const spec::NodeSpec& new_node);

}  // namespace manta::control
