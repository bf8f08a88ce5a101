#include "tests/support/answer_recorder.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

#include "common/model/json_text.h"

namespace rtbatch::test {
namespace {

constexpr std::size_t kMaxBody = 1024 * 1024;
constexpr int kMaxAnswers = 1000;

/// How this program was started: under ctest that names its test, and it starts it again.
std::string commandLine() {
    std::ifstream file("/proc/self/cmdline");
    std::string words((std::istreambuf_iterator<char>(file)), {});
    while (words.ends_with('\0')) {
        words.pop_back();
    }
    for (char& c : words) {
        c = c == '\0' ? ' ' : c;
    }
    return words.substr(words.substr(0, words.find(' ')).rfind('/') + 1);
}

void appendMember(std::string& out, const std::string& name, const std::string& value) {
    out += out.ends_with('{') ? "" : ",";
    appendJsonString(out, name);
    out += ':';
    appendJsonString(out, value);
}

/// Not what Apache says by itself while a CGI program cannot be started, nor what a Prometheus answers.
bool isOurs(const HttpResponse& response) {
    return response.header("x-request-id").has_value() ||
           response.header("server").value_or("").starts_with("nginx");
}

std::string render(const std::string& method, const std::string& path, const HttpResponse& response) {
    std::string line = "{";
    appendMember(line, "case", commandLine());
    appendMember(line, "method", method);
    appendMember(line, "path", path);
    line += ",\"status\":" + std::to_string(response.status()) + ",\"headers\":{";
    for (const auto& [name, value] : response.headers()) {
        appendMember(line, name, value);
    }
    line += '}';
    appendMember(line, "body", response.body());
    return line + "}\n";
}

}  // namespace

void recordAnswer(const std::string& method, const std::string& path, const HttpResponse& response) {
    const char* folder = std::getenv("RTBATCH_RECORD_ANSWERS");
    if (folder == nullptr || response.body().size() > kMaxBody || !isOurs(response)) {
        return;
    }
    static std::mutex mutex;
    static int recorded = 0;
    const std::scoped_lock lock(mutex);
    if (++recorded > kMaxAnswers) {
        return;
    }
    std::filesystem::create_directories(folder);
    std::ofstream file(std::filesystem::path(folder) / (std::to_string(::getpid()) + ".jsonl"),
                       std::ios::app);
    file << render(method, path, response);
}

}  // namespace rtbatch::test
