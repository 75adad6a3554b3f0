#pragma once

#include <map>
#include <string>

#include <manta/deployment.h>
#include <manta/http.h>
#include <manta/task.h>

namespace stack {

struct Readiness {
  bool ready = false;                         // every required model has loaded and is warm
  std::map<std::string, std::string> models;  // deployment -> "ready", or why it is not
};
BOOST_DESCRIBE_STRUCT(Readiness, (), (ready, models))

// Says how the other applications are. A replica takes its first call when it has loaded and warmed up its model, so a
// cheap call that is answered means that the model is ready.
class Health {
 public:
  // 200 as long as this process serves.
  manta::Task<manta::HttpResponse> healthz(manta::HttpRequest request);
  // 200 with a Readiness when the required models are ready, else 503 with one. The reranker is reported, but not
  // required.
  manta::Task<manta::HttpResponse> ready(manta::HttpRequest request);

  using methods =
      manta::Methods<manta::route<"GET", "/healthz", &Health::healthz>, manta::route<"GET", "/ready", &Health::ready>>;
};

}  // namespace stack
