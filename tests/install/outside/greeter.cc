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
  manta::Task<Greeting> greet(Person person) { co_return Greeting{.text = "Hello, " + person.name + "!"}; }
  using methods = manta::Methods<&Greeter::greet>;
};

manta::Application build(const manta::Args&) { return {.name = "greeter", .ingress = manta::bind<Greeter>()}; }
MANTA_APP(build)
