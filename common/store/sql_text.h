#pragma once

#include <cstddef>
#include <string>

namespace rtbatch {

/// `one, one, one`: for lists whose length is known when the statement is made.
inline std::string repeated(const std::string& one, std::size_t count) {
    std::string list = one;
    for (std::size_t i = 1; i < count; ++i) {
        list += ", " + one;
    }
    return list;
}

}  // namespace rtbatch
