#pragma once

#include <fcgiapp.h>

#include <memory>
#include <string>
#include <string_view>

#include "handler/exchange.h"

namespace rtbatch {

/// A request over one FastCGI connection, which ends with it. libfcgi must be initialised (FCGX_Init).
class FastCgiExchange : public Exchange {
public:
    /// Takes over an accepted connection and reads the request's head from it; blocks as long as the socket's
    /// receive timeout lets it. Null, and the connection closed, when no request came.
    static std::unique_ptr<FastCgiExchange> open(int connection);

    ~FastCgiExchange() override;
    FastCgiExchange(const FastCgiExchange&) = delete;
    FastCgiExchange& operator=(const FastCgiExchange&) = delete;

    std::string_view param(const char* name) const override;
    std::string readBody(std::size_t limit) override;
    bool write(std::string_view bytes) override;
    bool drained() const override;
    int descriptor() const override { return _request.ipcFd; }
    void finish() override;

private:
    FastCgiExchange() = default;

    void close();

    FCGX_Request _request{};
};

}  // namespace rtbatch
