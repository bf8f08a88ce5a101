#pragma once

#include <string_view>

namespace rtbatch {

/// What an element inside the section of the consensus is to its text.
enum class ElementKind {
    inlined,  ///< part of the line that it stands in
    line,     ///< begins a line and ends one
    heading,  ///< what is in it is no text of the consensus
    control,  ///< likewise: a button, a picture
    link,     ///< may be either
    unknown,  ///< text in it makes the consensus unknown
};

ElementKind kindOf(std::string_view elementName);

/// Whether `text` says what the section is, "Critics Consensus".
bool isHeading(std::string_view text);

/// Whether `text` asks to go elsewhere, "Read Critics Reviews".
bool isInvitation(std::string_view text);

/// Whether `text` stands for a consensus that is missing, "No consensus yet." or "--".
bool saysThatThereIsNone(std::string_view text);

/// Whether a sentence ends here, quotes and brackets after its point left aside.
bool endsSentence(std::string_view text);

}  // namespace rtbatch
