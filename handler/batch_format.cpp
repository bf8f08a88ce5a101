#include "handler/accept.h"
#include "handler/format.h"

namespace rtbatch {

namespace {

/// What compresses on the way holds events back unless it is told `no-transform`, and an nginx unless it is
/// told `X-Accel-Buffering`.
Headers streamHeaders(const char* type) {
    return {{"Content-Type", type}, {"Cache-Control", "no-cache, no-transform"}, {"X-Accel-Buffering", "no"}};
}

/// Server-Sent Events: `event: NAME` LF `data: ONE-LINE-JSON` LF LF. A deployed client wants exactly this
/// (field notes).
class EventStreamFormat : public Format {
public:
    /// nginx forwards nothing before the first byte of the body, so a comment line is written at once.
    std::string begin(Call& call) override {
        return call.head(200, streamHeaders("text/event-stream")).append(heartbeat());
    }
    std::string movie(const MovieOutcome& movie) override {
        return event("movie", movie, movie.facts.size());
    }
    std::string error(const ErrorOutcome& error) override { return event("error", error, 0); }
    std::string done(const Counts& counts) override { return event("done", counts, 0); }
    /// A comment, and no blank line after it, at which some readers would fire.
    std::string_view heartbeat() const override { return ":\n"; }
    std::string_view name() const override { return "sse"; }

private:
    template <typename Outcome>
    static std::string event(const char* name, const Outcome& outcome, std::size_t size) {
        std::string out;
        out.reserve(size + 128);
        out.append("event: ").append(name).append("\ndata: {");
        appendMembers(out, outcome);
        return out.append("}\n\n");
    }
};

/// One object a line. What says "still here" is a blank in front of the next one, which JSON allows: many
/// readers take an empty line for broken JSON.
class NdjsonFormat : public Format {
public:
    std::string begin(Call& call) override {
        return call.head(200, streamHeaders("application/x-ndjson")).append(heartbeat());
    }
    std::string movie(const MovieOutcome& movie) override { return line("movie", movie); }
    std::string error(const ErrorOutcome& error) override { return line("error", error); }
    std::string done(const Counts& counts) override { return line("done", counts); }
    std::string_view heartbeat() const override { return " "; }
    std::string_view name() const override { return "ndjson"; }

private:
    template <typename Outcome>
    static std::string line(const char* type, const Outcome& outcome) {
        std::string out = R"({"type":")";
        out.append(type).append("\",");
        appendMembers(out, outcome);
        return out.append("}\n");
    }
};

/// One document at the end, with blanks before it while it is waited for.
class DocumentFormat : public Format {
public:
    std::string begin(Call& call) override {
        return call.head(200, streamHeaders("application/json")).append(heartbeat());
    }
    std::string movie(const MovieOutcome& movie) override { return add(_movies, movie); }
    std::string error(const ErrorOutcome& error) override { return add(_errors, error); }
    std::string done(const Counts& counts) override {
        std::string out = R"({"movies":[)" + _movies + R"(],"errors":[)" + _errors + R"(],"done":{)";
        appendMembers(out, counts);
        return out.append("}}\n");
    }
    std::string_view heartbeat() const override { return " "; }
    std::string_view name() const override { return "json"; }

private:
    template <typename Outcome>
    static std::string add(std::string& list, const Outcome& outcome) {
        list.append(list.empty() ? "{" : ",{");
        appendMembers(list, outcome);
        list += '}';
        return {};
    }

    std::string _movies, _errors;
};

}  // namespace

std::unique_ptr<Format> batchFormat(std::string_view accept) {
    const auto chosen =
        preferredType(accept, {"text/event-stream", "application/x-ndjson", "application/json"});
    if (!chosen) {
        throw Problem(
            406, "not_acceptable",
            "A batch is answered as text/event-stream, application/x-ndjson or application/json: name one of "
            "them in Accept, or leave it out.");
    }
    switch (*chosen) {
        case 0:
            return std::make_unique<EventStreamFormat>();
        case 1:
            return std::make_unique<NdjsonFormat>();
        default:
            return std::make_unique<DocumentFormat>();
    }
}

}  // namespace rtbatch
