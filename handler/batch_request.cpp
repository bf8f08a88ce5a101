#include "handler/batch_request.h"

#include <Poco/String.h>
#include <Poco/StringTokenizer.h>

#include <algorithm>

#include "common/model/json_text.h"
#include "handler/json_body.h"
#include "handler/response.h"

namespace rtbatch {

namespace {

const std::string kExample = R"({"imdbIds":["tt0468569"]})";

std::vector<std::string> readStrings(const Poco::JSON::Object& body) {
    if (!body.has("imdbIds")) {
        throw Problem(422, "missing_ids", R"(The body has no "imdbIds". Send )" + kExample + ".");
    }
    const Poco::JSON::Array::Ptr array = body.getArray("imdbIds");
    const auto isString = [](const Poco::Dynamic::Var& value) { return value.isString(); };
    if (array.isNull() || !std::all_of(array->begin(), array->end(), isString)) {
        throw Problem(422, "ids_not_strings", R"("imdbIds" is not an array of strings.)");
    }
    std::vector<std::string> strings;
    strings.reserve(array->size());
    for (const auto& value : *array) {
        strings.push_back(value.extract<std::string>());
    }
    return strings;
}

template <typename T>
void addDistinct(std::vector<T>& all, T value) {
    if (std::ranges::find(all, value) == all.end()) {
        all.push_back(std::move(value));
    }
}

}  // namespace

BatchRequest parseBatch(std::string_view body, std::size_t maxIds, bool lenient) {
    BatchRequest request;
    for (std::string& text : readStrings(*parseBody(body, kExample))) {
        if (const auto id = ImdbId::parse(text)) {
            addDistinct(request.ids, *id);
        } else {
            addDistinct(request.invalid, std::move(text));
        }
    }
    const std::size_t total = request.ids.size() + request.invalid.size();
    if (total == 0) {
        throw Problem(422, "no_ids", R"("imdbIds" is empty. Ask for at least one.)");
    }
    if (total > maxIds) {
        throw Problem(422, "too_many_ids",
                      "There are " + std::to_string(total) + " different ids, and a batch may ask for " +
                          std::to_string(maxIds) + ". Send several batches.");
    }
    if (!lenient && !request.invalid.empty()) {
        std::string list = R"("invalid":)";
        for (const std::string& text : request.invalid) {
            list += list.back() == ':' ? '[' : ',';
            appendJsonString(list, text);
        }
        throw Problem(422, "invalid_id",
                      std::string(ImdbId::whyNot(request.invalid.front())) +
                          " Mend or leave out those in \"invalid\", or send \"Prefer: handling=lenient\" to "
                          "have the others served.",
                      {}, list + "]");
    }
    return request;
}

bool prefersLenient(std::string_view prefer) {
    const Poco::StringTokenizer preferences(std::string(prefer), ",;", Poco::StringTokenizer::TOK_TRIM);
    return std::any_of(preferences.begin(), preferences.end(), [](const std::string& preference) {
        std::string text = Poco::toLower(preference);
        std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '"'; });
        return text == "handling=lenient";
    });
}

}  // namespace rtbatch
