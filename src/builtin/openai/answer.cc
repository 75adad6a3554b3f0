#include "builtin/openai/answer.h"

#include <cmath>
#include <cstdint>
#include <random>

namespace manta::builtin::openai {
namespace {

std::string_view type_of(int status) {
  if (status == 401 || status == 403) return "authentication_error";
  if (status == 404) return "not_found_error";
  if (status == 429) return "rate_limit_error";
  if (status == 503) return "overloaded_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

std::optional<std::string> code_of(const Error& error, int status) {
  if (status == 404 && error.detail == "model") return "model_not_found";
  if (error.message.find("the context holds") != std::string::npos) return "context_length_exceeded";
  if (status == 429 || status == 503) return "overloaded";
  if (status == 408) return "timeout";
  return std::nullopt;
}

std::optional<std::string> param_of(const Error& error) {
  if (error.code != ErrorCode::InvalidArgument && error.code != ErrorCode::NotFound) return std::nullopt;
  std::string_view path = error.detail;
  if (path.starts_with("$.")) path.remove_prefix(2);
  if (path.empty() || path == "$" || path.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(path);
}

}  // namespace

std::string error_json(const Error& error) {
  const int status = http_status(error);
  ErrorReply reply{{.message = error.message,
                    .type = std::string(type_of(status)),
                    .param = param_of(error),
                    .code = code_of(error, status)}};
  return detail::to_json(reply).value_or(
      R"({"error":{"message":"the error's text is not valid UTF-8","type":"server_error","param":null,"code":null}})");
}

HttpResponse error_response(const Error& error) {
  HttpResponse response = HttpResponse::json(error_json(error), http_status(error));
  if (error.retry_after_s > 0)
    response.headers.emplace_back("retry-after", std::to_string(static_cast<long>(std::ceil(error.retry_after_s))));
  return response;
}

std::string new_id(std::string_view prefix) {
  static constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr int kCharacters = 24, kOfOneNumber = 8;  // 62^8 is so far below 2^64 that all come as often
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::string id(prefix.size() + kCharacters, '\0');
  char* next = id.data() + prefix.copy(id.data(), prefix.size());
  for (int i = 0; i < kCharacters; i += kOfOneNumber) {
    std::uint64_t number = random();
    for (int j = 0; j < kOfOneNumber; ++j, number /= kAlphabet.size()) *next++ = kAlphabet[number % kAlphabet.size()];
  }
  return id;
}

}  // namespace manta::builtin::openai
