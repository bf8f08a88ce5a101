#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/model/deadline.h"
#include "common/upstream/http_client.h"
#include "common/upstream/patience.h"
#include "common/upstream/site.h"

namespace rtbatch {

/// What has come of a request so far.
struct WatchedReply {
    int status = 0;                                                     ///< 0: no head yet
    std::optional<std::chrono::milliseconds> firstByte = std::nullopt;  ///< of the body, since it was sent
    bool ended = false;
    std::string body{};   ///< once it has ended
    std::string fault{};  ///< why it ended before its end; empty: it is whole
};

/// One POST on a thread of its own, so that who sent it can act while the reply comes.
class WatchedPost {
public:
    /// Sends it. Throws std::invalid_argument as HttpClient does. The rest is told by the reply.
    WatchedPost(const HttpOptions& options, const std::string& path,
                const std::map<std::string, std::string>& headers, std::string body, Deadline deadline);
    ~WatchedPost();  ///< cancels what is not over
    WatchedPost(const WatchedPost&) = delete;
    WatchedPost& operator=(const WatchedPost&) = delete;

    /// Waits until the body begins or the request ends, or `deadline` passes.
    WatchedReply waitForFirstByte(Deadline deadline);

    /// Waits until the request has ended, or `deadline` passes.
    WatchedReply waitForEnd(Deadline deadline);

private:
    void run(const std::string& path, const std::map<std::string, std::string>& headers,
             const std::string& body, Deadline deadline);

    const HttpOptions _options;
    const Site _site;
    std::shared_ptr<TlsContext> _tls;
    CancelSignal _cancel;

    std::mutex _mutex;
    std::condition_variable _changed;
    WatchedReply _reply;  // guarded by _mutex

    std::jthread _thread;  // last: the rest is there when it begins
};

}  // namespace rtbatch
