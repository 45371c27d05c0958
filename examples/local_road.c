/* Reads a camera's images in shared memory, from C: docs/local-road.md says what each step is for.
 *
 *     cc -O2 -o local_road examples/local_road.c && ./local_road 127.0.0.1:5555
 *
 * The address is what the camera's tcp socket is bound to, in numbers; 0.0.0.0:5555 for all interfaces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 1, IMAGE = 2, REFUSED = 3 };
enum { CAPACITY = 2, PUBLISHED = 5 };            /* words of the image memory */
enum { RECORDS_AT = 4096, RECORD_BYTES = 128, BUFFERS_AT = 65536 };
enum { TAKEN = 8, READ = 9, CLAIMS_BYTES = 4096 }; /* words of the claims memory */

struct record {
    uint64_t counter, sequence, timestamp;
    int64_t device_timestamp;
    uint64_t height, width, reserved;
    char pixel_format[64];
};

static const volatile uint64_t *words; /* of the image memory */
static volatile uint64_t *claims;
static size_t mapped;
static uint64_t last; /* number of the image that was read last */

static int connect_to(const char *address) {
    int link = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "pmv-tui/images/%s", address);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    if (connect(link, (struct sockaddr *)&name, size) != 0) {
        fprintf(stderr, "%s: %s; is the camera plugged, at this address in numbers?\n", address,
                strerror(errno));
        return -1;
    }
    struct ucred peer;
    socklen_t peer_size = sizeof peer;
    getsockopt(link, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size);
    if (peer.uid != getuid()) {
        fprintf(stderr, "%s is served by another user\n", address);
        return -1;
    }
    uint64_t hello[3] = {0, 1, 0}; /* magic, version, the newest alone */
    memcpy(hello, "pmvimage", 8);
    send(link, hello, sizeof hello, 0);
    return link;
}

static void map_memory(const struct msghdr *message) {
    int descriptors[2];
    struct stat status;
    memcpy(descriptors, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof descriptors);
    if (words != NULL)
        munmap((void *)words, mapped); /* no image in it is held any more */
    fstat(descriptors[0], &status);
    mapped = status.st_size;
    words = mmap(NULL, mapped, PROT_READ, MAP_SHARED, descriptors[0], 0);
    if (claims == NULL) {
        claims = mmap(NULL, CLAIMS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[1], 0);
        last = claims[TAKEN];
    }
    close(descriptors[0]);
    close(descriptors[1]);
}

static void work_on(const struct record *record, const uint8_t *pixels) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < record->height * record->width; i++)
        sum += pixels[i];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = now.tv_sec * 1000000000LL + now.tv_nsec - (int64_t)record->timestamp;
    printf("%llu: %llux%llu %s, mean %.2f, %.3f ms old\n", (unsigned long long)record->sequence,
           (unsigned long long)record->width, (unsigned long long)record->height,
           record->pixel_format, (double)sum / (record->height * record->width), age / 1e6);
    fflush(stdout);
}

static void read_newest(void) {
    uint64_t ticket;
    while ((ticket = words[PUBLISHED]) / 512 > last) {
        uint64_t buffer = ticket % 512;
        claims[0] = buffer + 1;
        atomic_thread_fence(memory_order_seq_cst);
        if (words[PUBLISHED] == ticket) {
            const char *memory = (const char *)words;
            work_on((const struct record *)(memory + RECORDS_AT + buffer * RECORD_BYTES),
                    (const uint8_t *)memory + BUFFERS_AT + buffer * words[CAPACITY]);
            last = ticket / 512;
            atomic_thread_fence(memory_order_seq_cst);
            claims[TAKEN] = last;
            claims[READ]++;
        }
        claims[0] = 0;
    }
}

int main(int argc, char **argv) {
    if (argc != 2)
        return fprintf(stderr, "usage: %s HOST:PORT, such as 127.0.0.1:5555\n", argv[0]), 2;
    int link = connect_to(argv[1]);
    if (link < 0)
        return 1;
    for (;;) {
        uint64_t packet[128] = {0};
        char control[CMSG_SPACE(2 * sizeof(int))];
        struct iovec data = {packet, sizeof packet - 1};
        struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1,
                                 .msg_control = control, .msg_controllen = sizeof control};
        if (recvmsg(link, &message, 0) <= 0)
            return fprintf(stderr, "the camera was unplugged, or the engine ended\n"), 0;
        if (packet[0] == MEMORY)
            map_memory(&message);
        else if (packet[0] == IMAGE)
            read_newest();
        else if (packet[0] == REFUSED)
            return fprintf(stderr, "%s\n", (const char *)(packet + 2)), 1;
    }
}
