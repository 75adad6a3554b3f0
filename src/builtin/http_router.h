#pragma once

#include <functional>
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
};
BOOST_DESCRIBE_STRUCT(HttpTarget, (), (weight, deployment, application, method))

// The deployment of builtin:ab_router: sends each HTTP request, whatever its verb and path, to one of several others
// and passes the answer on as it comes.
class HttpRouter {
 public:
  HttpRouter(std::vector<HttpTarget> targets, std::vector<Handle<OpenAi>> models);

  Task<void> call(HttpRequest request, HttpWriter out);

  using methods = Methods<route<"*", "/*", &HttpRouter::call>>;

 private:
  std::vector<std::function<HttpReader(HttpRequest)>> targets_;
  WeightedChoice choice_;
};

}  // namespace manta::builtin
