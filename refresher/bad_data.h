#pragma once

#include <stdexcept>
#include <string>

namespace rtbatch {

/// A file or a page that was given is not what it should be; the message says where and what to do.
class BadData : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace rtbatch
