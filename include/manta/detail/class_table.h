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
    static_assert(
        !is_task_v<decltype(std::declval<D&>().check_health())>,
        "manta: check_health() is a plain method: it runs on a compute thread and throws when the replica is not well");
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
  return table;
}

}  // namespace manta::detail
