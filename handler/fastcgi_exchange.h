#pragma once

#include <sys/uio.h>

#include <array>
#include <string_view>
#include <utility>

#include "common/process/file_descriptor.h"
#include "handler/exchange.h"
#include "handler/fastcgi_request.h"

namespace rtbatch {

/// A request over one FastCGI connection, which ends with it.
class FastCgiExchange : public Exchange {
public:
    /// `request` has come over `connection`, but for the bytes that FastCgiParser leaves unread there.
    FastCgiExchange(FileDescriptor connection, FastCgiRequest request)
        : _connection(std::move(connection)), _request(std::move(request)) {}

    std::string_view param(const char* name) const override { return _request.param(name); }
    std::string_view body() const override { return _request.body; }
    bool write(std::string_view bytes) override;
    bool drained() const override;
    int descriptor() const override { return _connection.get(); }
    void finish() override;

private:
    bool send(std::array<iovec, 2> pieces);

    const FileDescriptor _connection;
    const FastCgiRequest _request;
    bool _failed = false;
};

}  // namespace rtbatch
