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
    /// Takes over an accepted connection and reads the request from it, which a web server has sent whole.
    /// Null, and the connection closed, when no request came.
    static std::unique_ptr<FastCgiExchange> open(int connection);

    ~FastCgiExchange() override;
    FastCgiExchange(const FastCgiExchange&) = delete;
    FastCgiExchange& operator=(const FastCgiExchange&) = delete;

    std::string_view param(const char* name) const override;
    std::string_view body() const override { return _body; }
    bool write(std::string_view bytes) override;
    bool drained() const override;
    int descriptor() const override { return _connection; }
    void finish() override;

private:
    explicit FastCgiExchange(int connection) : _connection(connection) {}

    const int _connection;

    FCGX_Request _request{};
    bool _accepted = false;
    std::string _body;
};

}  // namespace rtbatch
