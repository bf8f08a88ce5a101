#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "handler/connection_count.h"
#include "handler/exchange.h"

namespace rtbatch {

/// An exchange that is counted among the open ones until it ends, however it ends.
class CountedExchange : public Exchange {
public:
    CountedExchange(std::unique_ptr<Exchange> exchange, ConnectionCount& count)
        : _exchange(std::move(exchange)), _count(count) {
        _count.add();
    }
    ~CountedExchange() override {
        _exchange.reset();
        _count.remove();
    }
    CountedExchange(const CountedExchange&) = delete;
    CountedExchange& operator=(const CountedExchange&) = delete;

    std::string_view param(const char* name) const override { return _exchange->param(name); }
    std::string_view body() const override { return _exchange->body(); }
    bool write(std::string_view bytes) override { return _exchange->write(bytes); }
    bool drained() const override { return _exchange->drained(); }
    int descriptor() const override { return _exchange->descriptor(); }
    bool finish(std::string_view bytes) override { return _exchange->finish(bytes); }

private:
    std::unique_ptr<Exchange> _exchange;
    ConnectionCount& _count;
};

}  // namespace rtbatch
