#pragma once

#include <string>
#include <string_view>

namespace rtbatch {

/// A title reduced to what tells films apart, for comparing: two titles are the same when their keys are
/// equal. Never shown or stored. These make no difference:
/// - HTML character references, and forms of one character (Unicode's compatibility normalisation: NFC or
///   NFD, full width, "³" or "3", "½" or " 1/2");
/// - case, also beyond ASCII ("ß" is "ss");
/// - white space and punctuation, but "2:22" is not "222"; "&" is "and";
/// - diacritics of Latin letters ("Amelie"): layers of one site leave them out more often than two films
///   differ in nothing else. In other scripts they make other letters ("й", "が") and count.
///
/// A title of nothing but punctuation is its own key. `title` is UTF-8; the key of broken UTF-8 is the text
/// itself.
std::string titleKey(std::string_view title);

}  // namespace rtbatch
