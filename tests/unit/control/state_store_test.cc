#include "control/state_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>

#include "control/sql_statement.h"

namespace manta::control {
namespace {

class StateStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/manta-store-XXXXXX";
    folder = ::mkdtemp(name.data());
    path = folder + "/state.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static ApplicationRecord record(const std::string& name, const std::string& artifact, double at = 1) {
    ApplicationRecord record{
        .name = name, .route_prefix = "/" + name, .artifact = {.sha256 = artifact}, .deployed_at_s = at};
    record.config.import_path = artifact + ".so:build";
    record.graph.nodes.push_back({.name = "D", .config = {.num_replicas = 3}});
    return record;
  }
  static DeployedState state(ApplicationRecords records) {
    DeployedState state{.records = std::move(records)};
    for (const ApplicationRecord& record : state.records) state.config.applications.push_back(record.config);
    return state;
  }
  std::unique_ptr<StateStore> open() { return std::move(*StateStore::open(path)); }
  // What another program does to the file.
  void execute(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  std::int64_t number(const char* sql) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    std::int64_t found = -1;
    if (SqlStatement select(database, sql); select.step().value_or(false)) found = select.integer(0);
    sqlite3_close(database);
    return found;
  }
  std::string refusal() {
    const auto opened = StateStore::open(path);
    return opened ? "opened" : opened.error().message;
  }

  std::string folder, path;
};

TEST_F(StateStoreTest, TheEpochRisesAtEachOpen) {
  EXPECT_EQ(open()->epoch(), 1u);
  EXPECT_EQ(open()->epoch(), 2u);
}

TEST_F(StateStoreTest, WhatIsDeployedSurvives) {
  DeployedState deployed = state({record("rag", "aa")});
  deployed.progress = {{.application = "rag", .deployment = "D", .completed = true, .fallback = record("rag", "bb")}};
  ASSERT_TRUE(open()->replace(deployed, {}));
  const auto read = open()->deployed();
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->config, deployed.config);
  EXPECT_EQ(read->records, deployed.records);
  EXPECT_EQ(read->progress, deployed.progress);
}

TEST_F(StateStoreTest, ProgressIsReplacedByDeployment) {
  auto store = open();
  DeployedState deployed = state({record("rag", "aa")});
  deployed.progress = {{.application = "rag", .deployment = "D", .fallback = record("rag", "bb")},
                       {.application = "rag", .deployment = "E"}};
  ASSERT_TRUE(store->replace(deployed, {}));
  const DeploymentProgress done{.application = "rag", .deployment = "D", .completed = true};
  ASSERT_TRUE(store->set_progress({done}));
  const auto read = store->deployed();
  ASSERT_EQ(read->progress.size(), 2u);
  EXPECT_NE(std::ranges::find(read->progress, done), read->progress.end());
  ASSERT_TRUE(store->replace(state({record("rag", "cc")}), {}));
  EXPECT_TRUE(store->deployed()->progress.empty());
}

TEST_F(StateStoreTest, EveryDeployIsARevisionWithItsApplications) {
  auto store = open();
  ASSERT_TRUE(store->replace(state({record("a", "aa"), record("b", "bb")}), {.time_s = 7, .cause = "deploy"}));
  ASSERT_TRUE(store->replace(state({record("b", "cc")}), {.time_s = 8, .cause = "delete a", .by = "me", .note = "n"}));
  EXPECT_EQ(store->deployed()->records.front()->name, "b");
  const auto history = store->history();
  ASSERT_TRUE(history) << history.error().message;
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ(history->at(0), (Revision{.revision = 2,
                                      .time_s = 8,
                                      .cause = "delete a",
                                      .by = "me",
                                      .note = "n",
                                      .applications = {{"b", "cc.so:build"}},
                                      .current = true}));
  EXPECT_EQ(history->at(1).applications.size(), 2u);
  EXPECT_EQ(store->revision(1)->records, (ApplicationRecords{record("a", "aa"), record("b", "bb")}));
  EXPECT_EQ(store->revision(1)->config.applications.size(), 2u);
  EXPECT_EQ(store->revision(3).error().message, "there is no revision 3; the history has: 2, 1");
}

TEST_F(StateStoreTest, RecordsThatAreKeptAreNotReadAndStoredOnce) {
  auto store = open();
  ASSERT_TRUE(store->replace(state({record("a", "aa"), record("b", "bb")}), {}));
  DeployedState next = state({record("a", "aa"), record("b", "cc")});
  next.records.front() = ApplicationRecord{.name = "a"};
  ASSERT_TRUE(store->replace(next, {}, {"a"}));
  EXPECT_EQ(store->deployed()->records, (ApplicationRecords{record("a", "aa"), record("b", "cc")}));
  EXPECT_EQ(store->revision(1)->records, (ApplicationRecords{record("a", "aa"), record("b", "bb")}));
  EXPECT_EQ(store->revision(2)->records, (ApplicationRecords{record("a", "aa"), record("b", "cc")}));
  store.reset();
  EXPECT_EQ(number("SELECT count(*) FROM records"), 3);
}

TEST_F(StateStoreTest, WhatIsSaidToBeKeptButIsNotThereIsStored) {
  auto store = open();
  ASSERT_TRUE(store->replace(state({record("a", "aa")}), {}, {"a"}));
  EXPECT_EQ(store->deployed()->records, ApplicationRecords{record("a", "aa")});
}

TEST_F(StateStoreTest, TheSameAgainIsNoNewRevision) {
  auto store = open();
  ASSERT_TRUE(store->replace(state({record("a", "aa", 1)}), {.time_s = 1, .cause = "deploy"}));
  ASSERT_TRUE(store->replace(state({record("a", "aa", 2)}), {.time_s = 2, .cause = "deploy"}));
  ASSERT_EQ(store->history()->size(), 1u);
  EXPECT_EQ(store->history()->front().time_s, 2);
}

TEST_F(StateStoreTest, TheHistoryIsBoundedAndKeepsItsArtifacts) {
  auto store = open();
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(store->replace(state({record("a", "artifact" + std::to_string(i))}), {}));
  EXPECT_EQ(store->history()->size(), 10u);
  EXPECT_EQ(store->named_artifacts()->size(), 10u);
  EXPECT_TRUE(store->named_artifacts()->contains("artifact5"));
  DeployedState last = state({record("a", "new")});
  last.progress = {{.application = "a", .deployment = "D", .fallback = record("a", "artifact0")}};
  ASSERT_TRUE(store->replace(last, {}));
  EXPECT_TRUE(store->named_artifacts()->contains("artifact0")) << "what serves is kept, however old it is";
  EXPECT_FALSE(store->named_artifacts()->contains("artifact5"));
}

TEST_F(StateStoreTest, ASecondControllerIsRefused) {
  const auto first = StateStore::open(path);
  ASSERT_TRUE(first);
  const auto second = StateStore::open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Unavailable);
  EXPECT_NE(second.error().message.find("held by another controller"), std::string::npos);
}

TEST_F(StateStoreTest, AForeignFileIsRefusedWithItsName) {
  std::ofstream(path) << "this is not a database, whatever its name says, and it is long enough to have a header";
  EXPECT_NE(refusal().find(path + "); move the file away to start empty"), std::string::npos) << refusal();
}

TEST_F(StateStoreTest, AFileOfANewerVersionIsRefusedAndLeftAsItIs) {
  open();
  execute("UPDATE instance SET value = 99 WHERE key = 'schema'; CREATE TABLE history (x)");
  EXPECT_NE(refusal().find("written by a newer version of Manta (schema 99, this one knows 3)"), std::string::npos)
      << refusal();
  execute("SELECT * FROM history");
  execute("UPDATE instance SET value = 3 WHERE key = 'schema'");
  EXPECT_EQ(open()->epoch(), 2u) << "the refused openings raised nothing";
}

TEST_F(StateStoreTest, AFileOfTheFirstVersionIsTakenOver) {
  execute(R"(CREATE TABLE instance (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
             INSERT INTO instance VALUES ('schema', 1), ('epoch', 4);
             CREATE TABLE applications (name TEXT PRIMARY KEY, record TEXT NOT NULL);
             INSERT INTO applications VALUES ('rag', '{"name":"rag","route_prefix":"/rag"}');
             CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL,
                                   artifact TEXT NOT NULL, deployed_at_s REAL NOT NULL, record TEXT NOT NULL))");
  auto store = open();
  EXPECT_EQ(store->epoch(), 5u);
  ASSERT_EQ(store->deployed()->records.size(), 1u);
  EXPECT_EQ(store->deployed()->records.front()->route_prefix, "/rag");
  EXPECT_EQ(store->deployed()->config.applications.size(), 1u);
  EXPECT_TRUE(store->history()->empty());
}

// In which each revision had its records in full.
TEST_F(StateStoreTest, AFileOfTheSecondVersionIsTakenOver) {
  execute(R"(CREATE TABLE instance (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
             INSERT INTO instance VALUES ('schema', 2), ('epoch', 4);
             CREATE TABLE applications (name TEXT PRIMARY KEY, record TEXT NOT NULL);
             CREATE TABLE revision_applications (revision INTEGER NOT NULL, name TEXT NOT NULL,
                                                 record TEXT NOT NULL, PRIMARY KEY (revision, name));
             CREATE TABLE revisions (id INTEGER PRIMARY KEY AUTOINCREMENT, time_s REAL NOT NULL,
                                     cause TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,
                                     config TEXT NOT NULL, content TEXT NOT NULL);
             INSERT INTO revisions VALUES (1, 7, 'deploy', '', '', '{}', 'x'), (2, 8, 'deploy', '', '', '{}', 'y');
             INSERT INTO applications VALUES ('a', '{"name":"a","artifact":{"sha256":"aa"}}'),
               ('b', '{"name":"b","config":{"import_path":"new.so:build"},"artifact":{"sha256":"bb"}}');
             INSERT INTO revision_applications SELECT 2, name, record FROM applications;
             INSERT INTO revision_applications VALUES
               (1, 'a', '{"name":"a","artifact":{"sha256":"aa"}}'),
               (1, 'b', '{"name":"b","config":{"import_path":"old.so:build"},"artifact":{"sha256":"cc"}}'))");
  for (int i = 0; i < 2; ++i) {  // also when it is opened again
    auto store = open();
    ASSERT_EQ(store->deployed()->records.size(), 2u);
    EXPECT_EQ(store->deployed()->records.back()->artifact.sha256, "bb");
    ASSERT_EQ(store->history()->size(), 2u);
    EXPECT_EQ(store->history()->at(1).applications.at("b"), "old.so:build");
    EXPECT_EQ(store->revision(1)->records.back()->artifact.sha256, "cc");
    EXPECT_EQ(*store->named_artifacts(), (std::set<std::string>{"aa", "bb", "cc"}));
  }
  EXPECT_EQ(number("SELECT count(*) FROM records"), 3);
}

TEST_F(StateStoreTest, ADamagedFileIsRefused) {
  {
    auto store = open();
    for (int i = 0; i < 10; ++i)
      ASSERT_TRUE(store->replace(state({record("a", std::string(5000, static_cast<char>('a' + i)))}), {}));
  }
  const auto size = std::filesystem::file_size(path);
  ASSERT_GT(size, 40'000u);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(4096));
  file << std::string(size - 8192, 'x');
  file.close();
  EXPECT_NE(refusal().find("move the file away"), std::string::npos) << refusal();
  EXPECT_NE(refusal().find(path), std::string::npos) << refusal();
}

// The limit on the size of files stands in for a full disk.
TEST_F(StateStoreTest, AWriteThatFailsChangesNothing) {
  auto store = open();
  ASSERT_TRUE(store->replace(state({record("a", "aa")}), {.cause = "deploy"}));
  struct rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto refused = store->replace(state({record("b", std::string(100'000, 'b'))}), {.cause = "deploy"});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Internal);
  EXPECT_EQ(store->deployed()->records.front()->name, "a");
  EXPECT_EQ(store->history()->size(), 1u);
  ASSERT_TRUE(store->replace(state({record("c", "cc")}), {.cause = "deploy"})) << "there is room again";
  store.reset();
  EXPECT_EQ(open()->deployed()->records.front()->name, "c");
}

}  // namespace
}  // namespace manta::control
