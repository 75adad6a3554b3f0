#pragma once

#include <string>

#include "control/event_log.h"

namespace manta::cli {

// One line: "22:11:05 replica_died rag/Llm rag#Llm#k3v9x2: killed by signal 9 (by ...)". Further lines of the message
// are indented below it.
std::string event_line(const control::Event& event);

}  // namespace manta::cli
