// A program that asks a running instance: test_client ADMIN_PORT DEPLOYMENT [APPLICATION [METHOD]]. Prints the
// application of the replica that answers, or what METHOD answers to {"name": "client"}, or what went wrong. "-" for
// the port: the one that the state folder's record names.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/describe/class.hpp>

#include <manta/client.h>

struct Name {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Name, (), (name))
struct Text {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  const std::string port = argv[1], application = argc > 3 ? argv[3] : "";
  manta::ClientOptions options;
  if (port != "-") options.admin_port = std::stoi(port);
  const auto handle = manta::get_deployment_handle(argv[2], application, options);
  const auto patience = std::chrono::seconds(10);
  const std::string answer = argc > 4 ? handle.call<Text>(argv[4], Name{"client"}).get(patience).text
                                      : handle.call<manta::WhereAmI>("where_am_i").get(patience).application;
  std::printf("%s\n", answer.c_str());
  return 0;
} catch (const std::exception& exception) {
  std::printf("%s\n", exception.what());
  return 1;
}
