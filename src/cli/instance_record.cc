#include "cli/instance_record.h"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <manta/detail/json.h>

namespace manta::cli {

void write_instance_record(const runtime::InstancePaths& paths, const InstanceRecord& record) {
  const std::string path = paths.state + "/agent.json";
  {
    std::ofstream file(path + ".half");
    file << detail::to_json(record).value_or("{}") << '\n';
  }
  (void)std::rename((path + ".half").c_str(), path.c_str());
}

Result<InstanceRecord> read_instance_record(const std::string& state_dir) {
  std::ifstream file(state_dir + "/agent.json");
  if (!file) return fail(ErrorCode::NotFound, "no instance has run with state folder " + state_dir);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return detail::from_json<InstanceRecord>(text, UnknownKeys::Ignore);
}

}  // namespace manta::cli
