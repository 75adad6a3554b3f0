#include "cli/option_file.h"

#include "base/read_file.h"

namespace manta::cli {

Result<std::string> file_of_option(const std::string& option, const std::string& path) {
  auto text = read_file(path);
  if (!text) text.error().message = option + ": " + text.error().message;
  return text;
}

}  // namespace manta::cli
