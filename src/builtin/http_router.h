#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manta/builtin/openai.h>
#include <manta/handle.h>
#include <manta/http.h>
#include <manta/http_reader.h>
#include <manta/task.h>

#include "builtin/weighted_choice.h"

namespace manta::builtin {

// One of those that an HttpRouter chooses from: the next of the models that were bound with it, or a deployment by
// name.
struct HttpTarget {
  double weight = 1;
  std::string deployment;   // empty: the next of the models
  std::string application;  // empty: its own, or the only one that has the deployment
  std::string method = "call";
  bool values = false;  // the method takes one value, the body as JSON, and gives one; else the raw request
};
BOOST_DESCRIBE_STRUCT(HttpTarget, (), (weight, deployment, application, method, values))

// The deployment of builtin:ab_router: sends each HTTP request, whatever its verb and path, to one of several others
// and passes the answer on as it comes.
class HttpRouter {
 public:
  HttpRouter(std::vector<HttpTarget> targets, std::vector<Handle<OpenAi>> models);

  Task<void> call(HttpRequest request, HttpWriter out);

  using methods = Methods<route<"*", "/*", &HttpRouter::call>>;

 private:
  // What a target is called by: the one or the other handle.
  struct Model {
    std::optional<Handle<OpenAi>> bound;
    std::optional<DynamicHandle> named;
    std::string method;
    bool values = false;

    HttpReader open(HttpRequest request) const;
    Task<void> call_with_value(std::string body, HttpWriter out) const;
  };

  std::vector<Model> models_;
  WeightedChoice choice_;
};

}  // namespace manta::builtin
