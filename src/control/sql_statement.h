#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include <manta/error.h>

namespace manta::control {

// One prepared statement, finalised when it goes.
class SqlStatement {
 public:
  SqlStatement(sqlite3* database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) statement_ = nullptr;
  }
  ~SqlStatement() { sqlite3_finalize(statement_); }
  SqlStatement(const SqlStatement&) = delete;
  SqlStatement& operator=(const SqlStatement&) = delete;

  SqlStatement& bind(int at, std::string_view text) {
    sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  SqlStatement& bind(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_, at, value);
    return *this;
  }
  SqlStatement& bind(int at, double value) {
    sqlite3_bind_double(statement_, at, value);
    return *this;
  }

  // True: a row is there. Internal with SQLite's text on failure.
  Result<bool> step() {
    const int code = statement_ == nullptr ? sqlite3_errcode(database_) : sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    const ErrorCode error = code == SQLITE_BUSY ? ErrorCode::Unavailable : ErrorCode::Internal;
    return fail(error, std::string("state store: ") + sqlite3_errmsg(database_));
  }
  // For the next values.
  void reset() { sqlite3_reset(statement_); }

  std::string text(int column) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? std::string()
                            : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }
  double real(int column) { return sqlite3_column_double(statement_, column); }
  std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace manta::control
