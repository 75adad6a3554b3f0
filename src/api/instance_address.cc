#include "api/instance_address.h"

#include <fstream>
#include <optional>
#include <utility>

#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "base/read_file.h"

namespace manta::api {
namespace {

constexpr int kUsualAdminPort = 8265;

// What is of interest here of the record that the instance has written.
struct RecordPart {
  std::string admin_address;
  std::string backend = "local";
  std::string certificate, key, authority;  // files of an instance on a cluster, or none
};
BOOST_DESCRIBE_STRUCT(RecordPart, (), (admin_address, backend, certificate, key, authority))

std::optional<RecordPart> read_record(const std::string& state_dir) {
  const auto text = read_file(state_dir + "/agent.json");
  if (!text) return std::nullopt;
  auto record = detail::from_json<RecordPart>(*text, UnknownKeys::Ignore);
  if (!record || record->admin_address.empty()) return std::nullopt;
  return *std::move(record);
}

Result<net::PeerSecurityPtr> security_of(const RecordPart& record, const std::string& state_dir) {
  if (record.backend == "local") return net::PeerSecurityPtr();
  std::string token;
  std::ifstream(state_dir + "/cluster_token") >> token;
  if (token.empty())
    return fail(ErrorCode::InvalidArgument,
                "cannot read " + state_dir + "/cluster_token: run the program as the user of the instance");
  auto made = net::PeerSecurity::make({.token = std::move(token),
                                       .certificate_file = record.certificate,
                                       .key_file = record.key,
                                       .authority_file = record.authority});
  if (!made) return std::unexpected(std::move(made.error()));
  return *std::move(made);
}

}  // namespace

Result<InstanceAddress> instance_address(const ClientOptions& options, const std::string& state_root) {
  const int port = options.admin_port.value_or(kUsualAdminPort);
  const std::string state_dir = options.state_dir.empty() ? state_root + "/" + std::to_string(port) : options.state_dir;
  InstanceAddress address{.admin = options.admin_host + ":" + std::to_string(port), .security = nullptr};
  const auto record = read_record(state_dir);
  if (!record) return address;
  if (!options.admin_port) address.admin = record->admin_address;
  if (address.admin != record->admin_address) return address;  // another instance than that of the folder
  auto security = security_of(*record, state_dir);
  if (!security) return std::unexpected(std::move(security.error()));
  address.security = *std::move(security);
  return address;
}

}  // namespace manta::api
