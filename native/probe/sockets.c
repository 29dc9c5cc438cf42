/* Socket families and protocols, and ways out of the sandbox through those that exist. */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

struct kind {
    const char *name;
    int family, type, protocol;
};

/* Numbers where libc may not know the name. What a program in a sandbox may use is in the list too, to show
 * that it works. */
static const struct kind kinds[] = {
    {"unix", AF_UNIX, SOCK_STREAM, 0},
    {"inet", AF_INET, SOCK_STREAM, 0},
    {"inet6", AF_INET6, SOCK_STREAM, 0},
    {"udp", AF_INET, SOCK_DGRAM, 0},
    {"netlink_route", AF_NETLINK, SOCK_RAW, 0},
    {"netlink_sock_diag", AF_NETLINK, SOCK_RAW, 4},
    {"netlink_xfrm", AF_NETLINK, SOCK_RAW, 6},
    {"netlink_audit", AF_NETLINK, SOCK_RAW, 9},
    {"netlink_netfilter", AF_NETLINK, SOCK_RAW, 12},
    {"netlink_uevent", AF_NETLINK, SOCK_RAW, 15},
    {"netlink_generic", AF_NETLINK, SOCK_RAW, 16},
    {"netlink_crypto", AF_NETLINK, SOCK_RAW, 21},
    {"packet", AF_PACKET, SOCK_RAW, 0x0300},
    {"packet_dgram", AF_PACKET, SOCK_DGRAM, 0x0300},
    {"raw_icmp", AF_INET, SOCK_RAW, 1},
    {"raw_icmp6", AF_INET6, SOCK_RAW, 58},
    {"ping", AF_INET, SOCK_DGRAM, 1},
    {"sctp", AF_INET, SOCK_STREAM, 132},
    {"mptcp", AF_INET, SOCK_STREAM, 262},
    {"dccp", AF_INET, 6, 33},
    {"udplite", AF_INET, SOCK_DGRAM, 136},
    {"ax25", 3, SOCK_DGRAM, 0},
    {"x25", 9, SOCK_SEQPACKET, 0},
    {"key", 15, SOCK_RAW, 2},
    {"rds", 21, SOCK_SEQPACKET, 0},
    {"pppox", 24, SOCK_STREAM, 0},
    {"llc", 26, SOCK_STREAM, 0},
    {"can", 29, SOCK_RAW, 1},
    {"tipc", 30, SOCK_SEQPACKET, 0},
    {"bluetooth", 31, SOCK_SEQPACKET, 0},
    {"ieee802154", 36, SOCK_DGRAM, 0},
    {"alg", 38, SOCK_SEQPACKET, 0},
    {"nfc", 39, SOCK_SEQPACKET, 0},
    {"vsock", 40, SOCK_STREAM, 0},
    {"kcm", 41, SOCK_SEQPACKET, 0},
    {"qrtr", 42, SOCK_DGRAM, 0},
    {"smc", 43, SOCK_STREAM, 0},
    {"xdp", 44, SOCK_RAW, 0},
};

static void open_socket(struct outcome *out, const void *argument) {
    const struct kind *kind = argument;
    outcome_of(out, socket(kind->family, kind->type, kind->protocol));
}

/* The kernel takes the family as an int: high bits must not carry a refused family past a filter. */
static void family_high_bits(struct outcome *out, const void *unused) {
    outcome_of(out, syscall(__NR_socket, 0x100000000L | AF_PACKET, SOCK_RAW, 0));
}

static socklen_t abstract_address(struct sockaddr_un *address) {
    const char *name = getenv("HSR_PROBE_ABSTRACT");
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (name == NULL) name = "hsr-probe-nobody";
    size_t length = strlen(name);
    if (length > sizeof address->sun_path - 1) length = sizeof address->sun_path - 1;
    memcpy(address->sun_path + 1, name, length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

/* The test listens on an abstract name (HSR_PROBE_ABSTRACT) and on a port (HSR_PROBE_PORT) of the host. */
static void abstract_stream(struct outcome *out, const void *unused) {
    struct sockaddr_un address;
    socklen_t length = abstract_address(&address);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    outcome_of(out, fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, length));
}

static void abstract_pair(struct outcome *out, const void *unused) {
    struct sockaddr_un address;
    socklen_t length = abstract_address(&address);
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) {
        outcome_of(out, -1);
        return;
    }
    outcome_of(out, sendto(pair[0], "x", 1, MSG_DONTWAIT, (struct sockaddr *)&address, length));
}

static void datagram_pair(struct outcome *out, const void *unused) {
    int pair[2];
    outcome_of(out, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
}

static void connect_to(struct outcome *out, const char *host, int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int result = fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, sizeof address);
    if (result == 0 || errno != EINPROGRESS) {
        outcome_of(out, result);
        return;
    }
    /* On its way: a route exists. For the loopback the answer is there at once. */
    usleep(20000);
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    errno = error;
    outcome_of(out, error ? -1 : 0);
}

static void host_loopback(struct outcome *out, const void *unused) {
    const char *port = getenv("HSR_PROBE_PORT");
    connect_to(out, "127.0.0.1", port ? atoi(port) : 9);
}

static void outside(struct outcome *out, const void *argument) {
    connect_to(out, argument, 80);
}

static void interfaces(struct outcome *out, const void *unused) {
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0) {
        outcome_of(out, -1);
        return;
    }
    for (struct ifaddrs *at = list; at; at = at->ifa_next)
        if ((at->ifa_flags & IFF_LOOPBACK) == 0) {
            outcome_if(out, 1, "%s", at->ifa_name);
            return;
        }
    outcome_if(out, 0, "loopback only");
}

/* Does the kernel's list of Unix sockets show the host's? */
static void host_sockets(struct outcome *out, const void *unused) {
    static char text[1024 * 1024];
    const char *name = getenv("HSR_PROBE_ABSTRACT");
    if (read_text("/proc/self/net/unix", text, sizeof text) < 0) {
        outcome_of(out, -1);
        return;
    }
    outcome_if(out, strstr(text, name ? name : "/run/") != NULL, "%zu bytes", strlen(text));
}

void add_socket_probes(void) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        probe_add("socket_", kinds[i].name, open_socket, &kinds[i]);
    probe_add("socket_", "packet_high_bits", family_high_bits, NULL);
    probe_add("socket_", "datagram_pair", datagram_pair, NULL);
    probe_add("net_", "abstract_stream", abstract_stream, NULL);
    probe_add("net_", "abstract_pair", abstract_pair, NULL);
    probe_add("net_", "host_loopback", host_loopback, NULL);
    probe_add("net_", "outside", outside, "192.0.2.1");
    probe_add("net_", "metadata_service", outside, "169.254.169.254");
    probe_add("net_", "interfaces", interfaces, NULL);
    probe_add("net_", "host_socket_names", host_sockets, NULL);
}
