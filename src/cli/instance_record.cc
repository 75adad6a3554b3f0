#include "cli/instance_record.h"

#include <cstdio>
#include <fstream>

#include <manta/detail/json.h>

#include "base/read_file.h"

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
  const auto text = read_file(state_dir + "/agent.json");
  if (!text) return fail(ErrorCode::NotFound, "no instance has run with state folder " + state_dir);
  return detail::from_json<InstanceRecord>(*text, UnknownKeys::Ignore);
}

}  // namespace manta::cli
