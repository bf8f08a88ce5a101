#include "admin/doctor/watched_post.h"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <exception>
#include <utility>

#include "common/upstream/http_connection.h"
#include "common/upstream/tls.h"

namespace rtbatch {

WatchedPost::WatchedPost(const HttpOptions& options, const std::string& path,
                         const std::map<std::string, std::string>& headers, std::string body,
                         Deadline deadline)
    : _options(options),
      _site(Site::parse(options.baseUrl)),
      _tls(_site.tls ? TlsContext::forAuthorities(options.caFile) : nullptr),
      _thread([this, path, headers, body = std::move(body), deadline] {
          std::string fault;
          try {
              run(path, headers, body, deadline);
          } catch (const std::exception& error) {
              fault = error.what();
          }
          const std::scoped_lock lock(_mutex);
          _reply.fault = fault;
          _reply.ended = true;
          _changed.notify_all();
      }) {}

WatchedPost::~WatchedPost() {
    _cancel.raise();
}

void WatchedPost::run(const std::string& path, const std::map<std::string, std::string>& headers,
                      const std::string& body, Deadline deadline) {
    const Patience patience(_cancel, deadline);
    const auto connection = HttpConnection::open(_site, _tls, nullptr, _options.connectTimeout, patience);
    Poco::Net::HTTPRequest request("POST", _site.basePath + path, "HTTP/1.1");
    request.set("Host", _site.hostField());
    request.set("User-Agent", _options.userAgent);
    request.setContentLength(static_cast<std::streamsize>(body.size()));
    for (const auto& [name, value] : headers) {
        request.set(name, value);
    }
    Poco::Net::HTTPResponse response;
    const auto sent = std::chrono::steady_clock::now();
    const ReplyFrame frame = connection->ask(request, response, patience, body);
    {
        const std::scoped_lock lock(_mutex);
        _reply.status = frame.status;
        _changed.notify_all();
    }
    connection->awaitBody(patience);
    {
        const std::scoped_lock lock(_mutex);
        _reply.firstByte =
            std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - sent);
        _changed.notify_all();
    }
    std::string all = connection->readBody(frame, _options.maxBody, patience);
    const std::scoped_lock lock(_mutex);
    _reply.body = std::move(all);
}

WatchedReply WatchedPost::waitForFirstByte(Deadline deadline) {
    std::unique_lock lock(_mutex);
    _changed.wait_until(lock, deadline.when(), [this] { return _reply.ended || _reply.firstByte; });
    return _reply;
}

WatchedReply WatchedPost::waitForEnd(Deadline deadline) {
    std::unique_lock lock(_mutex);
    _changed.wait_until(lock, deadline.when(), [this] { return _reply.ended; });
    return _reply;
}

}  // namespace rtbatch
