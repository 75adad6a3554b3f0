#pragma once

#include <map>
#include <string>

#include <manta/application.h>

namespace manta::builtin {

// What `import_path: builtin:<name>` stands for: embed, rerank, llm, openai, ab_router. Their arguments are the option
// structs of include/manta/builtin; docs/guide/openai.md shows each, docs/guide/traffic.md the last.
const std::map<std::string, BuildFunction>& applications();

}  // namespace manta::builtin
