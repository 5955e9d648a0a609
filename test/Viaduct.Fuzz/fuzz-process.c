/* Processes, threads, signals and descriptors passed around; how a client ends; and the spawner that runs clients. */
#include "fuzz.h"
#include <poll.h>

static volatile int flipping;

static void *flip(void *seed)
{
	seed_with((u64)seed);
	for (int i = 0; i < 200000 && flipping; i++)
		((volatile u64 *)argument)[below(8)] = one_in(2) ? odd_number() : rnd();
	return NULL;
}

static void *race(void *seed)
{
	seed_with((u64)seed);
	for (u64 i = below(60); i > 0; i--) {
		if (one_in(3))
			touch_bar();
		else
			any_call();
	}
	if (one_in(30))
		syscall(SYS_exit, 0); /* behind the C library's back */
	if (one_in(60))
		end(1);
	return NULL;
}

static void threads(void)
{
	pthread_t ids[4];
	int n = 1 + below(4);

	for (int i = 0; i < n; i++)
		if (pthread_create(&ids[i], NULL, one_in(4) ? flip : race, (void *)rnd()))
			n = i;
	flipping = 1;
	for (u64 i = below(40); i > 0; i--)
		any_call();
	flipping = 0;
	for (int i = 0; i < n; i++)
		if (one_in(8))
			pthread_detach(ids[i]); /* it goes on beside what comes */
		else
			for (int ms = 0; ms < 300 && pthread_tryjoin_np(ids[i], NULL); ms++)
				usleep(1000);
}

/* Reaps a child that may be stopped, or busy, or dead already. */
static void reap(int child)
{
	int waited = 0;

	if (child <= 1)
		return;
	for (int ms = 0; ms < 200 && waited == 0; ms++) {
		waited = waitpid(child, NULL, WNOHANG);
		if (waited == 0)
			usleep(1000);
	}
	if (waited == 0) {
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

static void forked(int depth)
{
	int child;
	u64 seed = rnd();

	if (depth >= 2)
		return;
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		seed_with(seed);
		for (u64 i = below(40); i > 0; i--)
			if (one_in(12))
				any_process_call(depth + 1);
			else
				any_call();
		end(depth + 1);
		_exit(0);
	}
	for (u64 i = below(10); i > 0; i--)
		any_call();
	if (child > 1 && one_in(4))
		kill(child, SIGKILL); /* wherever it is */
	reap(child);
}

static void executed(int depth)
{
	char seed[24], deep[4];
	char *arguments[] = { "fuzz-client", "again", seed, deep, NULL };
	int child;

	if (depth >= 2)
		return;
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)rnd() >> 1);
	snprintf(deep, sizeof(deep), "%d", depth + 1);
	child = vfork();
	if (child == 0) {
		any_call(); /* in the parent's memory */
		if (one_in(4))
			_exit(1);
		execv("/proc/self/exe", arguments);
		_exit(127);
	}
	reap(child);
}

static void *execute_here(void *seed)
{
	char text[24];
	char *arguments[] = { "fuzz-client", "again", text, "2", NULL };

	snprintf(text, sizeof(text), "%llu", (unsigned long long)seed >> 1);
	execv("/proc/self/exe", arguments);
	return NULL;
}

static void pass(void)
{
	int pair[2], fd = any_fd();
	char space[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	count();
	if (sendmsg(pair[0], &m, 0) == 1) {
		if (one_in(3))
			close(fd); /* only the message holds it */
		m.msg_controllen = sizeof(space);
		if (one_in(2) && recvmsg(pair[1], &m, 0) == 1 && m.msg_controllen >= sizeof(*c)) {
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
			keep(fd);
		}
	}
	close(pair[0]);
	close(pair[1]); /* perhaps with the message still in it */
}

static void duplicate(void)
{
	int fd = any_fd();
	/* never over stdio, which the spawner reads */
	int to = one_in(2) ? 3 + below(40) : 890 + below(60);

	count();
	switch (below(6)) {
	case 0: keep(dup(fd)); break;
	case 1: keep(dup2(fd, to)); break;
	case 2: keep(syscall(SYS_dup3, fd, to, one_in(2) ? O_CLOEXEC : 0)); break;
	case 3: keep(fcntl(fd, one_in(2) ? F_DUPFD : F_DUPFD_CLOEXEC, to)); break;
	case 4: syscall(SYS_close_range, to, one_in(3) ? ~0u : to + below(20), one_in(3) ? 4 : 0); break;
	default:
		if (one_in(6))
			for (int i = 3; i < 1024; i++)
				close(i);
		else
			close(to);
	}
}

static void signals(void)
{
	int child, self = getpid();
	struct itimerval timer = { { 0, one_in(2) ? 200 + below(5000) : 0 }, { 0, 100 + below(5000) } };

	switch (below(3)) {
	case 0: setitimer(ITIMER_REAL, &timer, NULL); break;
	case 1: memset(&timer, 0, sizeof(timer)); setitimer(ITIMER_REAL, &timer, NULL); break;
	default:
		child = fork();
		if (child == 0) {
			for (u64 i = 1 + below(3); i > 0; i--) {
				if (getppid() != self || self <= 1)
					_exit(0);
				kill(self, SIGSTOP);
				usleep(below(2000));
				kill(self, SIGCONT);
			}
			_exit(0);
		}
		for (u64 i = below(30); i > 0; i--)
			any_call();
		reap(child);
	}
}

void any_process_call(int depth)
{
	struct rlimit limit = { one_in(2) ? 950 : 64 + below(900), 1024 };

	switch (below(14)) {
	case 0: case 1: case 2: threads(); break;
	case 3: case 4: forked(depth); break;
	case 5: executed(depth); break;
	case 6: case 7: pass(); break;
	case 8: case 9: case 10: duplicate(); break;
	case 11: signals(); break;
	case 12: if (one_in(6)) setrlimit(RLIMIT_NOFILE, &limit); break;
	default: if (one_in(20)) end(depth);
	}
}

/* Ends the process in one of the ways that there are. */
void end(int depth)
{
	pthread_t thread;
	struct sigaction act = { .sa_handler = SIG_DFL };

	switch (below(9)) {
	case 0: _exit(0);
	case 1: exit(0);
	case 2: sigaction(SIGABRT, &act, NULL); abort();
	case 3: kill(getpid(), SIGKILL); break;
	case 4: sigaction(SIGSEGV, &act, NULL); *(volatile int *)8 = 0; break;
	case 5: /* the leader first, its threads later */
		if (pthread_create(&thread, NULL, race, (void *)rnd()) == 0)
			syscall(SYS_exit, 3);
		break;
	case 6:
		if (depth < 2 && pthread_create(&thread, NULL, execute_here, (void *)rnd()) == 0)
			for (int i = 0; i < 100; i++)
				any_call();
		break;
	case 7:
		for (int i = 0; i < 3; i++)
			if (pthread_create(&thread, NULL, race, (void *)rnd()))
				break;
		_exit(1); /* while they are in the middle of calls */
	default:
		for (int i = 0; i < FDS; i++) {
			int fd = fds[below(FDS)];
			if (fd > 2)
				close(fd);
		}
	}
	_exit(0);
}

/* Kills and reaps all that a client left, and what those left in turn: they come to us, the subreaper. */
static void clear(void)
{
	char text[4096], path[64];

	for (int round = 0; round < 2000; round++) {
		int waited = waitpid(-1, NULL, WNOHANG);

		if (waited < 0 && errno == ECHILD)
			return;
		if (waited > 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
		int fd = open(path, O_RDONLY), n = fd < 0 ? 0 : (int)read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		for (char *at = text; *at; ) {
			long child = strtol(at, &at, 10);
			if (child > 1)
				kill((pid_t)child, SIGKILL);
			while (*at == ' ')
				at++;
		}
		usleep(1000);
	}
}

/*
 * Runs a client for every seed that comes as a line on stdin and says "done SEED STATUS" when nothing of it is left. The
 * driver measures the supervisor before it sends the next.
 */
int spawner(char *self, char **rest)
{
	char line[64], *arguments[16] = { "fuzz-client", "client", line };

	for (int i = 0; i < 12 && rest[i]; i++)
		arguments[3 + i] = rest[i];
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (fgets(line, sizeof(line), stdin)) {
		int status = 0, child;

		line[strcspn(line, "\n")] = 0;
		child = fork();
		if (child == 0) {
			int null = open("/dev/null", O_RDWR);
			dup2(null, 0);
			dup2(null, 1);
			dup2(null, 2);
			close(null);
			execv(self, arguments);
			_exit(127);
		}
		while (waitpid(child, &status, WNOHANG) == 0) {
			usleep(2000);
			kill(child, SIGCONT); /* whoever stopped it may be dead */
		}
		clear();
		printf("done %s %x\n", line, status);
		fflush(stdout);
	}
	return 0;
}
