#pragma once

#include <optional>
#include <string>

#include <manta/error.h>

#include "cli/admin_client.h"
#include "cli/environment.h"

namespace manta::cli {

inline constexpr int kDefaultAdminPort = 8265;

// The instance that a command is for: of `address` or `admin_port` when they are given, else the one that has the
// default state folder, whatever port it got; when none runs there, whoever has the default port. InvalidArgument for
// what is no address.
Result<AdminTarget> find_instance(const std::string& address, std::optional<int> admin_port,
                                  const Environment& environment);

// Asks the server whether it is Manta, before anything is sent that changes something. InvalidArgument says what it is
// instead, DeadlineExceeded that it does not answer; where nobody listens it is left to the command itself.
Result<void> check_is_manta(const AdminTarget& target);

}  // namespace manta::cli
