#include "test_authority.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace manta::net {
namespace {

constexpr long kDay = 24 * 3600;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

File open_for_writing(const std::string& path) {
  File file(std::fopen(path.c_str(), "w"));
  EXPECT_NE(file, nullptr) << path;
  return file;
}

// Signed by `issuer` with its key; by itself if there is none. Valid for a day before `ends` seconds from now.
X509* make_certificate(EVP_PKEY* key, const std::string& name, X509* issuer, EVP_PKEY* issuer_key, long ends) {
  static long serial = 0;
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), ends - 2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), ends);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer != nullptr ? issuer : certificate));
  if (issuer == nullptr) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  EXPECT_GT(X509_sign(certificate, issuer_key, EVP_sha256()), 0);
  return certificate;
}

}  // namespace

TestFolder::TestFolder() {
  std::string name = std::filesystem::temp_directory_path() / "manta-certificates-XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  path_ = name;
}
TestFolder::~TestFolder() { std::filesystem::remove_all(path_); }

TestAuthority::TestAuthority(const std::filesystem::path& folder, const std::string& name)
    : folder_(folder), file_(folder / (name + ".pem")), key_(EVP_EC_gen("P-256")) {
  certificate_ = make_certificate(key_, name, nullptr, key_, kDay);
  PEM_write_X509(open_for_writing(file_).get(), certificate_);
}

TestAuthority::~TestAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

TestCertificate TestAuthority::issue(const std::string& name, Validity validity) const {
  TestCertificate files{folder_ / (name + ".pem"), folder_ / (name + ".key")};
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate =
      make_certificate(key, name, certificate_, key_, validity == Validity::Expired ? -kDay : kDay);
  PEM_write_X509(open_for_writing(files.certificate_file).get(), certificate);
  PEM_write_PrivateKey(open_for_writing(files.key_file).get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace manta::net
