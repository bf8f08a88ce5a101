#pragma once

#include <map>
#include <string>

namespace rtbatch::test {

/// The path of a program that this build made.
std::string program(const std::string& name);

/// RTBATCH_A_B_C for each setting a.b_c.
std::map<std::string, std::string> environmentOf(const std::map<std::string, std::string>& settings);

}  // namespace rtbatch::test
