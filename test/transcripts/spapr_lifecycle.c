/*
 * Every order in which an sPAPR container, its group and its device end, with memory registered, two windows and mappings, and what the
 * rest answers after each step; copies by dup and in children; processes that end or are killed.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

#define DYNAMIC 0x800000000000000ul
static unsigned char *m;
static int c, g, d;

static void set_up(int type)
{
	struct setup s = attach_device(type);
	c = s.container;
	g = s.group;
	d = s.device;
	m = memory(4);
	note("container, group and device are open, SET_IOMMU(%d)", type);
	locked();
	if (type == T_SPAPR_TCE) {
		enable(c);
		map(c, m, 0, 0, 4);
	} else {
		reg(c, m, 0, 4);
		create(c, 16, 512 * MIB, 1);
		map(c, m, 0, 0, 4);
		map(c, m, 0, DYNAMIC, 4);
	}
}

static void answers(int type)
{
	if (c >= 0) {
		info(c, 32);
		map(c, m, 0, 0x100000, 1);
		unmap(c, 0x100000, PAGE);
		if (type == T_SPAPR_TCE_v2) {
			unmap(c, DYNAMIC, PAGE);
			unsigned char *other = memory(1);
			if (reg(c, other, 0, 1) == 0)
				unreg(c, other, 0, 1);
			create(c, 16, 512 * MIB, 1);
		} else {
			enable(c);
		}
		call(ioctl(c, VFIO_SET_IOMMU, type), "SET_IOMMU(%d)", type);
	}
	if (g >= 0) {
		struct vfio_group_status st = { .argsz = sizeof(st) };
		call(ioctl(g, VFIO_GROUP_GET_STATUS, &st), "GET_STATUS()");
		more(" flags=%x", st.flags);
		call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER) ? -1 : 0, "UNSET_CONTAINER()");
		locked();
	}
	if (d >= 0) {
		struct vfio_device_info di = { .argsz = sizeof(di) };
		call(ioctl(d, VFIO_DEVICE_GET_INFO, &di), "device GET_INFO()");
	}
}

static void end(char what, int type)
{
	int *fd = what == 'c' ? &c : what == 'g' ? &g : &d;
	if (*fd < 0)
		return;
	close_it(*fd, what == 'c' ? "container" : what == 'g' ? "group" : "device");
	*fd = -1;
	answers(type);
}

static void orders(int type)
{
	static const char *const order[] = { "cgd", "cdg", "gcd", "gdc", "dcg", "dgc" };
	for (size_t i = 0; i < COUNT(order); i++) {
		note("== version %d, %s", type == T_SPAPR_TCE ? 1 : 2, order[i]);
		set_up(type);
		for (const char *p = order[i]; *p; p++)
			end(*p, type);
	}
	note("== version %d, the group leaves and comes back", type == T_SPAPR_TCE ? 1 : 2);
	set_up(type);
	close_it(d, "device");
	d = -1;
	unset_container(g, "g");
	set_container(g, c, "c");
	set_iommu(c, type);
	if (type == T_SPAPR_TCE)
		enable(c);
	else
		reg(c, m, 0, 4);
	note("mappings of before:");
	unmap(c, 0, 4 * PAGE);
	unmap(c, DYNAMIC, 4 * PAGE);
	map(c, m, 0, 0, 4);
	close_it(g, "group");
	close_it(c, "container");
}

static void copies(int type)
{
	note("== version %d, copies", type == T_SPAPR_TCE ? 1 : 2);
	set_up(type);
	int copy = dup(c), got = passed(c);
	close_it(c, "container");
	c = copy;
	info(c, 32);
	unmap(c, 0, PAGE);
	close_it(c, "its copy");
	c = got;
	info(c, 32);
	close_it(g, "group");
	close_it(d, "device");
	close_it(c, "the one over a socket");
	note("a child that keeps all, and uses nothing");
	set_up(type);
	int hold[2];
	if (pipe(hold))
		die("pipe");
	pid_t pid = child_start();
	if (pid == 0) {
		char byte;
		close(hold[1]);
		if (read(hold[0], &byte, 1) < 0)
			die("read");
		child_end();
	}
	close(hold[0]);
	close_it(d, "device");
	close_it(g, "group");
	close_it(c, "container");
	callfd(open(t_group_path, O_RDWR), "open(group)");
	close(hold[1]);
	child_wait(pid);
	locked();
	callfd(g = open(t_group_path, O_RDWR), "open(group)");
	close(g);
}

/* The process that all was counted for ends, and another one has the descriptors. */
static void orphans(int type)
{
	note("== version %d, who began has ended", type == T_SPAPR_TCE ? 1 : 2);
	struct setup s = attach_device(type);
	pid_t pid = child_start();
	if (pid == 0) {
		t_locked = locked_now();
		m = memory(4);
		c = s.container;
		if (type == T_SPAPR_TCE) {
			enable(c);
		} else {
			reg(c, m, 0, 4);
			create(c, 16, 512 * MIB, 1);
			map(c, m, 0, DYNAMIC, 4);
		}
		map(c, m, 0, 0, 4);
		child_end();
	}
	child_wait(pid);
	note("parent:");
	c = s.container, g = s.group, d = s.device;
	info(c, 32);
	unmap(c, 0, PAGE);
	enable(c);
	disable(c);
	m = memory(4);
	reg(c, m, 0, 4);
	create(c, 16, 512 * MIB, 1);
	close_it(d, "device");
	unset_container(g, "g");
	set_container(g, c, "c");
	set_iommu(c, type);
	info(c, 32);
	enable(c);
	reg(c, m, 0, 4);
	close_it(c, "container");
	close_it(g, "group");
	section("and a child that is killed");
	pid = child_start();
	if (pid == 0) {
		t_locked = locked_now();
		set_up(type);
		flush();
		kill(getpid(), SIGKILL);
	}
	child_wait(pid);
	locked();
	set_up(type);
	close_it(c, "container");
	close_it(g, "group");
	close_it(d, "device");
	c = g = d = -1;
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	for (int type = T_SPAPR_TCE; type <= T_SPAPR_TCE_v2; type += T_SPAPR_TCE_v2 - T_SPAPR_TCE) {
		orders(type);
		copies(type);
		orphans(type);
	}
	return finish();
}
