#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch::test {

/// What a case file is wrong in.
class CaseFault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Head lines and body, as a case file has them.
struct CaseMessage {
    std::vector<std::string> head;
    std::string body;

    /// The bytes: head lines end in CRLF, the body is as written; without a head it is all.
    std::string onTheWire() const;
};

/// A request and the answer that is expected (README.md has the form of the file).
struct Case {
    std::string name;
    std::string shows;
    std::string stack = "plain";
    bool raw = false;      ///< the answer is compared as the bytes that came until the connection closed
    CaseMessage request;   ///< ready to be sent
    CaseMessage expected;  ///< with its wildcards; without a head line nothing but a close is expected
    std::string method() const;
    std::string path() const;
};

/// `{name}` stands for the value of that name.
using CaseNames = std::map<std::string, std::string>;

/// Throws CaseFault.
Case parseCase(const std::string& name, std::string_view text, const CaseNames& names);

}  // namespace rtbatch::test
