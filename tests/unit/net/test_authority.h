#pragma once

#include <filesystem>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace manta::net {

// A folder that is there as long as this.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct TestCertificate {
  std::string certificate_file, key_file;
};

// An authority made for a test, and certificates of it, as PEM files in `folder`.
class TestAuthority {
 public:
  enum class Validity { Now, Expired };

  TestAuthority(const std::filesystem::path& folder, const std::string& name);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  const std::string& file() const { return file_; }
  TestCertificate issue(const std::string& name, Validity validity = Validity::Now) const;

 private:
  std::filesystem::path folder_;
  std::string file_;
  evp_pkey_st* key_;
  x509_st* certificate_;
};

}  // namespace manta::net
