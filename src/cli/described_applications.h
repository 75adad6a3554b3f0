#pragma once

#include <vector>

#include <boost/describe/class.hpp>

#include "spec/application_graph.h"

namespace manta::cli {

// Arguments of build() for a `manta describe` that was not given --args: JSON, kept off the command line.
inline constexpr const char* kDescribeArgsVariable = "MANTA_DESCRIBE_ARGS";

// What `manta describe` prints.
struct DescribedApplications {
  std::vector<spec::ApplicationGraph> applications;
};
BOOST_DESCRIBE_STRUCT(DescribedApplications, (), (applications))

}  // namespace manta::cli
