#include "handler/fastcgi_request.h"

#include <algorithm>
#include <utility>

#include "handler/json_body.h"

namespace rtbatch {

namespace {

/// Of a record's head, as much as is read before the record is known to be the last.
constexpr std::size_t kHeadStart = 6;

/// The content of a record that begins a request, and the most of one that asks about us.
constexpr std::size_t kBeginSize = 8;
constexpr std::size_t kMostSmall = 1024;

constexpr std::uint16_t kResponder = FCGI_RESPONDER;

}  // namespace

std::size_t FastCgiParser::take(std::string_view bytes) {
    std::size_t taken = 0;
    while (_state == State::incomplete && taken < bytes.size()) {
        const std::string_view rest = bytes.substr(taken);
        taken += _head.size() < kFastCgiHeadSize ? takeHead(rest) : takeContent(rest);
    }
    _taken += taken;
    if (_state == State::incomplete && _taken > kMaxFastCgiRequest) {
        refuse("a request without an end");
    }
    return taken;
}

std::size_t FastCgiParser::takeHead(std::string_view bytes) {
    const std::size_t want = _head.size() < kHeadStart ? kHeadStart : kFastCgiHeadSize;
    const std::size_t count = std::min(want - _head.size(), bytes.size());
    _head.append(bytes.substr(0, count));
    if (byteOf(0) != kFastCgiVersion) {
        refuse("not FastCGI");
    } else if (_head.size() == kHeadStart && endsBody()) {
        _state = State::whole;
    } else if (_head.size() == kFastCgiHeadSize) {
        beginRecord();
    }
    return count;
}

std::size_t FastCgiParser::takeContent(std::string_view bytes) {
    const std::size_t content = std::min(_contentLeft, bytes.size());
    keep(bytes.substr(0, content));
    _contentLeft -= content;
    const std::size_t padding = std::min(_paddingLeft, bytes.size() - content);
    _paddingLeft -= padding;
    if (_state == State::incomplete && _contentLeft + _paddingLeft == 0) {
        endRecord();
    }
    return content + padding;
}

bool FastCgiParser::endsBody() const {
    return type() == FastCgiType::stdIn && isOurs() && _paramsEnded && contentSize() == 0;
}

void FastCgiParser::beginRecord() {
    _contentLeft = contentSize();
    _paddingLeft = byteOf(kHeadStart);
    _small.clear();
    _sink = id() == 0 ? managementSink() : requestSink();
    if (_state == State::incomplete && _contentLeft + _paddingLeft == 0) {
        endRecord();
    }
}

FastCgiParser::Sink FastCgiParser::managementSink() {
    if (contentSize() > kMostSmall) {
        refuse("a question about us that is too long");
    }
    return Sink::small;
}

FastCgiParser::Sink FastCgiParser::requestSink() {
    switch (type()) {
        case FastCgiType::beginRequest:
            return beginSink();
        case FastCgiType::abortRequest:
            if (isOurs()) {
                replyEnd(FastCgiEnd::complete);
                refuse("a request that is given up");
            }
            return Sink::nothing;
        case FastCgiType::params:
        case FastCgiType::stdIn:
            return streamSink();
        default:
            return Sink::nothing;
    }
}

FastCgiParser::Sink FastCgiParser::beginSink() {
    if (contentSize() != kBeginSize || isOurs()) {
        refuse("a request that begins wrongly");
    } else if (_begun) {
        replyEnd(FastCgiEnd::cannotMultiplex);
        return Sink::nothing;
    }
    return Sink::small;
}

FastCgiParser::Sink FastCgiParser::streamSink() {
    if (!_begun) {
        refuse("a request without a beginning");
    } else if (isOurs() && _paramsEnded == (type() == FastCgiType::params)) {
        refuse("a request whose parts are in the wrong order");
    }
    return !isOurs() ? Sink::nothing : type() == FastCgiType::params ? Sink::params : Sink::body;
}

void FastCgiParser::keep(std::string_view content) {
    switch (_sink) {
        case Sink::nothing:
            return;
        case Sink::small:
            _small += content;
            return;
        case Sink::params:
            if (_request.params.size() + content.size() > kMaxFastCgiParams) {
                refuse("parameters that are too long");
            } else {
                _request.params += content;
            }
            return;
        case Sink::body:
            _request.body += content.substr(0, kMaxBody + 1 - std::min(_request.body.size(), kMaxBody + 1));
            return;
    }
}

void FastCgiParser::endRecord() {
    if (id() == 0) {
        answerManagement();
    } else if (_sink == Sink::small) {
        beginRequest();
    } else if (_sink == Sink::params && contentSize() == 0) {
        checkParams();
    }
    _head.clear();
}

void FastCgiParser::replyEnd(FastCgiEnd how) {
    const auto record = fastCgiEndRecord(id(), how);
    _reply.append(record.data(), record.size());
}

/// 4.1 and 4.2.
void FastCgiParser::answerManagement() {
    static constexpr std::string_view kMultiplexes = "FCGI_MPXS_CONNS";
    if (type() == FastCgiType::getValues) {
        const bool asked = _small.find(kMultiplexes) != std::string::npos;
        const std::string no =
            std::string{static_cast<char>(kMultiplexes.size()), 1}.append(kMultiplexes) + '0';
        _reply += fastCgiRecord(FastCgiType::getValuesResult, 0, asked ? no : "");
    } else {
        _reply += fastCgiRecord(FastCgiType::unknownType, 0,
                                std::string{static_cast<char>(type()), 0, 0, 0, 0, 0, 0, 0});
    }
}

void FastCgiParser::beginRequest() {
    const auto role = static_cast<std::uint16_t>(static_cast<std::uint8_t>(_small[0]) << 8 |
                                                 static_cast<std::uint8_t>(_small[1]));
    if (role != kResponder) {
        replyEnd(FastCgiEnd::unknownRole);
        refuse("a request to an authorizer or a filter");
        return;
    }
    _request.id = id();
    _begun = true;
}

void FastCgiParser::checkParams() {
    std::string_view pairs = _request.params;
    while (!pairs.empty()) {
        if (!takeFastCgiPair(pairs)) {
            refuse("a parameter that is longer than what was sent");
            return;
        }
    }
    _paramsEnded = true;
}

void FastCgiParser::refuse(const char* fault) {
    _state = State::refused;
    _fault = fault;
}

std::string FastCgiParser::takeReply() {
    return std::exchange(_reply, {});
}

FastCgiRequest FastCgiParser::takeRequest() {
    return std::move(_request);
}

}  // namespace rtbatch
