#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace manta::cli {
namespace {

ParsedCommandLine parse(std::vector<std::string> words, bool has_builtin = false) {
  words.insert(words.begin(), "manta");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), has_builtin);
}

TEST(CommandLineTest, RunTakesAFileAndPorts) {
  const auto parsed = parse({"run", "app.yaml", "--http-port", "9000", "--admin-port", "9265"});
  ASSERT_TRUE(parsed.line);
  EXPECT_EQ(parsed.line->command, Command::Run);
  EXPECT_EQ(parsed.line->target, "app.yaml");
  EXPECT_EQ(parsed.line->http_port, 9000);
  EXPECT_EQ(parsed.line->admin_port, 9265);
  EXPECT_FALSE(parsed.line->http_host);
}

TEST(CommandLineTest, HostAndPortHaveTheirShortNamesToo) {
  EXPECT_EQ(parse({"run", "a:b", "--host", "0.0.0.0", "--port", "1"}).line->http_host, "0.0.0.0");
}

TEST(CommandLineTest, OnlyAProgramWithAnApplicationRunsWithoutATarget) {
  EXPECT_FALSE(parse({"run"}).line);
  EXPECT_TRUE(parse({"run"}, true).line);
}

TEST(CommandLineTest, AWrongOptionEndsWithTwo) {
  EXPECT_EQ(parse({"run", "a.yaml", "--no-such-option"}).exit_code, 2);
  EXPECT_EQ(parse({"run", "a.yaml", "--http-port", "70000"}).exit_code, 2);
  EXPECT_EQ(parse({}).exit_code, 2);
}

TEST(CommandLineTest, HelpAndVersionEndWithZero) {
  EXPECT_EQ(parse({"--help"}).exit_code, 0);
  EXPECT_EQ(parse({"run", "--help"}).exit_code, 0);
  EXPECT_EQ(parse({"--version"}).exit_code, 0);
}

TEST(CommandLineTest, ConfigPrintsUnlessItChecks) {
  EXPECT_EQ(parse({"config"}).line->command, Command::Config);
  EXPECT_EQ(parse({"config", "-n", "rag"}).line->name, "rag");
  EXPECT_EQ(parse({"config", "check", "app.yaml"}).line->command, Command::ConfigCheck);
}

TEST(CommandLineTest, ConfigCheckAndStatus) {
  EXPECT_EQ(parse({"config", "check", "app.yaml"}).line->command, Command::ConfigCheck);
  EXPECT_EQ(parse({"status", "-n", "rag"}).line->name, "rag");
  EXPECT_TRUE(parse({"shutdown", "-y"}).line->yes);
}

}  // namespace
}  // namespace manta::cli
