/*
 * A window that the platform could not make, and everything after it: its host bridge gets no window again until the machine starts
 * anew, whatever the container or the process. FIRST has what leads there; each is a program, since each wants a machine of its own.
 */
#include "spapr.h"

#define DYNAMIC 0x800000000000000ul
static unsigned char *m;
static struct setup s;
static int c;

static void ready(void)
{
	s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	reg(c, m, 0, 16);
}

static void first(void);

static void after(const char *who)
{
	note("== after that, %s", who);
	info(c, 32);
	create(c, 16, 256 * MIB, 1);
	create(c, 12, GIB, 1);
	create(c, 16, 0, 1);
	create(c, 99, 256 * MIB, 1);
	create(c, 16, 256 * MIB, 2);
	unmap(c, 0, 0);
	unmap(c, DYNAMIC, 0);
	map(c, m, 0, 0, 1);
	map(c, m, 0, DYNAMIC, 1);
	tce_remove(c, DYNAMIC);
	tce_remove(c, 0);
	create(c, 16, 256 * MIB, 1);
	create(c, 12, GIB, 1);
	unmap(c, 0, 0);
	map(c, m, 0, 0, 1);
	unreg(c, m, 0, 16);
	spapr_detach(&s);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	m = memory(64);
	ready();
	section("what goes wrong");
	first();
	after("in the same container");
	ready();
	after("in another container");
	section("after that, in version 1");
	s = spapr_attach(T_SPAPR_TCE);
	info(s.container, 32);
	enable(s.container);
	unmap(s.container, 0, 0x10000);
	map(s.container, m, 0, 0, 1);
	unmap(s.container, 0, 0x10000);
	disable(s.container);
	spapr_detach(&s);
	pid_t pid = child_start();
	if (pid == 0) {
		t_locked = locked_now();
		ready();
		after("in another process");
		child_end();
	}
	child_wait(pid);
	return finish();
}
