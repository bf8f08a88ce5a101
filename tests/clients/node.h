#pragma once

#include <string>
#include <vector>

#include <Poco/JSON/Object.h>

namespace rtbatch {

/// Runs forgetful_reader.mjs with these arguments and returns what it printed. Throws std::runtime_error with
/// what it wrote when it exits other than 0.
Poco::JSON::Object::Ptr runForgetfulReader(const std::vector<std::string>& arguments);

/// The number in a field of its summary.
int field(const Poco::JSON::Object::Ptr& summary, const std::string& name);

/// A field that is [least, most] of all runs.
std::pair<int, int> range(const Poco::JSON::Object::Ptr& summary, const std::string& name);

/// The summary as text, for a failed test's message.
std::string text(const Poco::JSON::Object::Ptr& summary);

}  // namespace rtbatch
