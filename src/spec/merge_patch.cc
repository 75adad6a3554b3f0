#include "spec/merge_patch.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <manta/detail/json.h>
#include <manta/tensor.h>

namespace manta::spec {
namespace {

using Object = std::map<std::string, Json>;

std::string merged(const std::string& target, const std::string& patch) {
  const auto changes = detail::from_json<Object>(patch);
  if (!changes) return patch;
  Object object = detail::from_json<Object>(target).value_or(Object{});
  for (const auto& [key, value] : *changes) {
    if (value.text == "null")
      object.erase(key);
    else
      object[key].text = merged(object.contains(key) ? object[key].text : "null", value.text);
  }
  return detail::to_json(object).value_or("{}");
}

struct Named {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Named, (), (name))

std::string name_of(const Json& deployment) {
  return detail::from_json<Named>(deployment.text, UnknownKeys::Ignore).value_or(Named{}).name;
}

void merge_deployments(std::vector<Json>& deployments, const std::vector<Json>& patches) {
  for (const Json& patch : patches) {
    const auto found = std::ranges::find(deployments, name_of(patch), name_of);
    if (found == deployments.end())
      deployments.push_back({merged("{}", patch.text)});
    else
      found->text = merged(found->text, patch.text);
  }
}

}  // namespace

Result<std::string> merge_patch(const std::string& target, const std::string& patch) {
  for (const std::string* text : {&target, &patch})
    if (const auto json = detail::from_json<Json>(*text); !json) return std::unexpected(json.error());
  return merged(target, patch);
}

Result<std::string> merge_application(const std::string& target, const std::string& patch) {
  auto changes = detail::from_json<Object>(patch);
  if (!changes) return std::unexpected(std::move(changes.error()));
  auto application = detail::from_json<Object>(target);
  if (!application) return std::unexpected(std::move(application.error()));
  const auto given = changes->extract("deployments");
  if (!given.empty()) {
    auto patches = detail::from_json<std::vector<Json>>(given.mapped().text);
    if (!patches) return fail(ErrorCode::InvalidArgument, "deployments: expected a list", "$.deployments");
    auto deployments =
        detail::from_json<std::vector<Json>>((*application)["deployments"].text).value_or(std::vector<Json>{});
    merge_deployments(deployments, *patches);
    (*application)["deployments"].text = detail::to_json(deployments).value_or("[]");
  }
  return merge_patch(detail::to_json(*application).value_or("{}"), detail::to_json(*changes).value_or("{}"));
}

}  // namespace manta::spec
