// rtbatch-upstreams: the stand-in for Wikidata and Rotten Tomatoes as a program. README.md tells its use.
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <ctime>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/upstreams/standin.h"

namespace {

using rtbatch::standin::Standin;
using rtbatch::standin::StandinOptions;

constexpr auto kUsage =
    "usage: rtbatch-upstreams [--rt-port N] [--wikidata-port N] [--elsewhere-port N] [--page-kb N]\n"
    "                         [--mapping N] [--also-on ADDRESS] [--tls-cert FILE --tls-key FILE] "
    "[--with-parent]\n"
    "A port that is 0 or absent is any free one, on 127.0.0.1. --also-on\n"
    "ADDRESS listens there too. --with-parent ends it with its parent.\n";

struct Options {
    StandinOptions standin;
    bool withParent = false;
};

std::size_t numberUpTo(const std::string& text, std::size_t max) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > max) {
        throw std::invalid_argument("'" + text + "' is no number up to " + std::to_string(max));
    }
    return value;
}

std::uint16_t port(const std::string& text) {
    return static_cast<std::uint16_t>(numberUpTo(text, 65535));
}

Options parseArguments(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--with-parent") {
            options.withParent = true;
            continue;
        }
        if (i + 1 == arguments.size()) {
            throw std::invalid_argument(name + " is unknown, or lacks its value");
        }
        const std::string& value = arguments[++i];
        if (name == "--rt-port") {
            options.standin.rtPort = port(value);
        } else if (name == "--wikidata-port") {
            options.standin.wikidataPort = port(value);
        } else if (name == "--elsewhere-port") {
            options.standin.elsewherePort = port(value);
        } else if (name == "--page-kb") {
            options.standin.pageBytes = numberUpTo(value, 10000) * 1024;
        } else if (name == "--mapping") {
            options.standin.mappedFilms = numberUpTo(value, 990000);
        } else if (name == "--also-on") {
            options.standin.alsoOn = value;
        } else if (name == "--tls-cert") {
            options.standin.tlsCertificate = value;
        } else if (name == "--tls-key") {
            options.standin.tlsKey = value;
        } else {
            throw std::invalid_argument(name + " is unknown");
        }
    }
    if (options.standin.tlsCertificate.empty() != options.standin.tlsKey.empty()) {
        throw std::invalid_argument("--tls-cert and --tls-key go together");
    }
    return options;
}

/// Until SIGTERM or SIGINT, or until the parent that we were started by is gone. Looked for twice a second,
/// and not asked of the kernel (PR_SET_PDEATHSIG): that one fires when the parent's thread ends, not its
/// process.
void waitForTheEnd(const sigset_t& signals, bool withParent, pid_t parent) {
    constexpr timespec kHalfSecond{0, 500'000'000};
    while (sigtimedwait(&signals, nullptr, &kHalfSecond) < 0) {
        if (withParent && getppid() != parent) {
            return;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const pid_t parent = getppid();
    try {
        const Options options = parseArguments({argv + 1, argv + argc});
        // Before any thread, so that all of them inherit it.
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        sigprocmask(SIG_BLOCK, &signals, nullptr);
        (void)std::signal(SIGPIPE, SIG_IGN);

        const Standin standin(options.standin);
        std::cout << "ready rt=" << standin.rtUrl() << " wikidata=" << standin.wikidataUrl()
                  << " elsewhere=" << standin.elsewhereUrl() << std::endl;
        waitForTheEnd(signals, options.withParent, parent);
        return 0;
    } catch (const std::invalid_argument& e) {
        std::cerr << "rtbatch-upstreams: " << e.what() << "\n" << kUsage;
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "rtbatch-upstreams: " << e.what() << "\n";
        return 1;
    }
}
