#pragma once

#include <fcgiapp.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/process/file_descriptor.h"
#include "handler/exchange.h"
#include "handler/fastcgi_request.h"

namespace rtbatch {

/// A request over one FastCGI connection, which ends with it. libfcgi must be initialised (FCGX_Init).
class FastCgiExchange : public Exchange {
public:
    /// `request` has come over `connection`, a blocking socket with a time limit for sending, but for the
    /// bytes that FastCgiParser leaves unread there. Throws std::runtime_error when the system or libfcgi
    /// does not take it.
    FastCgiExchange(FileDescriptor connection, FastCgiRequest request);

    ~FastCgiExchange() override;
    FastCgiExchange(const FastCgiExchange&) = delete;
    FastCgiExchange& operator=(const FastCgiExchange&) = delete;

    std::string_view param(const char* name) const override;
    std::string_view body() const override { return _body; }
    bool write(std::string_view bytes) override;
    bool drained() const override;
    int descriptor() const override { return _connection.get(); }
    void finish() override;

private:
    const FileDescriptor _connection;
    const std::string _body;
    FCGX_Request _request{};
};

}  // namespace rtbatch
