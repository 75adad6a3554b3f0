#pragma once

#include <string>

#include <manta/error.h>

#include "base/clock.h"
#include "control/details.h"
#include "net/message.h"

namespace manta::cli {

// Where a running instance is asked: its admin port (find_instance.h).
struct AdminTarget {
  std::string host = "127.0.0.1";
  int port = 8265;
  std::string by = {};    // who asks: "alice: manta deploy app.yaml"
  std::string hint = {};  // what to say besides when nobody answers
};

// "http://localhost:8265", "localhost:8265", "8265". InvalidArgument when it is none of these.
Result<AdminTarget> parse_admin_address(const std::string& text);

// One call to the admin API; an error answer becomes its Error. Blocks.
Result<net::Response> ask(const AdminTarget& target, const std::string& method, const std::string& path,
                          std::string body = "", Duration timeout = std::chrono::seconds(10));

// GET /api/serve/details
Result<control::InstanceDetails> instance_details(const AdminTarget& target);

// The page /-/metrics of the instance's proxy, which has the figures of all its processes. Internal without a proxy.
Result<std::string> metrics_page(const control::InstanceDetails& details);

// Prints the error, with what to do about it, and returns the exit code 1.
int report(const Error& error, const AdminTarget& target);

}  // namespace manta::cli
