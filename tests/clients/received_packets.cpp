#include "tests/clients/received_packets.h"

// A file of its own: glibc's netinet/tcp.h, which Poco includes, has no tcpi_data_segs_in, and the two
// headers cannot be included together.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace rtbatch {

std::uint32_t receivedPackets(int descriptor) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        throw std::system_error(errno, std::generic_category(), "TCP_INFO");
    }
    return info.tcpi_data_segs_in;
}

}  // namespace rtbatch
