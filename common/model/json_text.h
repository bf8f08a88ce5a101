#pragma once

#include <string>
#include <string_view>

namespace rtbatch {

/// Appends `text` as a JSON string of ASCII characters only: everything else becomes `\u` escapes (pairs of
/// them beyond U+FFFF), because some stream readers split lines at U+2028. Bytes that are not UTF-8 become
/// U+FFFD. Poco's own writer escapes every `/` and misreads broken UTF-8.
void appendJsonString(std::string& out, std::string_view text);

}  // namespace rtbatch
