#include <manta/manta.h>

struct Person {
  std::string name = "world";
};
struct Greeting {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Person, (), (name))
BOOST_DESCRIBE_STRUCT(Greeting, (), (text))

class Greeter {
 public:
  explicit Greeter(std::string greeting) : greeting_(std::move(greeting)) {}  // once per replica: load models here

  Greeting greet(Person person) { return {greeting_ + ", " + person.name + "!"}; }  // on a compute thread: may block

  using methods = manta::Methods<&Greeter::greet>;

 private:
  std::string greeting_;
};

manta::Application build(const manta::Args& args) {
  return {.name = "hello",
          .ingress = manta::bind<Greeter>(args.get("greeting", "Hello"))
                         .with({.num_replicas = 2, .ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build)
