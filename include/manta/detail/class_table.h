#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <manta/detail/json.h>
#include <manta/detail/method_builder.h>
#include <manta/detail/method_check.h>
#include <manta/detail/names.h>

namespace manta::detail {

template <class D>
void add_check_health(ClassTable& table) {
  if constexpr (requires(D& object) { object.check_health(); }) {
    static_assert(!is_task_v<decltype(std::declval<D&>().check_health())>,
                  "manta: check_health() is a plain method: it runs on a thread of its own and throws when the replica "
                  "is not well");
    table.check_health = [](void* object) {
      if constexpr (std::is_same_v<decltype(std::declval<D&>().check_health()), bool>) {
        if (!static_cast<D*>(object)->check_health())
          throw Exception({ErrorCode::Unavailable, "check_health() returned false"});
      } else {
        static_cast<D*>(object)->check_health();
      }
    };
  }
}

template <class D>
void add_reconfigure(ClassTable& table) {
  if constexpr (requires { &D::reconfigure; }) {
    using Values = typename MemberFunction<decltype(&D::reconfigure)>::Values;
    static_assert(std::tuple_size_v<Values> == 1 && Encodable<Values>,
                  "manta: reconfigure(Config) takes one struct described with BOOST_DESCRIBE_STRUCT");
    using Config = std::tuple_element_t<0, Values>;
    table.reconfigure = [](void* object, const std::string& json) -> Result<void> {
      Result<Config> config = from_json<Config>(json);
      if (!config) return std::unexpected(std::move(config.error()));
      static_cast<D*>(object)->reconfigure(std::move(*config));
      return {};
    };
  }
}

template <class D>
void add_model_version(ClassTable& table) {
  if constexpr (requires(D& object) { std::string(object.model_version()); })
    table.model_version = [](void* object) { return std::string(static_cast<D*>(object)->model_version()); };
}

// Fits `table_member` to a member function of D, given as something that calls it.
template <class R, class D, class Call>
void add_optional(OptionalMember<R>& table_member, Call call) {
  using Returned = std::invoke_result_t<Call, D&>;
  static_assert(std::is_convertible_v<typename Unwrap<Returned>::type, R> || std::is_void_v<R>,
                "manta: record_autoscaling_stats() and record_routing_stats() return a std::map<std::string, double>, "
                "or a Task of one");
  if constexpr (is_task_v<Returned>)
    table_member.start = [call](void* object) -> Task<R> { return call(*static_cast<D*>(object)); };
  else
    table_member.run = [call](void* object) -> R { return static_cast<R>(call(*static_cast<D*>(object))); };
}

template <class D>
void add_hooks(ClassTable& table) {
  if constexpr (requires(D& object) { object.on_start(); })
    add_optional<void, D>(table.on_start, [](D& object) { return object.on_start(); });
  if constexpr (requires(D& object) { object.on_stop(); })
    add_optional<void, D>(table.on_stop, [](D& object) { return object.on_stop(); });
  if constexpr (requires(D& object) { object.record_autoscaling_stats(); })
    add_optional<Stats, D>(table.record_autoscaling_stats, [](D& object) { return object.record_autoscaling_stats(); });
  if constexpr (requires(D& object) { object.record_routing_stats(); })
    add_optional<Stats, D>(table.record_routing_stats, [](D& object) { return object.record_routing_stats(); });
}

// Everything that the runtime needs of D. Instantiates the codecs of all its methods: only bind<D>() does it.
template <class D>
std::shared_ptr<const ClassTable> make_class_table() {
  auto table = std::make_shared<ClassTable>();
  table->class_name = deployment_name<D>();
  D::methods::for_each([&]<auto Value>() {
    MethodEntry method = make_method<Entry<Value>::member>();
    auto& methods = table->methods;
    auto known = std::find_if(methods.begin(), methods.end(), [&](const auto& m) { return m.name == method.name; });
    if (known == methods.end()) known = methods.insert(methods.end(), std::move(method));
    Entry<Value>::apply(*known);
  });
  add_check_health<D>(*table);
  add_reconfigure<D>(*table);
  add_model_version<D>(*table);
  add_hooks<D>(*table);
  if constexpr (requires { D::may_run_in_proxy; }) table->may_run_in_proxy = D::may_run_in_proxy;
  return table;
}

}  // namespace manta::detail
