// Every request of the contract with its answer, to the byte where that is fixed; README.md has the form of
// the files.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "common/model/json_text.h"
#include "tests/cases/case_match.h"
#include "tests/cases/case_stacks.h"
#include "tests/cases/wire_client.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kFewest = 80;
constexpr auto kLimit = 30s;

std::vector<std::filesystem::path> caseFiles() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(RTBATCH_CASES)) {
        if (entry.path().extension() == ".case") {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    // Each case is to be independent of the order: --rng-seed time gives another one.
    std::shuffle(files.begin(), files.end(), std::mt19937(Catch::rngSeed()));
    return files;
}

/// Legible where there are control characters.
std::string shown(const std::string& bytes) {
    constexpr std::size_t kMost = 4000;
    std::string text;
    for (const char c : bytes.substr(0, kMost)) {
        text += c == '\r' ? "\\r" : c == '\0' ? "\\0" : std::string(1, c);
    }
    return text + (bytes.size() > kMost ? "..." : "");
}

std::string quoted(const std::string& text) {
    std::string json;
    rtbatch::appendJsonString(json, text);
    return json;
}

/// For whoever holds the answers to docs/openapi.yaml.
std::string lineOf(const Case& wanted, const Answer& answer) {
    std::string headers;
    for (const auto& [name, value] : answer.headers) {
        headers += (headers.empty() ? "" : ",") + quoted(name) + ":" + quoted(value);
    }
    return "{\"case\":" + quoted(wanted.name) + ",\"method\":" + quoted(wanted.method()) +
           ",\"path\":" + quoted(wanted.path()) + ",\"status\":" + std::to_string(answer.status()) +
           ",\"headers\":{" + headers + "},\"body\":" + quoted(answer.body) + "}\n";
}

}  // namespace

TEST_CASE("the service answers every golden case as its file says", "[cases]") {
    const auto files = caseFiles();
    CHECK(files.size() >= kFewest);
    CaseStacks stacks;
    std::ofstream answers(RTBATCH_GOLDEN_ANSWERS);
    for (const auto& file : files) {
        try {
            const Case wanted = parseCase(file.stem().string(), readFile(file), CaseStacks::names());
            const Received received = exchange(stacks.endpointFor(wanted), wanted, kLimit);
            if (const auto answer = answerTo(wanted, received)) {
                answers << lineOf(wanted, *answer);
            }
            if (const auto fault = difference(wanted, received)) {
                FAIL_CHECK(file.filename().string()
                           << ": " << wanted.shows << "\n"
                           << *fault << "\n---- expected ----\n"
                           << shown(wanted.expected.onTheWire()) << "\n---- received ----\n"
                           << shown(received.bytes));
            } else {
                SUCCEED();
            }
        } catch (const CaseFault& fault) {
            FAIL_CHECK(file.filename().string() << ": " << fault.what());
        }
    }
}
