#include <manta/args.h>

namespace manta {

void ArgValue::throw_mismatch(const Error& error) const {
  throw Exception({ErrorCode::InvalidArgument, "argument '" + key_ + "': " + error.message, error.detail});
}

Args Args::parse(std::string_view json) {
  Args args;
  Result<std::map<std::string, Json>> values = detail::from_json<std::map<std::string, Json>>(json);
  if (!values)
    throw Exception(
        {ErrorCode::InvalidArgument, "application arguments: " + values.error().message, values.error().detail});
  for (auto& [key, value] : *values) args.values_.emplace(key, std::move(value));
  return args;
}

bool Args::has(std::string_view key) const { return values_.contains(key); }

ArgValue Args::at(std::string_view key) const {
  if (const auto found = values_.find(key); found != values_.end()) return {found->first, found->second};
  std::string given;
  for (const auto& [name, value] : values_) given += (given.empty() ? "" : ", ") + name;
  throw Exception({ErrorCode::InvalidArgument, "argument '" + std::string(key) + "' is missing; " +
                                                   (given.empty() ? "no arguments were given" : "given: " + given) +
                                                   ". Set it under `args` of the application"});
}

std::string Args::json() const {
  std::map<std::string, Json> values(values_.begin(), values_.end());
  return value_or_throw(detail::to_json(values));
}

}  // namespace manta
