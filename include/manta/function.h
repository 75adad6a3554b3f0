#pragma once

#include <string_view>
#include <utility>

#include <manta/application.h>
#include <manta/deployment.h>
#include <manta/detail/names.h>

namespace manta {

// A deployment that is one function: Function<&summarise> serves summarise(...) as its method `call`, at the route
// prefix itself when it is the ingress, and is called "summarise". A function that returns Task<R> runs on the strand,
// another one on a compute thread.
template <auto F>
class Function;

template <class R, class... A, R (*F)(A...)>
class Function<F> {
 public:
  static constexpr std::string_view deployment_name = detail::member_name<F>();
  R call(A... arguments) { return F(std::forward<A>(arguments)...); }
  using methods = Methods<&Function::call>;
};

// bind_function<&summarise>(): a deployment to be bound to others, or the ingress of an application.
template <auto F>
Bound<Function<F>> bind_function() {
  return bind<Function<F>>();
}

// Calls it: call_function<&summarise>(handle, text).
template <auto F, class... A>
auto call_function(const Handle<Function<F>>& handle, A&&... arguments) {
  return handle.template call<&Function<F>::call>(std::forward<A>(arguments)...);
}

}  // namespace manta
