/* Life cycles over several processes: copies that a child inherits, that came over a socket or lie in one, what exec closes,
 * and processes that are killed. lifecycle.h explains the lines. */
#include "lifecycle.h"

static struct life (*make)(void);
static int ending; /* how the child ends: a signal, or 0 */

/* A child that keeps some of what its parent had; it does not end before it is told to. */
struct kept {
	pid_t pid;
	int told; /* written to by the parent: one byte a step */
	int done; /* the child's answer */
};

static void step(const struct kept *k)
{
	char b = 0;
	flush();
	if (write(k->told, &b, 1) != 1 || read(k->done, &b, 1) != 1)
		die("the child has gone");
}

static void end_child(const struct kept *k)
{
	flush();
	if (ending)
		kill(k->pid, ending);
	close(k->told);
	child_wait(k->pid);
	close(k->done);
}

/* Waits for the parent's next step, or ends with it. */
static void await(int told)
{
	char b;
	if (read(told, &b, 1) != 1)
		_exit(0);
}

static void answer(int done)
{
	flush();
	if (write(done, "x", 1) != 1)
		_exit(97);
}

static struct kept fork_keeping(struct life *l, const char *choice)
{
	int told[2], done[2];
	if (pipe2(told, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		die("pipe");
	pid_t pid = child_start();
	if (pid == 0) {
		close(told[1]);
		close(done[0]);
		end_others(l, choice);
		answer(done[1]);
		await(told[0]);
		note("  the child has %s", choice);
		look(l);
		answer(done[1]);
		await(told[0]);
		_exit(0);
	}
	close(told[0]);
	close(done[1]);
	char b;
	if (read(done[0], &b, 1) != 1)
		die("the child has gone");
	return (struct kept){ pid, told[1], done[0] };
}

static void inherit(const char *choice)
{
	struct life l = make(), none = LIFELESS;
	struct kept k = fork_keeping(&l, choice);
	note("the child keeps %s, both have it", choice);
	look(&l);
	end_others(&l, "");
	note("the parent has ended all");
	look(&none);
	step(&k);
	end_child(&k);
	note("the child has gone");
	look(&none);
}

static void inherited(const char *title, struct life (*maker)(void), const char *letters, int signal)
{
	section(title);
	make = maker;
	ending = signal;
	each_choice(letters, inherit);
}

/* Descriptors in a socket, which nobody has but the socket. */
static void send_one(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (sendmsg(socket, &m, 0) != 1)
		die("sendmsg");
}

static int receive_one(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd;
	if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&m))
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return fd;
}

static int *descriptor(struct life *l, char which)
{
	return which == 'C' ? &l->container : which == 'I' ? &l->iommufd : which == 'G' ? &l->group : &l->device;
}

/* A process that was there before anything was opened is sent the chosen ones; then they end here. */
static void send_to_child(const char *choice)
{
	int sv[2], told[2], done[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) || pipe2(told, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		die("socketpair");
	pid_t pid = child_start();
	if (pid == 0) {
		struct life l = LIFELESS;
		close(told[1]);
		close(sv[0]);
		await(told[0]);
		for (const char *c = choice; *c; c++)
			*descriptor(&l, *c) = receive_one(sv[1]);
		l.ioas = 1;
		note("  the child was sent %s", choice);
		look(&l);
		answer(done[1]);
		await(told[0]);
		_exit(0);
	}
	close(told[0]);
	close(done[1]);
	close(sv[1]);
	struct life l = make(), none = LIFELESS;
	for (const char *c = choice; *c; c++)
		send_one(sv[0], *descriptor(&l, *c));
	end_others(&l, "");
	note("%s on the way", choice);
	look(&none);
	struct kept k = { pid, told[1], done[0] };
	step(&k);
	end_child(&k);
	close(sv[0]);
	note("the child has gone");
	look(&none);
}

/* Nobody takes what was sent: it goes with the socket. */
static void send_to_nobody(const char *choice)
{
	int sv[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		die("socketpair");
	struct life l = make(), none = LIFELESS;
	for (const char *c = choice; *c; c++)
		send_one(sv[0], *descriptor(&l, *c));
	end_others(&l, "");
	note("%s in a socket", choice);
	look(&none);
	close(sv[0]);
	note("its sender's end is closed");
	look(&none);
	close(sv[1]);
	note("the other end too");
	look(&none);
}

/* A child executes this program with the chosen descriptors kept; the mapping never is. */
static void execute(const char *choice)
{
	struct life none = LIFELESS;
	note("close-on-exec off for %s", choice);
	pid_t pid = child_start();
	if (pid == 0) {
		struct life l = make();
		char fds[4][16];
		for (const char *c = choice; *c; c++)
			if (fcntl(*descriptor(&l, *c), F_SETFD, 0))
				die("F_SETFD");
		sprintf(fds[0], "%d", l.container);
		sprintf(fds[1], "%d", l.iommufd);
		sprintf(fds[2], "%d", l.group);
		sprintf(fds[3], "%d", l.device);
		execl("/proc/self/exe", "lifecycle", "--exec", fds[0], fds[1], fds[2], fds[3], t_bdf, NULL);
		die("exec");
	}
	child_wait(pid);
	note("  it has gone");
	look(&none);
}

static int executed(char **argv)
{
	t_bdf = argv[6];
	t_find_group();
	life_handlers();
	struct life l = { atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), 1, NULL };
	note("  executed");
	look(&l);
	flush();
	return 0;
}

/* A process is gone when waitpid() says so: the very next open() must find its group free. */
static void killed_again_and_again(void)
{
	section("killed twenty times with everything open");
	struct life (*const makers[])(void) = { live_in_container, live_in_iommufd, live_by_node };
	int good = 0;
	flush();
	for (int i = 0; i < 20; i++) {
		int ready[2];
		char b;
		if (pipe2(ready, O_CLOEXEC))
			die("pipe");
		pid_t pid = child_start();
		if (pid == 0) {
			makers[i % 3]();
			if (write(ready[1], "x", 1) != 1)
				_exit(97);
			pause();
		}
		if (read(ready[0], &b, 1) != 1)
			die("read");
		kill(pid, SIGKILL);
		int status;
		if (waitpid(pid, &status, 0) != pid)
			die("waitpid");
		int g = open(t_group_path, O_RDWR);
		good += g >= 0;
		close(g);
		close(ready[0]);
		close(ready[1]);
	}
	note("opened at once %d times", good);
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "--exec") == 0)
		return executed(argv);
	start(argc, argv);
	life_handlers();
	inherited("a container's things, inherited by a child that exits", live_in_container, "CGDM", 0);
	inherited("inherited by a child that is killed", live_in_container, "CGDM", SIGKILL);
	inherited("an iommufd and a node, inherited by a child that exits", live_by_node, "IDM", 0);
	inherited("inherited by a child that is killed", live_by_node, "IDM", SIGKILL);
	section("sent over a socket to a child that exits");
	ending = 0;
	make = live_in_container;
	each_choice("CGD", send_to_child);
	make = live_by_node;
	each_choice("ID", send_to_child);
	section("sent to a child that is killed");
	ending = SIGKILL;
	make = live_in_container;
	each_choice("CGD", send_to_child);
	make = live_by_node;
	each_choice("ID", send_to_child);
	section("sent, and never taken");
	make = live_in_container;
	each_choice("CGD", send_to_nobody);
	make = live_by_node;
	each_choice("ID", send_to_nobody);
	section("exec");
	make = live_in_container;
	each_choice("CGD", execute);
	make = live_by_node;
	each_choice("ID", execute);
	killed_again_and_again();
	return finish();
}
