// segmenting-proxy LISTEN-PORT TARGET-PORT [SEGMENT-BYTES [PAUSE-MICROSECONDS]]
// Forwards loopback to loopback in small packets until it is interrupted; for trying a client by hand.

#include <charconv>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>

#include "tests/clients/segmenting_proxy.h"

namespace {

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    const auto argument = [&](std::size_t i, unsigned otherwise) {
        return i < arguments.size() ? number(arguments[i]) : otherwise;
    };
    const auto listenPort = argument(1, 0);
    const auto targetPort = argument(2, 0);
    const auto segment = argument(3, 1460);
    const auto pause = argument(4, 300);
    if (argc < 3 || argc > 5 || !listenPort || !targetPort || !segment || *segment == 0 || !pause) {
        std::cerr << "usage: segmenting-proxy LISTEN-PORT TARGET-PORT [SEGMENT-BYTES [PAUSE-MICROSECONDS]]\n";
        return 2;
    }

    // Before the proxy's thread starts, so that it inherits the mask and the signal comes here.
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, nullptr);

    const rtbatch::SegmentingProxy proxy(static_cast<std::uint16_t>(*targetPort),
                                         {.segment = *segment,
                                          .pause = std::chrono::microseconds(*pause),
                                          .port = static_cast<std::uint16_t>(*listenPort)});
    std::cout << "forwarding 127.0.0.1:" << proxy.port() << " to 127.0.0.1:" << *targetPort << std::endl;
    int signal = 0;
    sigwait(&stops, &signal);
    return 0;
} catch (const std::exception& e) {
    std::cerr << "segmenting-proxy: " << e.what() << '\n';
    return 1;
}
