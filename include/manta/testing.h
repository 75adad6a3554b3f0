#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manta/application.h>
#include <manta/detail/fake_method.h>
#include <manta/handle.h>
#include <manta/http.h>

namespace manta::testing {

// Stands in for every deployment of class D in a LocalApp:
//   LocalApp app(build(args), {fake<Llm>().on<&Llm::generate>([](Prompt p) { return Text{"hi"}; })});
// Methods run on compute threads; one without an answer fails with NotFound. Streaming methods get the Writer's place
// as a std::vector of items to return.
template <class D>
class Fake {
 public:
  template <auto Member, class F>
  Fake on(F answer) && {
    methods_.push_back(detail::fake_method<Member>(std::move(answer)));
    return std::move(*this);
  }
  detail::FakeDeployment deployment() const { return {std::string(manta::detail::deployment_name<D>()), methods_}; }
  operator detail::FakeDeployment() const { return deployment(); }

 private:
  std::vector<manta::detail::MethodEntry> methods_;
};

template <class D>
Fake<D> fake() {
  return {};
}

struct LocalAppOptions {
  double start_timeout_s = 60;  // seconds until every deployment is ready
  bool log = false;             // to standard error
};

// A whole application in this process, without sockets: each deployment has a strand, compute threads and admission of
// its own, as in a replica. The constructor returns when all are ready and throws what a constructor or health check
// threw. For tests.
class LocalApp {
 public:
  using Fakes = std::vector<detail::FakeDeployment>;
  explicit LocalApp(Application application, Fakes fakes = {}, LocalAppOptions options = {});
  ~LocalApp();
  LocalApp(const LocalApp&) = delete;
  LocalApp& operator=(const LocalApp&) = delete;

  // The deployment of this class, or of this name. Throws NotFound with the names there are.
  template <class D>
  Handle<D> handle(std::string_view name = {}) {
    return Handle<D>(caller(name.empty() ? manta::detail::deployment_name<D>() : name));
  }
  DynamicHandle handle(std::string_view name) { return DynamicHandle(caller(name)); }

  // What the ingress answers over HTTP; paths are relative to the application. Errors come as status and JSON body.
  HttpResponse get(std::string_view target, HttpHeaders headers = {});
  HttpResponse post(std::string_view target, std::string body, HttpHeaders headers = {});
  HttpResponse request(std::string_view verb, std::string_view target, std::string body, HttpHeaders headers);

 private:
  std::shared_ptr<manta::detail::Caller> caller(std::string_view name);
  void close();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::testing
