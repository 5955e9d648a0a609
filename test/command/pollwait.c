/*
 * A parent that never blocks in waitpid: it polls a pidfd and asks with WNOHANG, once. A child must be there to be reaped as
 * soon as the pidfd says that it ended: children of fork and of vfork, and those whose first thread has died before the one
 * that ends the process. (A first thread that is killed by another's exit is the case that docs/limitations.md names.)
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *linger(void *arg)
{
	char path[64], stat[256];

	(void)arg;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	for (;;) { /* until the first thread is a zombie */
		FILE *file = fopen(path, "r");

		if (!file || !fgets(stat, sizeof(stat), file))
			_exit(8);
		fclose(file);
		if (strstr(stat, ") Z "))
			_exit(7);
		usleep(100);
	}
}

int main(void)
{
	for (int i = 0; i < 200; i++) {
		pid_t child = i % 3 == 1 ? vfork() : fork();

		if (child == 0) {
			if (i % 3 != 2)
				_exit(7);
			pthread_t thread;

			pthread_create(&thread, NULL, linger, NULL);
			pthread_exit(NULL);
		}
		struct pollfd wait = { .fd = syscall(SYS_pidfd_open, child, 0), .events = POLLIN };
		int status;

		if (poll(&wait, 1, 10000) != 1 || waitpid(child, &status, WNOHANG) != child
		    || !WIFEXITED(status) || WEXITSTATUS(status) != 7) {
			printf("child %d: not there when its pidfd said so\n", i);
			return 1;
		}
		close(wait.fd);
	}
	puts("200 children reaped at once");
	return 0;
}
