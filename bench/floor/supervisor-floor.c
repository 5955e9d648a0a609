/* SPDX-License-Identifier: MIT
 *
 * The floor under an intercepted ioctl: a seccomp user-notification supervisor which answers 0 to every VFIO ioctl and
 * does nothing else. No supervisor that uses this mechanism can be faster, so the ratio to it is what our own work costs.
 *
 *     supervisor-floor [--cpu N] [--pin same|other|none] -- PROGRAM [ARG]...
 *
 * --cpu N says which CPU the program will pin itself to; --pin says where that leaves the supervisor. Needs no
 * privilege: no_new_privs is enough for a filter.
 */
#include "floor.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Headers older than Linux 6.6 lack these two (linux/seccomp.h). */
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
/* and older than 5.19 this one. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* User notification for ioctl with VFIO's type byte, everything else untouched. Returns the listener. */
static int install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4),
		/* The kernel takes an ioctl's command as 32 bits: the low half says all. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, _IOC_TYPEMASK << _IOC_TYPESHIFT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VFIO_TYPE << _IOC_TYPESHIFT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("prctl(PR_SET_NO_NEW_PRIVS)");
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

/*
 * Starts the program under the filter. The child shares our fd table until it calls exec, so the listener it gets is
 * ours as well, and only its number has to travel. exec gives the child a table of its own before it closes what is
 * close-on-exec, the listener among it.
 */
static pid_t start(char **program, int *listener)
{
	int channel[2];
	pid_t child;

	if (pipe2(channel, O_CLOEXEC))
		die("pipe2");
	child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child < 0)
		die("clone");
	if (child == 0) {
		int fd = install_filter();
		int sent = fd < 0 ? -errno : fd;

		if (write(channel[1], &sent, sizeof(sent)) != sizeof(sent) || fd < 0)
			_exit(EXIT_HARNESS);
		execvp(program[0], program);
		fprintf(stderr, "supervisor-floor: cannot run %s: %s\n", program[0], strerror(errno));
		_exit(127);
	}
	if (read(channel[0], listener, sizeof(*listener)) != sizeof(*listener))
		die("the child said nothing");
	if (*listener < 0) {
		errno = -*listener;
		die("seccomp(SECCOMP_FILTER_FLAG_NEW_LISTENER): this kernel or container forbids user notification");
	}
	close(channel[0]);
	close(channel[1]);
	return child;
}

/* Until the last task under the filter has gone, when RECV fails with ENOENT. */
static void answer(int listener)
{
	struct seccomp_notif notification;
	struct seccomp_notif_resp response;

	for (;;) {
		memset(&notification, 0, sizeof(notification));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification)) {
			if (errno == EINTR)
				continue;
			if (errno == ENOENT)
				return;
			die("SECCOMP_IOCTL_NOTIF_RECV");
		}
		memset(&response, 0, sizeof(response));
		response.id = notification.id;
		/* ENOENT: killed while it waited. */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) && errno != ENOENT)
			die("SECCOMP_IOCTL_NOTIF_SEND");
	}
}

int main(int argc, char **argv)
{
	struct floor_options options = floor_parse(argc, argv);
	int listener, status;
	pid_t child = start(options.program, &listener);

	/* The switch to the other side then happens at once, on the same CPU, instead of through the scheduler's balancing. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP))
		fprintf(stderr, "supervisor-floor: no SYNC_WAKE_UP here (Linux 6.6 has it): %s\n", strerror(errno));
	floor_pin(&options);
	answer(listener);
	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
