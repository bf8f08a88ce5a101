#include "admin/doctor/finding.h"

#include <algorithm>
#include <ostream>

#include "common/model/json_text.h"

namespace rtbatch {

namespace {

const char* markOf(Result result) {
    switch (result) {
        case Result::good:
            return "ok   ";
        case Result::bad:
            return "BAD  ";
        case Result::unknown:
            break;
    }
    return "--   ";
}

const char* nameOf(Result result) {
    switch (result) {
        case Result::good:
            return "good";
        case Result::bad:
            return "bad";
        case Result::unknown:
            break;
    }
    return "unknown";
}

}  // namespace

bool isAllWell(std::span<const Finding> findings) {
    return std::ranges::none_of(findings, [](const Finding& f) { return f.result == Result::bad; });
}

void writeText(std::ostream& out, std::span<const Finding> findings) {
    for (const Finding& finding : findings) {
        out << markOf(finding.result) << finding.check << ": " << finding.said << "\n";
        if (!finding.doThis.empty()) {
            out << "     -> " << finding.doThis << "\n";
        }
    }
}

void writeJson(std::ostream& out, std::span<const Finding> findings) {
    std::string json =
        isAllWell(findings) ? R"({"healthy":true,"checks":[)" : R"({"healthy":false,"checks":[)";
    for (const Finding& finding : findings) {
        json += json.back() == '[' ? R"({"check":)" : R"(,{"check":)";
        appendJsonString(json, finding.check);
        json += R"(,"result":")" + std::string(nameOf(finding.result)) + R"(","said":)";
        appendJsonString(json, finding.said);
        json += R"(,"do":)";
        appendJsonString(json, finding.doThis);
        json += "}";
    }
    out << json << "]}\n";
}

}  // namespace rtbatch
