#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace rtbatch {

/// All that `in` has, at most `cap` bytes; more is refused with a RequestFault. What goes wrong below the
/// stream is thrown as it is.
std::string readAll(std::istream& in, std::size_t cap);

/// Inflates a gzip file of one member or several, to at most `cap` bytes. Throws RequestFault, also when its
/// end is missing.
std::string gunzip(const std::string& packed, std::size_t cap);

}  // namespace rtbatch
