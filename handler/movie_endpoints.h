#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/store/store.h"
#include "handler/batch_stream.h"
#include "handler/call.h"

namespace rtbatch {

/// What rtbatch is there for: batches and single movies. An answer goes on after these return. Each throws
/// Problem and StoreError, and has taken the call only when it does not.
class MovieEndpoints {
public:
    MovieEndpoints(std::size_t maxIds, Store& store, StreamServices services)
        : _maxIds(maxIds), _store(store), _services(services) {}

    void batch(std::unique_ptr<Call>& call);
    void movie(std::unique_ptr<Call>& call, std::string_view imdbId);

private:
    void start(std::unique_ptr<Call>& call, std::unique_ptr<Format> format, BatchRequest request,
               Deadline deadline);

    const std::size_t _maxIds;
    Store& _store;
    StreamServices _services;
};

}  // namespace rtbatch
