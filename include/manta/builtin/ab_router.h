#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <manta/application.h>
#include <manta/deployment.h>
#include <manta/handle.h>
#include <manta/http.h>
#include <manta/http_reader.h>
#include <manta/task.h>

namespace manta::builtin {

// Chooses between two by chance. Requests of one session (x-session-id) get the same answer, and when the split
// changes only the sessions that must go to the other one.
class ABChoice {
 public:
  // The part of the first, 0 to 1; anything else throws Exception(InvalidArgument).
  explicit ABChoice(double traffic_split);
  // For the current request.
  bool takes_first();

 private:
  double split_;
  std::uint64_t random_;
};

namespace ab {

// What a `call` method is like: (P...) -> R, (P..., Writer<T>), or (HttpRequest, HttpWriter).
enum class CallShape { Answer, Items, Http };

template <auto Call>
inline constexpr CallShape call_shape = manta::detail::MethodInfo<Call>::streams      ? CallShape::Items
                                        : manta::detail::MethodInfo<Call>::raw_stream ? CallShape::Http
                                                                                      : CallShape::Answer;

template <auto Call, auto Other>
inline constexpr bool are_alike =
    call_shape<Call> == call_shape<Other> &&
    std::is_same_v<typename manta::detail::MethodInfo<Call>::Given, typename manta::detail::MethodInfo<Other>::Given> &&
    std::is_same_v<typename manta::detail::MethodInfo<Call>::Value, typename manta::detail::MethodInfo<Other>::Value> &&
    std::is_same_v<typename manta::detail::MethodInfo<Call>::Item, typename manta::detail::MethodInfo<Other>::Item>;

// Copies an HTTP answer as it comes: head, then pieces of the body.
Task<void> pass_on(HttpReader answer, HttpWriter out);

}  // namespace ab

// A deployment that sends each call to one of two others, A for `traffic_split` of them and B for the rest, and gives
// back what they answer: values, items of a stream as they come, or a raw HTTP answer as it comes. Both have a method
// `call` that takes and gives the same; that is its own as well. Made by ab_router().
template <class A, class B = A, ab::CallShape Shape = ab::call_shape<&A::call>,
          class Given = typename manta::detail::MethodInfo<&A::call>::Given>
class ABRouter;

template <class A, class B, class... P>
class ABRouter<A, B, ab::CallShape::Answer, std::tuple<P...>> {
  static_assert(ab::are_alike<&A::call, &B::call>, "manta: both models of an ABRouter take and give the same");

 public:
  ABRouter(Handle<A> first, Handle<B> second, double traffic_split)
      : first_(std::move(first)), second_(std::move(second)), choice_(traffic_split) {}

  Task<typename manta::detail::MethodInfo<&A::call>::Value> call(P... arguments) {
    if (choice_.takes_first()) {
      auto answer = first_.template call<&A::call>(std::move(arguments)...);
      co_return co_await answer;
    }
    auto answer = second_.template call<&B::call>(std::move(arguments)...);
    co_return co_await answer;
  }

  using methods = Methods<&ABRouter::call>;

 private:
  Handle<A> first_;
  Handle<B> second_;
  ABChoice choice_;
};

template <class A, class B, class... P>
class ABRouter<A, B, ab::CallShape::Items, std::tuple<P...>> {
  static_assert(ab::are_alike<&A::call, &B::call>, "manta: both models of an ABRouter take and give the same");
  using Item = typename manta::detail::MethodInfo<&A::call>::Item;

 public:
  ABRouter(Handle<A> first, Handle<B> second, double traffic_split)
      : first_(std::move(first)), second_(std::move(second)), choice_(traffic_split) {}

  Task<void> call(P... arguments, Writer<Item> out) {
    Reader<Item> items = choice_.takes_first() ? first_.template stream<&A::call>(std::move(arguments)...)
                                               : second_.template stream<&B::call>(std::move(arguments)...);
    for (;;) {
      auto item = co_await items.next();
      if (!item) co_return;
      co_await out.write(std::move(*item));
    }
  }

  using methods = Methods<&ABRouter::call>;

 private:
  Handle<A> first_;
  Handle<B> second_;
  ABChoice choice_;
};

template <class A, class B>
class ABRouter<A, B, ab::CallShape::Http, std::tuple<HttpRequest>> {
  static_assert(ab::are_alike<&A::call, &B::call>, "manta: both models of an ABRouter take and give the same");

 public:
  ABRouter(Handle<A> first, Handle<B> second, double traffic_split)
      : first_(std::move(first)), second_(std::move(second)), choice_(traffic_split) {}

  Task<void> call(HttpRequest request, HttpWriter out) {
    HttpReader answer = choice_.takes_first() ? first_.template stream<&A::call>(std::move(request))
                                              : second_.template stream<&B::call>(std::move(request));
    auto passing = ab::pass_on(std::move(answer), std::move(out));
    co_await passing;
  }

  using methods = Methods<&ABRouter::call>;

 private:
  Handle<A> first_;
  Handle<B> second_;
  ABChoice choice_;
};

// The deployment "ABRouter": `.ingress = manta::builtin::ab_router(model_v1, model_v2, 0.95)`.
template <class A, class B>
Bound<ABRouter<A, B>> ab_router(Bound<A> first, Bound<B> second, double traffic_split = 0.9) {
  return manta::bind<ABRouter<A, B>>(std::move(first), std::move(second), traffic_split)
      .with({.name = "ABRouter", .max_ongoing_requests = 1024, .ray_actor_options = {.num_cpus = 0.1}});
}

}  // namespace manta::builtin
