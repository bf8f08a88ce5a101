#include "tests/unit/fetch/fake_upstreams.h"

#include <algorithm>
#include <sstream>

namespace rtbatch::test {

namespace {

UpstreamFailure cancelledFailure() {
    return {UpstreamFailure::Kind::cancelled, "cancelled", std::nullopt};
}

}  // namespace

/// One worker's own; cancel() reaches only what this one asks.
class FakeIdSource : public IdSource {
public:
    explicit FakeIdSource(FakeUpstreams& upstreams) : _upstreams(upstreams) {}
    std::variant<IdAnswers, UpstreamFailure> resolve(std::span<const ImdbId> ids,
                                                     Deadline /*deadline*/) override {
        return _upstreams.answer(ids, _cancelled);
    }
    std::variant<std::vector<ImdbId>, UpstreamFailure> moviesOf(const RtId& rtId,
                                                                Deadline /*deadline*/) override {
        return _upstreams.moviesOf(rtId);
    }
    void cancel() override {
        const std::scoped_lock lock(_upstreams._mutex);
        _cancelled = true;
        _upstreams._changed.notify_all();
    }

private:
    FakeUpstreams& _upstreams;
    bool _cancelled = false;
};

class FakePageSource : public PageSource {
public:
    explicit FakePageSource(FakeUpstreams& upstreams) : _upstreams(upstreams) {}
    std::variant<Page, UpstreamFailure> fetch(const RtId& id, Deadline /*deadline*/) override {
        return _upstreams.answer(id, _cancelled);
    }
    void cancel() override {
        const std::scoped_lock lock(_upstreams._mutex);
        _cancelled = true;
        _upstreams._changed.notify_all();
    }

private:
    FakeUpstreams& _upstreams;
    bool _cancelled = false;
};

void FakeUpstreams::setIds(const std::string& imdbId, const std::vector<std::string>& rtIds,
                           const std::string& unusable) {
    const std::scoped_lock lock(_mutex);
    IdAnswer answer{.unusable = unusable};
    for (const std::string& rtId : rtIds) {
        answer.rtIds.push_back(RtId::parse(rtId).value());
    }
    _ids.insert_or_assign(imdbId, answer);
}

void FakeUpstreams::poisonPage(const std::string& rtId, UpstreamFailure failure) {
    poison(rtId, std::move(failure));
}

void FakeUpstreams::setPage(const std::string& rtId, const std::string& html) {
    const std::scoped_lock lock(_mutex);
    _pages.insert_or_assign(rtId, html);
}

void FakeUpstreams::failPage(const std::string& rtId, UpstreamFailure failure) {
    const std::scoped_lock lock(_mutex);
    _pages.insert_or_assign(rtId, std::move(failure));
}

void FakeUpstreams::poison(const std::string& imdbId, UpstreamFailure failure) {
    const std::scoped_lock lock(_mutex);
    _poison.insert_or_assign(imdbId, std::move(failure));
}

void FakeUpstreams::holdPages() {
    const std::scoped_lock lock(_mutex);
    _pagesHeld = true;
}

void FakeUpstreams::holdIds() {
    const std::scoped_lock lock(_mutex);
    _idsHeld = true;
}

void FakeUpstreams::letPagesGo() {
    const std::scoped_lock lock(_mutex);
    _pagesHeld = false;
    _changed.notify_all();
}

void FakeUpstreams::letIdsGo() {
    const std::scoped_lock lock(_mutex);
    _idsHeld = false;
    _changed.notify_all();
}

void FakeUpstreams::letPageGo(const std::string& rtId) {
    const std::scoped_lock lock(_mutex);
    _letGo.insert(rtId);
    _changed.notify_all();
}

std::vector<std::vector<std::string>> FakeUpstreams::queries() const {
    const std::scoped_lock lock(_mutex);
    return _queries;
}

std::vector<std::string> FakeUpstreams::owners() const {
    const std::scoped_lock lock(_mutex);
    return _owners;
}

std::vector<std::string> FakeUpstreams::pages() const {
    const std::scoped_lock lock(_mutex);
    return _asked;
}

int FakeUpstreams::openPages() const {
    const std::scoped_lock lock(_mutex);
    return _openPages;
}

int FakeUpstreams::mostOpenPages() const {
    const std::scoped_lock lock(_mutex);
    return _mostOpenPages;
}

int FakeUpstreams::mostOpenQueries() const {
    const std::scoped_lock lock(_mutex);
    return _mostOpenQueries;
}

std::unique_ptr<IdSource> FakeUpstreams::makeIdSource() {
    return std::make_unique<FakeIdSource>(*this);
}
std::unique_ptr<PageSource> FakeUpstreams::makePageSource() {
    return std::make_unique<FakePageSource>(*this);
}

std::variant<IdAnswers, UpstreamFailure> FakeUpstreams::answer(std::span<const ImdbId> ids,
                                                               const bool& cancelled) {
    std::unique_lock lock(_mutex);
    std::vector<std::string> query;
    for (const ImdbId& id : ids) {
        query.push_back(id.string());
    }
    _queries.push_back(query);
    _mostOpenQueries = std::max(_mostOpenQueries, ++_openQueries);
    _changed.wait(lock, [&] { return !_idsHeld || cancelled; });
    --_openQueries;
    if (cancelled) {
        return cancelledFailure();
    }
    IdAnswers answers;
    for (const ImdbId& id : ids) {
        if (const auto poisoned = _poison.find(id.string()); poisoned != _poison.end()) {
            return poisoned->second;
        }
        const auto known = _ids.find(id.string());
        answers.emplace(id, known == _ids.end() ? IdAnswer{} : known->second);
    }
    return answers;
}

std::variant<std::vector<ImdbId>, UpstreamFailure> FakeUpstreams::moviesOf(const RtId& id) {
    const std::scoped_lock lock(_mutex);
    _owners.push_back(id.text());
    if (const auto poisoned = _poison.find(id.text()); poisoned != _poison.end()) {
        return poisoned->second;
    }
    std::vector<ImdbId> movies;
    for (const auto& [imdbId, answer] : _ids) {
        if (std::ranges::find(answer.rtIds, id) != answer.rtIds.end()) {
            movies.push_back(ImdbId::parse(imdbId).value());
        }
    }
    return movies;
}

std::variant<Page, UpstreamFailure> FakeUpstreams::answer(const RtId& id, const bool& cancelled) {
    std::unique_lock lock(_mutex);
    _asked.push_back(id.text());
    _mostOpenPages = std::max(_mostOpenPages, ++_openPages);
    _changed.wait(lock, [&] { return !_pagesHeld || _letGo.contains(id.text()) || cancelled; });
    --_openPages;
    if (cancelled) {
        return cancelledFailure();
    }
    const auto page = _pages.find(id.text());
    if (page == _pages.end()) {
        return UpstreamFailure{UpstreamFailure::Kind::gone, "404", std::nullopt};
    }
    if (const auto* failure = std::get_if<UpstreamFailure>(&page->second)) {
        return *failure;
    }
    return Page{id, std::get<std::string>(page->second)};
}

std::optional<std::string> TitleReader::check() {
    return broken ? std::optional<std::string>("it is missing") : std::nullopt;
}

Reading TitleReader::read(std::string_view html, Deadline /*deadline*/) {
    if (broken) {
        return NotTried{"it is missing"};
    }
    if (html == "unreadable") {
        return Unreadable{"it has no title"};
    }
    MovieFacts facts;
    std::istringstream parts{std::string(html)};
    std::getline(parts, facts.title, ';');
    for (std::string part; std::getline(parts, part, ';');) {
        const auto value = part.substr(part.find('=') + 1);
        if (part.starts_with("year=")) {
            facts.year = std::stoi(value);
        } else if (part.starts_with("critics=")) {
            facts.criticScore = std::stoi(value);
        } else if (part.starts_with("audience=")) {
            facts.audienceScore = std::stoi(value);
        } else if (part.starts_with("page=")) {
            facts.page = value;
        } else {
            facts.consensus = value;
        }
    }
    return facts;
}

}  // namespace rtbatch::test
