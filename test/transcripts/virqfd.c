/*
 * Eventfds that unmask INTx: what arming, writing, closing and disarming them does, when they are busy, and what of their count
 * is taken.
 */
#include "irqs.h"

static const uint64_t one = 1;

static void arm(int fd, const char *what)
{
	set_fd(UNMASK, INTX, fd, what);
}

static void raise_irq(uint32_t bits)
{
	edu_write(device, EDU_RAISE, bits);
	note("edu raises %x", bits);
}

static void lower_irq(void)
{
	edu_write(device, EDU_ACK, 0xffffffff);
	note("edu lowers all");
}

static void heard(int e, bool expected)
{
	unsigned long n = edu_signalled(e, expected ? SOON : NEVER);
	note("signalled %lu", n);
}

/* Whether unmasking is bound to an eventfd: arming another one then is EBUSY. */
static void is_armed(void)
{
	int fd = event();
	long r = set_raw(24, EVENTFD | UNMASK, INTX, 0, 1, &fd, 4);
	int e = errno;
	note("armed: %s", r == 0 ? "no" : e == EBUSY ? "yes" : "?");
	if (r == 0) {
		int none = -1;
		set_raw(24, EVENTFD | UNMASK, INTX, 0, 1, &none, 4);
	}
	close(fd);
}

static void states(int e)
{
	section("arming in each state");
	int u = event(), v = event();
	arm(u, "nothing enabled");
	set_fd(MASK, INTX, u, "nothing enabled");
	set_fd(TRIGGER, MSI, e, "MSI");
	arm(u, "MSI enabled");
	set_none(TRIGGER, MSI, 0, 0);
	set_fd(TRIGGER, INTX, -1, "no trigger");
	arm(u, "INTx without a trigger");
	is_armed();
	arm(u, "the same again");
	arm(v, "another");
	arm(-1, "-1");
	is_armed();
	arm(u, "again");
	set_fd(TRIGGER, INTX, e, "a trigger");
	is_armed();
	set_fd(TRIGGER, INTX, -1, "no trigger");
	is_armed();
	set_none(TRIGGER, INTX, 0, 0);
	set_fd(TRIGGER, INTX, e, "INTx again");
	is_armed();
	static const struct {
		int fd;
		const char *name;
	} bad[] = { { -2, "-2" }, { INT_MIN, "INT_MIN" }, { INT_MAX, "INT_MAX" } };
	for (size_t i = 0; i < COUNT(bad); i++)
		arm(bad[i].fd, bad[i].name);
	int file = open("/proc/self/exe", O_RDONLY), path = open("/proc/self/exe", O_PATH), p[2];
	if (pipe2(p, O_CLOEXEC))
		die("pipe");
	arm(file, "a file");
	arm(path, "O_PATH");
	arm(p[0], "a pipe");
	arm(device, "the device");
	is_armed();
	arm(u, "an eventfd");
	arm(file, "a file, while armed");
	arm(path, "O_PATH, while armed");
	arm(INT_MAX, "INT_MAX, while armed");
	is_armed();
	arm(-2, "-2");
	is_armed();
	set_fd(MASK, INTX, u, "mask by an eventfd");
	set_fd(MASK, INTX, -1, "mask by an eventfd");
	close(file);
	close(path);
	close(p[0]);
	close(p[1]);
	close(u);
	close(v);
	set_none(TRIGGER, INTX, 0, 0);
}

static void unmasking(int e)
{
	section("unmasking by an eventfd");
	int u = event();
	set_fd(TRIGGER, INTX, e, "trigger");
	arm(u, "u");
	raise_irq(1);
	heard(e, true);
	heard(e, false);
	call(write(u, &one, 8), "write(u, 1)");
	heard(e, true);
	uint64_t many = 1000;
	call(write(u, &many, 8), "write(u, 1000)");
	heard(e, true);
	note("u holds %lu", counter(u));
	lower_irq();
	call(write(u, &one, 8), "write(u, 1)");
	heard(e, false);
	raise_irq(2);
	heard(e, true);
	lower_irq();
	section("by a copy, by a child, and after the program closed one of two");
	int copy = dup(u);
	raise_irq(4);
	heard(e, false);
	call(write(copy, &one, 8), "write(copy)");
	heard(e, true);
	call(close(u), "close(u)");
	is_armed();
	call(write(copy, &one, 8), "write(copy)");
	heard(e, true);
	pid_t pid = child_start();
	if (pid == 0) {
		call(write(copy, &one, 8), "write(inherited)");
		child_end();
	}
	child_wait(pid);
	heard(e, true);
	lower_irq();
	note("the copy holds %lu", counter(copy));
	section("the last descriptor is closed");
	call(close(copy), "close(copy)");
	is_armed();
	int v = event();
	arm(v, "v");
	raise_irq(8);
	heard(e, false);
	call(write(v, &one, 8), "write(v)");
	heard(e, true);
	lower_irq();
	section("a child has the last descriptor");
	int sync[2];
	if (pipe2(sync, O_CLOEXEC))
		die("pipe");
	pid = child_start();
	if (pid == 0) {
		char byte;
		close(sync[1]);
		if (read(sync[0], &byte, 1) < 0)
			die("read");
		child_end();
	}
	call(close(v), "close(v)");
	is_armed();
	close(sync[1]);
	child_wait(pid);
	is_armed();
	close(sync[0]);
	set_none(TRIGGER, INTX, 0, 0);
}

static void pending(int e)
{
	section("an eventfd that has a count as it is armed");
	int u = event();
	uint64_t five = 5;
	set_fd(TRIGGER, INTX, e, "trigger");
	raise_irq(1);
	heard(e, true);
	call(write(u, &five, 8), "write(u, 5)");
	arm(u, "u");
	heard(e, true);
	note("u holds %lu", counter(u));
	heard(e, false);
	arm(-1, "-1");
	call(write(u, &five, 8), "write(u, 5)");
	heard(e, false);
	note("u holds %lu", counter(u));
	section("the same eventfd as trigger and to unmask");
	lower_irq();
	set_none(UNMASK, INTX, 0, 1);
	set_none(TRIGGER, INTX, 0, 0);
	set_fd(TRIGGER, INTX, u, "u");
	arm(u, "u");
	set_none(TRIGGER, INTX, 0, 1);
	poll(NULL, 0, NEVER);
	note("u holds %lu", counter(u));
	is_armed();
	set_none(TRIGGER, INTX, 0, 0);
	close(u);
	section("disabled while armed: the count is the program's again");
	u = event();
	set_fd(TRIGGER, INTX, e, "trigger");
	arm(u, "u");
	set_none(TRIGGER, INTX, 0, 0);
	call(write(u, &five, 8), "write(u, 5)");
	poll(NULL, 0, NEVER);
	note("u holds %lu", counter(u));
	close(u);
}

static void masks(int e)
{
	section("masks in each combination");
	int u = event();
	set_fd(TRIGGER, INTX, e, "trigger");
	arm(u, "u");
	set_none(MASK, INTX, 0, 1);
	raise_irq(1);
	heard(e, false);
	call(write(u, &one, 8), "write(u)");
	heard(e, true);
	set_none(MASK, INTX, 0, 1);
	lower_irq();
	call(write(u, &one, 8), "write(u)");
	heard(e, false);
	section("while COMMAND.INTX_DISABLE is set");
	config_put(device, 4, 0x503);
	raise_irq(2);
	heard(e, false);
	call(write(u, &one, 8), "write(u)");
	heard(e, false);
	note("u holds %lu", counter(u));
	set_none(UNMASK, INTX, 0, 1);
	heard(e, false);
	set_none(TRIGGER, INTX, 0, 1);
	heard(e, false);
	set_bools(TRIGGER, INTX, 0, 1, "\1");
	heard(e, false);
	config_put(device, 4, 0x103);
	heard(e, true);
	lower_irq();
	call(write(u, &one, 8), "write(u)");
	section("enabled while COMMAND.INTX_DISABLE is set");
	set_none(TRIGGER, INTX, 0, 0);
	config_put(device, 4, 0x503);
	set_fd(TRIGGER, INTX, e, "trigger");
	raise_irq(4);
	heard(e, false);
	is_armed();
	arm(u, "u");
	call(write(u, &one, 8), "write(u)");
	heard(e, false);
	config_put(device, 4, 0x103);
	heard(e, true);
	lower_irq();
	set_none(TRIGGER, INTX, 0, 0);
	close(u);
}

static void closes(struct setup *s, int e)
{
	section("the device is closed while armed");
	int u = event();
	uint64_t five = 5;
	set_fd(TRIGGER, INTX, e, "trigger");
	arm(u, "u");
	raise_irq(1);
	heard(e, true);
	call(close(device), "close(device)");
	poll(NULL, 0, NEVER);
	call(write(u, &five, 8), "write(u, 5)");
	poll(NULL, 0, NEVER);
	note("u holds %lu, e %lu", counter(u), counter(e));
	s->device = device = callfd(ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	lower_irq();
	arm(u, "u");
	set_fd(TRIGGER, INTX, e, "trigger");
	is_armed();
	close(u);
	section("the trigger's last descriptor is closed");
	int t = event();
	set_fd(TRIGGER, INTX, t, "t");
	call(close(t), "close(t)");
	set_none(TRIGGER, INTX, 0, 1);
	raise_irq(2);
	poll(NULL, 0, NEVER);
	set_fd(TRIGGER, INTX, e, "e");
	heard(e, false);
	set_none(UNMASK, INTX, 0, 1);
	heard(e, true);
	lower_irq();
	set_none(TRIGGER, INTX, 0, 0);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	int e = event();
	states(e);
	unmasking(e);
	pending(e);
	masks(e);
	closes(&s, e);
	detach(&s);
	return finish();
}
