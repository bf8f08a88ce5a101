#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "common/upstream/upstream.h"

namespace rtbatch {

/// A source that is made when it is first asked. A client reads all certificate authorities of the system,
/// about 0.1 s of CPU, which one request for what is in the cache need not pay.
template <typename Source>
class MadeLate {
public:
    explicit MadeLate(std::function<std::unique_ptr<Source>()> make) : _make(std::move(make)) {}

    /// From one thread. Throws what making it throws.
    Source& get() {
        if (!_source) {
            std::unique_ptr<Source> made = _make();
            const std::scoped_lock lock(_mutex);
            _source = std::move(made);
            if (_cancelled) {
                _source->cancel();
            }
        }
        return *_source;
    }

    /// From any thread.
    void cancel() {
        const std::scoped_lock lock(_mutex);
        _cancelled = true;
        if (_source) {
            _source->cancel();
        }
    }

private:
    const std::function<std::unique_ptr<Source>()> _make;
    std::mutex _mutex;
    std::unique_ptr<Source> _source;  // set under _mutex, by the thread that asks
    bool _cancelled = false;          // guarded by _mutex
};

/// Wikidata's and Rotten Tomatoes' clients, made late.
class LateIdSource : public IdSource {
public:
    explicit LateIdSource(std::function<std::unique_ptr<IdSource>()> make) : _source(std::move(make)) {}
    std::variant<IdAnswers, UpstreamFailure> resolve(std::span<const ImdbId> ids,
                                                     Deadline deadline) override {
        return _source.get().resolve(ids, deadline);
    }
    std::variant<std::vector<ImdbId>, UpstreamFailure> moviesOf(const RtId& rtId,
                                                                Deadline deadline) override {
        return _source.get().moviesOf(rtId, deadline);
    }
    void cancel() override { _source.cancel(); }

private:
    MadeLate<IdSource> _source;
};

class LatePageSource : public PageSource {
public:
    explicit LatePageSource(std::function<std::unique_ptr<PageSource>()> make) : _source(std::move(make)) {}
    std::variant<Page, UpstreamFailure> fetch(const RtId& id, Deadline deadline) override {
        return _source.get().fetch(id, deadline);
    }
    void cancel() override { _source.cancel(); }

private:
    MadeLate<PageSource> _source;
};

}  // namespace rtbatch
