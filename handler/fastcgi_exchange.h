#pragma once

#include <string_view>

#include "common/process/file_descriptor.h"
#include "handler/exchange.h"
#include "handler/fastcgi_request.h"

namespace rtbatch {

/// A request over one FastCGI connection, which ends with it.
///
/// Reads and writes without libfcgi, whose header defines the records: its reader trusts lengths, wants a
/// descriptor to read from, and takes the bytes that FastCgiParser leaves unread; its writer splits what is
/// longer than 8 kB.
class FastCgiExchange : public Exchange {
public:
    /// `request` has come over `connection`, but for the bytes that FastCgiParser leaves unread there.
    FastCgiExchange(FileDescriptor connection, FastCgiRequest request);

    std::string_view param(const char* name) const override;
    std::string_view body() const override { return _request.body; }
    bool write(std::string_view bytes) override;
    bool finish(std::string_view bytes) override;
    bool drained() const override;
    int descriptor() const override { return _connection.get(); }

private:
    const FileDescriptor _connection;
    const FastCgiRequest _request;
};

}  // namespace rtbatch
