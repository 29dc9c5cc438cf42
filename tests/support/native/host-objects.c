/*
 * Makes System V and POSIX objects and an abstract datagram socket on the host, for probes that look for them from inside a sandbox. Says "ready", waits for the end of its
 * standard input and removes everything.
 *
 * usage: host-objects KEY /NAME
 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    key_t key = (key_t)strtol(argv[1], NULL, 0);
    /* For everybody, so that no permission hides what a namespace should hide. */
    int memory = shmget(key, 4096, IPC_CREAT | 0666);
    int messages = msgget(key, IPC_CREAT | 0666);
    int semaphores = semget(key, 1, IPC_CREAT | 0666);
    mqd_t queue = mq_open(argv[2], O_RDWR | O_CREAT, 0666, NULL);
    int shared = shm_open(argv[2], O_RDWR | O_CREAT, 0666);
    /* Abstract: the name without the slash, after a 0. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(argv[2] + 1);
    if (length + 1 > sizeof address.sun_path) return 2;
    memcpy(address.sun_path + 1, argv[2] + 1, length);
    int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    int bound = bind(datagrams, (struct sockaddr *)&address, size);
    int made = bound == 0 && memory >= 0 && messages >= 0 && semaphores >= 0 && queue != (mqd_t)-1 && shared >= 0;
    if (made) {
        printf("ready\n");
        fflush(stdout);
        char byte;
        while (read(0, &byte, 1) > 0) continue;
    } else {
        perror("host-objects");
    }
    shmctl(memory, IPC_RMID, NULL);
    msgctl(messages, IPC_RMID, NULL);
    semctl(semaphores, 0, IPC_RMID);
    mq_unlink(argv[2]);
    shm_unlink(argv[2]);
    return !made;
}
