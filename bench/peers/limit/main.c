/* The limit: a FastCGI responder that sends the same bytes whatever it is asked, and looks at nothing. What nginx, the
 * sockets and the load generator cost is in it, and nothing else. PEER_LISTEN is a unix socket's path, PEER_ANSWER a file
 * with the answer as FastCGI carries it, PEER_THREADS how many threads accept. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char answer[65536];
static size_t size;

static void* serve(void* listener) {
    char request[16384];
    for (;;) {
        int connection = accept(*(int*)listener, NULL, NULL);
        /* nginx sends its request in one piece. */
        if (connection >= 0 && recv(connection, request, sizeof request, 0) > 0) {
            send(connection, answer, size, MSG_NOSIGNAL);
        }
        close(connection);
    }
    return NULL;
}

int main(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, getenv("PEER_LISTEN"), sizeof address.sun_path - 1);
    FILE* file = fopen(getenv("PEER_ANSWER"), "rb");
    size = fread(answer, 1, sizeof answer, file);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 4096) != 0) {
        return 1;
    }
    pthread_t thread;
    for (int i = 1; i < atoi(getenv("PEER_THREADS")); ++i) {
        pthread_create(&thread, NULL, serve, &listener);
    }
    serve(&listener);
}
