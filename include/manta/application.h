#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <manta/args.h>
#include <manta/autoscaling_policy.h>
#include <manta/detail/bind_argument.h>
#include <manta/detail/class_table.h>
#include <manta/detail/node.h>
#include <manta/handle.h>
#include <manta/routing_policy.h>

namespace manta {

// A deployment of class D with its arguments: a value, made by bind(). Given to another bind() it arrives there as
// Handle<D>. Using one Bound in several places shares the deployment; binding twice makes two (the second is called
// "D_1").
template <class D>
class Bound {
 public:
  using Deployment = D;
  explicit Bound(std::shared_ptr<const detail::Node> node) : node_(std::move(node)) {}

  // The same deployment run in another way: bind<Embed>(model).with({.num_replicas = 2}).
  Bound with(DeploymentConfig config) const {
    auto node = std::make_shared<detail::Node>(*node_);
    if (!config.name.empty()) node->name = config.name;
    node->config = std::move(config);
    return Bound(std::move(node));
  }
  const std::shared_ptr<const detail::Node>& node() const { return node_; }

 private:
  std::shared_ptr<const detail::Node> node_;
};

// Binds a deployment class to the arguments of its constructor: values that can be encoded, and other Bounds (also in a
// vector), which the constructor gets as Handle<X> (std::vector<Handle<X>>). Nothing is constructed here.
template <class D, class... A>
Bound<D> bind(A&&... arguments) {
  using Stored = std::tuple<detail::Stored<A>...>;
  if constexpr (!detail::check_class<D>() || !detail::check_bind<D, detail::Stored<A>...>()) {
    return Bound<D>(nullptr);
  } else {
    auto node = std::make_shared<detail::Node>();
    node->table = detail::make_class_table<D>();
    node->name = node->table->class_name;
    detail::ArgumentWriter writer(*node);
    (writer.add(detail::store(arguments)), ...);
    node->construct = [stored = Stored(detail::store(std::forward<A>(arguments))...)](detail::HandleSource& handles) {
      return std::apply(
          [&](const auto&... value) -> std::shared_ptr<void> {
            return std::make_shared<D>(detail::resolve(value, handles)...);
          },
          stored);
    };
    return Bound<D>(std::move(node));
  }
}

// The ingress of an application: any Bound.
class IngressDeployment {
 public:
  IngressDeployment() = default;
  template <class D>
  IngressDeployment(const Bound<D>& bound) : node_(bound.node()) {}  // implicit: `.ingress = manta::bind<Rag>(...)`
  const std::shared_ptr<const detail::Node>& node() const { return node_; }

 private:
  std::shared_ptr<const detail::Node> node_;
};

// What build() returns, or a std::vector of them: deployments that are started, updated and removed together. The
// ingress answers HTTP below the route prefix. A name or prefix in the configuration wins.
struct Application {
  std::string name = "default";
  IngressDeployment ingress;
  std::string route_prefix;  // empty: of the configuration, else "/"
  std::vector<CustomRoutingPolicy> routing_policies = {};
  std::vector<CustomAutoscalingPolicy> autoscaling_policies = {};
  std::vector<CustomApplicationAutoscalingPolicy> application_autoscaling_policies = {};
  // Further deployments that run although no other one calls them: targets of traffic weights and shadows.
  std::vector<IngressDeployment> variants = {};
};

using BuildFunction = std::function<std::vector<Application>(const Args&)>;

namespace detail {

// Any build function as a BuildFunction: with or without Args, one application or several.
template <class F>
std::vector<Application> run_build(F& build, const Args& args) {
  auto made = [&] {
    if constexpr (std::is_invocable_v<F&, const Args&>)
      return build(args);
    else
      return build();
  }();
  if constexpr (std::is_convertible_v<decltype(made), Application>)
    return {std::move(made)};
  else
    return made;
}

}  // namespace detail
}  // namespace manta
