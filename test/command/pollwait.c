/*
 * A parent that never blocks in waitpid: it polls a pidfd and asks with WNOHANG, once. A child of fork or vfork must be there to
 * be reaped as soon as the pidfd says that it ended. Every third child's first thread exits before the one that ends the process:
 * that may kill the first thread while it is traced (docs/limitations.md), so there the parent waits.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *linger(void *arg)
{
	(void)arg;
	usleep(1000);
	_exit(7);
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

		if (poll(&wait, 1, 10000) != 1 || waitpid(child, &status, i % 3 == 2 ? 0 : WNOHANG) != child
		    || !WIFEXITED(status) || WEXITSTATUS(status) != 7) {
			printf("child %d: not there when its pidfd said so\n", i);
			return 1;
		}
		close(wait.fd);
	}
	puts("200 children reaped at once");
	return 0;
}
