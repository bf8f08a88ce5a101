#include "common/keys/key_name.h"

#include <Poco/UTF8Encoding.h>
#include <Poco/Unicode.h>

#include <algorithm>

namespace rtbatch {

namespace {

constexpr std::size_t kMostCharacters = 100;

bool isPrintable(int character) {
    Poco::Unicode::CharacterProperties properties{};
    Poco::Unicode::properties(character, properties);
    switch (properties.category) {
        case Poco::Unicode::UCP_LETTER:
        case Poco::Unicode::UCP_MARK:
        case Poco::Unicode::UCP_NUMBER:
        case Poco::Unicode::UCP_PUNCTUATION:
        case Poco::Unicode::UCP_SYMBOL:
            return true;
        default:
            return properties.type == Poco::Unicode::UCP_SPACE_SEPARATOR;
    }
}

}  // namespace

bool isKeyName(std::string_view name) {
    std::size_t characters = 0;
    const Poco::UTF8Encoding encoding;
    while (!name.empty()) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
        int size = 1;
        int character = encoding.queryConvert(bytes, size);
        if (character < -1) {  // a sequence of that many bytes
            size = -character;
            if (name.size() < static_cast<std::size_t>(size) || !Poco::UTF8Encoding::isLegal(bytes, size)) {
                return false;
            }
            character = encoding.queryConvert(bytes, size);
        }
        if (character < 0 || !isPrintable(character) || ++characters > kMostCharacters) {
            return false;
        }
        name.remove_prefix(static_cast<std::size_t>(size));
    }
    return characters > 0;
}

}  // namespace rtbatch
