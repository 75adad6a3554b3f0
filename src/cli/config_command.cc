#include "cli/config_command.h"

#include <cstdio>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "cli/effective_text.h"
#include "cli/terminal.h"
#include "spec/json_to_yaml.h"

namespace manta::cli {

int config_command(const AdminTarget& target, const std::string& application) {
  const auto details = instance_details(target);
  if (!details) return report(details.error(), target);
  if (!application.empty()) {
    const auto found = details->applications.find(application);
    if (found == details->applications.end())
      return report({.code = ErrorCode::NotFound, .message = fmt::format("there is no application '{}'", application)},
                    target);
    std::fputs(spec::json_to_yaml(found->second.deployed_app_config.text).c_str(), stdout);
    return 0;
  }
  std::string text;
  for (const auto& [name, entry] : details->applications)
    text.append(text.empty() ? "" : "\n---\n\n").append(spec::json_to_yaml(entry.deployed_app_config.text));
  std::fputs(text.empty() ? "No configuration was found.\n" : text.c_str(), stdout);
  return 0;
}

namespace {

// The one that there is.
Result<std::string> only_application(const AdminTarget& target) {
  const auto details = instance_details(target);
  if (!details) return std::unexpected(details.error());
  if (details->applications.size() == 1) return details->applications.begin()->first;
  std::string names;
  for (const auto& [name, entry] : details->applications) names.append(names.empty() ? "" : ", ").append(name);
  return fail(ErrorCode::InvalidArgument,
              names.empty() ? "no application is deployed" : "--effective needs one of the applications: " + names);
}

}  // namespace

int effective_config_command(const AdminTarget& target, const std::string& named, const std::string& deployment,
                             bool json) {
  const auto found = named.empty() ? only_application(target) : Result<std::string>(named);
  if (!found) return report(found.error(), target);
  const std::string& application = *found;
  const auto answer = ask(target, "GET", "/api/serve/applications/" + application + "/effective");
  if (!answer) return report(answer.error(), target);
  const auto config = detail::from_json<control::EffectiveConfig>(answer->body, UnknownKeys::Ignore);
  if (!config) return report(config.error(), target);
  const std::string text = effective_text(*config, deployment);
  if (text.empty())
    return report({.code = ErrorCode::NotFound,
                   .message = fmt::format("application '{}' has no deployment '{}'", application, deployment)},
                  target);
  std::fputs(json ? (answer->body + "\n").c_str() : text.c_str(), stdout);
  return 0;
}

}  // namespace manta::cli
