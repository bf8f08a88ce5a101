#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/page/page_reader.h"
#include "common/upstream/upstream.h"

namespace rtbatch::test {

/// Both upstreams in memory, to hold their answers back and to see in which order they are asked. Pages not
/// set are gone, ids not set are absent.
class FakeUpstreams {
public:
    void setId(const std::string& imdbId, const std::string& rtId) { setIds(imdbId, {rtId}); }
    /// Several values, in Wikidata's order of preference; `unusable` when there are none.
    void setIds(const std::string& imdbId, const std::vector<std::string>& rtIds,
                const std::string& unusable = "");
    /// Whoever asks whose page this is gets no answer.
    void poisonPage(const std::string& rtId, UpstreamFailure failure);
    void setPage(const std::string& rtId, const std::string& html);
    void failPage(const std::string& rtId, UpstreamFailure failure);
    /// A query with this id in it fails.
    void poison(const std::string& imdbId, UpstreamFailure failure);

    /// While held, requests are taken and not answered. Let go one by one, or all.
    void holdPages();
    void holdIds();
    void letPagesGo();
    void letIdsGo();
    void letPageGo(const std::string& rtId);

    /// Ids of each query, and pages, in the order asked for.
    std::vector<std::vector<std::string>> queries() const;
    std::vector<std::string> owners() const;  ///< the pages of which it was asked whose they are
    std::vector<std::string> pages() const;
    int openPages() const;
    int mostOpenPages() const;
    int mostOpenQueries() const;

    std::unique_ptr<IdSource> makeIdSource();
    std::unique_ptr<PageSource> makePageSource();

private:
    friend class FakeIdSource;
    friend class FakePageSource;

    std::variant<IdAnswers, UpstreamFailure> answer(std::span<const ImdbId> ids, const bool& cancelled);
    std::variant<Page, UpstreamFailure> answer(const RtId& id, const bool& cancelled);
    std::variant<std::vector<ImdbId>, UpstreamFailure> moviesOf(const RtId& id);

    mutable std::mutex _mutex;
    std::condition_variable _changed;
    std::map<std::string, IdAnswer> _ids;
    std::vector<std::string> _owners;
    std::map<std::string, std::variant<std::string, UpstreamFailure>> _pages;
    std::map<std::string, UpstreamFailure> _poison;
    bool _pagesHeld = false;
    bool _idsHeld = false;
    std::set<std::string> _letGo;
    std::vector<std::vector<std::string>> _queries;
    std::vector<std::string> _asked;
    int _openPages = 0;
    int _mostOpenPages = 0;
    int _openQueries = 0;
    int _mostOpenQueries = 0;
};

/// A page is its film's title, and what may follow:
/// `Heat;year=1995;critics=83;audience=94;page=m/heat;consensus=Good`; "unreadable" is none.
class TitleReader : public PageReader {
public:
    Reading read(std::string_view html, Deadline deadline) override;
    std::optional<std::string> check() override;

    std::atomic<bool> broken = false;  ///< it reads no page at all
};

}  // namespace rtbatch::test
