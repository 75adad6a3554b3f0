// Two versions of a model that say which one answers: beside each other for a split of the traffic, or behind a router.
#include <string>

#include <manta/builtin/ab_router.h>
#include <manta/manta.h>

namespace ab_models {

struct Given {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Given, (), (text))

struct Said {
  std::string model;
};
BOOST_DESCRIBE_STRUCT(Said, (), (model))

class StableModel {
 public:
  manta::Task<Said> call(Given) { co_return Said{"stable"}; }
  using methods = manta::Methods<&StableModel::call>;
};

class ExperimentalModel {
 public:
  manta::Task<Said> call(Given) { co_return Said{"experimental"}; }
  using methods = manta::Methods<&ExperimentalModel::call>;
};

manta::Application ab(const manta::Args&) {
  const manta::DeploymentConfig small{.max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1}};
  return {.name = "ab",
          .ingress = manta::bind<StableModel>().with(small),
          .variants = {manta::bind<ExperimentalModel>().with(small)}};
}
MANTA_APP(ab)

manta::Application ab_routed(const manta::Args&) {
  const manta::DeploymentConfig small{.max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1}};
  return {.name = "ab",
          .ingress = manta::builtin::ab_router(manta::bind<StableModel>().with(small),
                                               manta::bind<ExperimentalModel>().with(small), 0.95)};
}
MANTA_APP(ab_routed)

}  // namespace ab_models
