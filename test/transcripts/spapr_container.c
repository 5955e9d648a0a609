/*
 * A container with an sPAPR TCE IOMMU: extensions, types, every number of VFIO's ioctls, information, ENABLE and DISABLE, and what
 * type1 and both versions of sPAPR do of it.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

static void extensions(int c, const char *state)
{
	for (long x = -1; x <= 13; x++)
		call(ioctl(c, VFIO_CHECK_EXTENSION, x), "%s: CHECK_EXTENSION(%ld)", state, x);
	call(ioctl(c, VFIO_CHECK_EXTENSION, 0x100000002l), "%s: CHECK_EXTENSION(2 + 2^32)", state);
	call(ioctl(c, VFIO_CHECK_EXTENSION, 0x100000005l), "%s: CHECK_EXTENSION(5 + 2^32)", state);
	call(ioctl(c, VFIO_GET_API_VERSION), "%s: GET_API_VERSION()", state);
}

/* Every number of VFIO's type, with no pointer, and with a structure of zeros. */
static void numbers(int c, const char *state)
{
	for (unsigned nr = 0x60; nr <= 0x84; nr++) {
		unsigned char zeros[256] = { 0 };
		if (nr == 0x66)
			continue;
		call(ioctl(c, T_IO(nr), 0), "%s: ioctl(%#x, NULL)", state, nr);
		locked();
		call(ioctl(c, T_IO(nr), zeros), "%s: ioctl(%#x, zeros)", state, nr);
		locked();
		for (size_t i = 0; i < sizeof(zeros); i++)
			if (zeros[i]) {
				more(" bytes change");
				break;
			}
	}
}

static void types(int c, const char *state)
{
	static const long all[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99, -1, 0x100000002l, 0x100000007l };
	for (size_t i = 0; i < COUNT(all); i++)
		call(ioctl(c, VFIO_SET_IOMMU, all[i]), "%s: SET_IOMMU(%ld)", state, all[i]);
}

static void without_group(void)
{
	section("no group");
	int c = open_container();
	extensions(c, "no group");
	types(c, "no group");
	numbers(c, "no group");
	close(c);
}

static void with_group(void)
{
	section("a group, no IOMMU");
	int c = open_container(), g = open_group();
	set_container(g, c, "c");
	extensions(c, "group");
	numbers(c, "group");
	close(g);
	close(c);
	/* One container for each type, since SET_IOMMU may work. */
	static const long all[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99, -1, 0x100000002l, 0x100000007l };
	for (size_t i = 0; i < COUNT(all); i++) {
		c = open_container();
		g = open_group();
		if (ioctl(g, VFIO_GROUP_SET_CONTAINER, &c))
			die("SET_CONTAINER");
		set_iommu(c, all[i]);
		set_iommu(c, T_SPAPR_TCE);
		set_iommu(c, T_SPAPR_TCE_v2);
		close_it(g, "group");
		close_it(c, "container");
	}
}

static void infos(int c)
{
	static const unsigned sizes[] = { 0, 4, 8, 12, 15, 16, 17, 20, 24, 28, 31, 32, 33, 40, 64, 4096, 65536, 0x7fffffff,
		0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++)
		info(c, sizes[i]);
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_GET_INFO, NULL), "GET_INFO(NULL)");
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_GET_INFO, UNMAPPED), "GET_INFO(unmapped)");
	struct vfio_iommu_spapr_tce_info *p;
	static const unsigned room[] = { 8, 15, 16, 31, 32 }, sz[] = { 8, 16, 31, 32 };
	for (size_t i = 0; i < COUNT(room); i++)
		for (size_t j = 0; j < COUNT(sz); j++) {
			p = edge(room[i]);
			memset(p, 0xaa, room[i]);
			p->argsz = sz[j];
			call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_GET_INFO, p), "GET_INFO(argsz=%u, %u bytes accessible)", sz[j], room[i]);
			more(" flags=%x", p->flags);
			if (room[i] >= 16)
				more(" dma32=%#x+%#x", p->dma32_window_start, p->dma32_window_size);
		}
	p = pages(1);
	p->argsz = sizeof(*p);
	mprotect(p, PAGE, PROT_READ);
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_GET_INFO, p), "GET_INFO(read-only)");
}

static void version(int type)
{
	note("== version %d", type == T_SPAPR_TCE ? 1 : 2);
	int c = open_container(), g = open_group();
	set_container(g, c, "c");
	set_iommu(c, type);
	extensions(c, "set");
	types(c, "set");
	infos(c);
	section("ENABLE and DISABLE");
	disable(c);
	enable(c);
	enable(c);
	info(c, 32);
	disable(c);
	disable(c);
	enable(c);
	call(ioctl(c, VFIO_IOMMU_ENABLE, -1l), "ENABLE(-1)");
	call(ioctl(c, VFIO_IOMMU_DISABLE, -1l), "DISABLE(-1)");
	locked();
	enable(c);
	section("the group leaves an enabled container, and comes back");
	unset_container(g, "g");
	extensions(c, "left");
	info(c, 32);
	enable(c);
	disable(c);
	set_container(g, c, "c");
	info(c, 32);
	set_iommu(c, type == T_SPAPR_TCE ? T_SPAPR_TCE_v2 : T_SPAPR_TCE);
	enable(c);
	close_it(c, "container");
	close_it(g, "group");
	section("numbers");
	struct setup s = spapr_attach(type);
	numbers(s.container, "disabled");
	if (type == T_SPAPR_TCE) {
		enable(s.container);
		numbers(s.container, "enabled");
	}
	spapr_detach(&s);
}

static void odd_numbers(void)
{
	section("neighbours of the numbers");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	struct vfio_iommu_spapr_tce_info i = { .argsz = sizeof(i) };
	call(ioctl(s.container, _IOC(_IOC_READ, ';', 0x70, 16), &i), "_IOR(GET_INFO, 16)");
	call(ioctl(s.container, _IOC(_IOC_WRITE, ';', 0x70, 16), &i), "_IOW(GET_INFO, 16)");
	call(ioctl(s.container, _IOC(_IOC_NONE, ';', 0x70, 32), &i), "_IO(GET_INFO), size 32");
	call(ioctl(s.container, _IO(':', 0x70), &i), "_IO(':', GET_INFO)");
	call(ioctl(s.container, 0x100000000ul | VFIO_IOMMU_SPAPR_TCE_GET_INFO, &i), "GET_INFO + 2^32");
	more(" flags=%x", i.flags);
	spapr_detach(&s);
}

static void reuse(void)
{
	section("a container changes its version when the last group has left");
	int c = open_container(), g = open_group();
	static const int order[] = { T_SPAPR_TCE, T_SPAPR_TCE_v2, T_SPAPR_TCE_v2, T_SPAPR_TCE, T_SPAPR_TCE };
	for (size_t i = 0; i < COUNT(order); i++) {
		set_container(g, c, "c");
		set_iommu(c, order[i]);
		info(c, 32);
		enable(c);
		unset_container(g, "g");
		info(c, 32);
	}
	close(g);
	close(c);
}

static void with_device(void)
{
	section("the device is open");
	for (int type = T_SPAPR_TCE; type <= T_SPAPR_TCE_v2; type += T_SPAPR_TCE_v2 - T_SPAPR_TCE) {
		struct setup s = attach(type);
		callfd(s.device = ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD(BDF)");
		locked();
		enable(s.container);
		unset_container(s.group, "g");
		info(s.container, 32);
		disable(s.container);
		close_it(s.container, "container");
		unset_container(s.group, "g");
		close_it(s.group, "group");
		close_it(s.device, "device");
	}
	section("no IOMMU, no device");
	int c = open_container(), g = open_group();
	set_container(g, c, "c");
	callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD(BDF)");
	close(g);
	close(c);
}

/* Containers are for the process that they counted for. */
static void another_process(void)
{
	for (int type = T_SPAPR_TCE; type <= T_SPAPR_TCE_v2; type += T_SPAPR_TCE_v2 - T_SPAPR_TCE) {
		note("== another process, version %d", type == T_SPAPR_TCE ? 1 : 2);
		for (int used = 0; used < 2; used++) {
			struct setup s = spapr_attach(type);
			if (used && type == T_SPAPR_TCE)
				enable(s.container);
			unsigned char *m = memory(1);
			if (used && type == T_SPAPR_TCE_v2)
				reg(s.container, m, 0, 1);
			pid_t pid = child_start();
			if (pid == 0) {
				t_locked = locked_now();
				note("child:");
				extensions(s.container, "child");
				info(s.container, 32);
				numbers(s.container, "child");
				enable(s.container);
				disable(s.container);
				enable(s.container);
				set_iommu(s.container, type);
				unset_container(s.group, "g");
				set_container(s.group, s.container, "c");
				set_iommu(s.container, type);
				info(s.container, 32);
				enable(s.container);
				child_end();
			}
			child_wait(pid);
			note("parent:");
			locked();
			info(s.container, 32);
			enable(s.container);
			disable(s.container);
			spapr_detach(&s);
		}
	}
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	without_group();
	with_group();
	version(T_SPAPR_TCE);
	version(T_SPAPR_TCE_v2);
	odd_numbers();
	reuse();
	with_device();
	another_process();
	return finish();
}
