#pragma once

#include <chrono>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "net/address.h"
#include "net/message.h"

namespace manta::cli {

// Of a deploy: each description of an application may take its ten seconds.
inline constexpr Duration kDeployTimeout = std::chrono::minutes(10);

// One call over a connection of its own. An error answer (status 400 and above) becomes its Error. `by`: who asks, for
// the history and the events of the instance.
Task<Result<net::Response>> call_once(Loop& loop, net::Address address, std::string method, std::string path,
                                      std::string body, Duration timeout, std::string by = {});

// The same from a program that has no loop.
Result<net::Response> call_and_wait(net::Address address, std::string method, std::string path, std::string body,
                                    Duration timeout, std::string by = {});

}  // namespace manta::cli
