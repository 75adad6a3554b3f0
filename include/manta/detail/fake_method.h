#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <manta/detail/arguments.h>
#include <manta/detail/method_info.h>
#include <manta/detail/method_table.h>
#include <manta/detail/names.h>

namespace manta::testing::detail {

using namespace manta::detail;

// Methods that answer in place of those of one class.
struct FakeDeployment {
  std::string class_name;
  std::vector<MethodEntry> methods;
};

template <auto Member, class F>
Result<Outcome> answer_fake(F& answer, const IncomingCall& call) {
  using Info = MethodInfo<Member>;
  using Arguments = typename Info::Arguments;
  Result<Arguments> arguments = decode_arguments<Arguments>(call);
  if (!arguments) return std::unexpected(std::move(arguments.error()));
  if constexpr (Info::streams) {
    const std::vector<typename Info::Item> items = std::apply(answer, std::move(*arguments));
    for (const auto& item : items) {
      Result<Outcome> encoded = encode_result(call.reply_format, item);
      if (!encoded) return encoded;
      if (Result<void> written = call.items->write_blocking(std::move(encoded->body)); !written)
        return std::unexpected(std::move(written.error()));
    }
    return Outcome{};
  } else if constexpr (std::is_void_v<typename Info::Value>) {
    std::apply(answer, std::move(*arguments));
    return Outcome{.body = encoded_nothing(call.reply_format)};
  } else {
    const typename Info::Value value = std::apply(answer, std::move(*arguments));
    return encode_result(call.reply_format, value);
  }
}

template <auto Member, class F>
MethodEntry fake_method(F answer) {
  using Info = MethodInfo<Member>;
  static_assert(!Info::raw, "manta: a fake answers typed methods, not those that take an HttpRequest");
  MethodEntry entry;
  entry.name = member_name<Member>();
  entry.streams = Info::streams;
  entry.run = [answer = std::move(answer)](void*, IncomingCall& call) mutable {
    return answer_fake<Member>(answer, call);
  };
  return entry;
}

}  // namespace manta::testing::detail
