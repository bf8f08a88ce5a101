#include "tests/clients/node.h"

#include <sstream>
#include <stdexcept>
#include <utility>

#include <Poco/JSON/Parser.h>
#include <Poco/Pipe.h>
#include <Poco/PipeStream.h>
#include <Poco/Process.h>
#include <Poco/StreamCopier.h>

namespace rtbatch {

Poco::JSON::Object::Ptr runForgetfulReader(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{RTBATCH_FORGETFUL_READER};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Poco::Pipe output;
    const Poco::ProcessHandle node = Poco::Process::launch("node", all, nullptr, &output, nullptr);
    Poco::PipeInputStream stream(output);
    std::string printed;
    Poco::StreamCopier::copyToString(stream, printed);
    if (const int code = node.wait(); code != 0) {
        throw std::runtime_error("forgetful_reader.mjs exited with " + std::to_string(code) + ": " + printed);
    }
    return Poco::JSON::Parser().parse(printed).extract<Poco::JSON::Object::Ptr>();
}

int field(const Poco::JSON::Object::Ptr& summary, const std::string& name) {
    return summary->getValue<int>(name);
}

std::pair<int, int> range(const Poco::JSON::Object::Ptr& summary, const std::string& name) {
    const auto pair = summary->getArray(name);
    return {pair->getElement<int>(0), pair->getElement<int>(1)};
}

std::string text(const Poco::JSON::Object::Ptr& summary) {
    std::ostringstream out;
    summary->stringify(out);
    return out.str();
}

}  // namespace rtbatch
