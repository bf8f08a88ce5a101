#pragma once

#include <string>
#include <string_view>

namespace rtbatch {

/// The id by which nginx's log, ours and the client's speak of the same request: the one that came with it
/// (nginx hands on the client's, or its own), if it is 1 to 128 of `A-Za-z0-9._:-`; else a fresh one of 32
/// hexadecimal digits.
std::string requestIdOf(std::string_view given);

}  // namespace rtbatch
