#include "cli/find_instance.h"

#include <chrono>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/instance_record.h"
#include "cli/server_identity.h"
#include "net/address.h"

namespace manta::cli {
namespace {

// The sockets of an instance that was killed refuse. That of a cluster does so, too, while its controller is being
// started again.
bool is_alive(const InstanceRecord& record) {
  if (record.backend != kLocalBackend) return true;
  const auto fd = net::connect_to({"unix:" + record.controller_socket});
  if (fd) ::close(*fd);
  return fd.has_value();
}

}  // namespace

Result<AdminTarget> find_instance(const std::string& address, std::optional<int> admin_port,
                                  const Environment& environment) {
  if (!address.empty()) return parse_admin_address(address);
  if (admin_port) return AdminTarget{.port = *admin_port};
  const std::string state_dir = environment.default_state_dir(kDefaultAdminPort);
  const auto record = read_instance_record(state_dir);
  if (!record) return AdminTarget{.port = kDefaultAdminPort};
  if (is_alive(*record)) return parse_admin_address(record->admin_address);
  return AdminTarget{.port = kDefaultAdminPort,
                     .hint = fmt::format("the instance of {} (process {}) has ended", state_dir, record->pid)};
}

Result<void> check_is_manta(const AdminTarget& target) {
  const net::Address address{fmt::format("{}:{}", target.host, target.port)};
  const ServerIdentity found = who_answers(address, std::chrono::seconds(10));
  const bool goes_on = found.kind == ServerIdentity::Kind::Nobody ||
                       (found.kind == ServerIdentity::Kind::Manta && !found.version.empty());
  if (goes_on) return {};
  if (found.kind == ServerIdentity::Kind::Silent)
    return fail(ErrorCode::DeadlineExceeded,
                fmt::format("http://{} takes connections and does not answer; nothing was sent", address.text));
  const std::string what = found.kind == ServerIdentity::Kind::Manta ? "the public port of Manta, not its admin port"
                                                                     : "not Manta but " + description(found);
  return fail(ErrorCode::InvalidArgument,
              fmt::format("http://{} is {}; nothing was sent. Give the admin port of the instance, which its output "
                          "names: --admin-port PORT, or --address http://HOST:PORT",
                          address.text, what));
}

}  // namespace manta::cli
