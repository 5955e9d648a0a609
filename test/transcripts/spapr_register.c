/*
 * Memory that is registered with a version 2 container: each misuse, overlaps, two containers and two processes, mappings that are
 * still there, and what VmLck says.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

static unsigned char *m;

static long reg_raw(int c, bool add, unsigned argsz, unsigned flags, uint64_t vaddr, uint64_t size, const char *what)
{
	struct vfio_iommu_spapr_register_memory r = { argsz, flags, vaddr, size };
	long x = call(ioctl(c, add ? VFIO_IOMMU_SPAPR_REGISTER_MEMORY : VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &r), "%s(%s)",
		add ? "REGISTER" : "UNREGISTER", what);
	if (r.argsz != argsz || r.flags != flags || r.vaddr != vaddr || r.size != size)
		more(" bytes change");
	locked();
	return x;
}

static void arguments(int c, bool add)
{
	note("== what %s looks at", add ? "REGISTER" : "UNREGISTER");
	static const unsigned sizes[] = { 0, 1, 4, 8, 16, 23 };
	char what[128];
	uint64_t p = (uintptr_t)m;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		snprintf(what, sizeof(what), "argsz=%u", sizes[i]);
		reg_raw(c, add, sizes[i], 0, p, PAGE, what);
	}
	static const unsigned flags[] = { 1, 2, 4, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(flags); i++) {
		snprintf(what, sizeof(what), "flags=%#x", flags[i]);
		reg_raw(c, add, 24, flags[i], p, PAGE, what);
	}
	reg_raw(c, add, 23, 1, p + 1, PAGE, "argsz=23, flags=1, page 0 + 1");
	static const unsigned off[] = { 1, 8, 0x1000, 0x8000, 0xffff };
	for (size_t i = 0; i < COUNT(off); i++) {
		snprintf(what, sizeof(what), "page 0 + %#x, one page", off[i]);
		reg_raw(c, add, 24, 0, p + off[i], PAGE, what);
		snprintf(what, sizeof(what), "page 0, size=%#x", off[i]);
		reg_raw(c, add, 24, 0, p, off[i], what);
		snprintf(what, sizeof(what), "page 0, one page + %#x", off[i]);
		reg_raw(c, add, 24, 0, p, PAGE + off[i], what);
	}
	reg_raw(c, add, 24, 0, 0, PAGE, "vaddr=0, one page");
	reg_raw(c, add, 24, 0, p, -p, "page 0, up to 2^64");
	reg_raw(c, add, 24, 0, p, -p - PAGE, "page 0, up to 2^64 - one page");
	reg_raw(c, add, 24, 0, p, -p + PAGE, "page 0, wraps by one page");
	reg_raw(c, add, 24, 0, 0xffffffffffff0000ul, PAGE, "the last page of 64 bits");
	reg_raw(c, add, 24, 0, 0xffffffffffff0000ul, 2 * PAGE, "the last page of 64 bits and one more");
	reg_raw(c, add, 24, 0, (uintptr_t)UNMAPPED, PAGE, "unmapped, one page");
	call(ioctl(c, add ? VFIO_IOMMU_SPAPR_REGISTER_MEMORY : VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, NULL), "(NULL)");
	call(ioctl(c, add ? VFIO_IOMMU_SPAPR_REGISTER_MEMORY : VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, UNMAPPED), "(unmapped)");
	for (unsigned n = 0; n < 32; n += 8) {
		struct vfio_iommu_spapr_register_memory *r = edge(n ? n : 4);
		memset(r, 0, n ? n : 4);
		r->argsz = 24;
		call(ioctl(c, add ? VFIO_IOMMU_SPAPR_REGISTER_MEMORY : VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, r),
			"(%u bytes accessible, zeros but for argsz)", n ? n : 4);
		locked();
	}
}

/* After this nothing is registered. */
static void empty(int c)
{
	section("size 0");
	reg(c, m, 0, 0);
	reg(c, m, 0, 0);
	reg(c, m, 0, 1);
	unreg(c, m, 0, 0);
	unreg(c, m, 0, 0);
	unreg(c, m, 0, 1);
	reg_raw(c, true, 24, 0, 0, 0, "vaddr=0, size=0");
	reg_raw(c, false, 24, 0, 0, 0, "vaddr=0, size=0");
	reg_bytes(c, UNMAPPED, "unmapped", 0);
	unreg_bytes(c, UNMAPPED, "unmapped", 0);
}

static void exact(int c)
{
	section("ranges are exact");
	reg(c, m, 8, 8);
	static const unsigned ranges[][2] = { { 8, 8 }, { 8, 4 }, { 8, 1 }, { 8, 16 }, { 12, 4 }, { 15, 1 }, { 4, 4 },
		{ 4, 5 }, { 4, 12 }, { 4, 16 }, { 9, 6 }, { 15, 2 }, { 16, 4 }, { 7, 1 }, { 0, 64 } };
	for (size_t i = 0; i < COUNT(ranges); i++) {
		unsigned f = ranges[i][0], n = ranges[i][1];
		if (reg(c, m, f, n) == 0)
			unreg(c, m, f, n);
		if (f != 8 || n != 8)
			unreg(c, m, f, n);
	}
	unreg(c, m, 8, 8);
	unreg(c, m, 8, 8);
	reg(c, m, 8, 4);
	reg(c, m, 12, 4);
	unreg(c, m, 8, 8);
	unreg(c, m, 12, 4);
	reg(c, m, 8, 8);
	unreg(c, m, 8, 4);
	reg(c, m, 12, 4);
	section("the container ends with memory registered");
}

static void mapped(void)
{
	section("memory that is mapped");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	int c = s.container;
	reg(c, m, 0, 8);
	map(c, m, 0, 0, 1);
	map(c, m, 7, 0x100000, 1);
	unreg(c, m, 0, 8);
	note("it is still held, though not this container's:");
	map(c, m, 0, 0x200000, 1);
	map(c, m, 3, 0x200000, 1);
	unreg(c, m, 0, 8);
	reg(c, m, 0, 8);
	reg(c, m, 0, 4);
	reg(c, m, 4, 8);
	unmap(c, 0, PAGE);
	reg(c, m, 0, 4);
	unmap(c, 0x100000, PAGE);
	reg(c, m, 0, 8);
	unreg(c, m, 0, 8);
	reg(c, m, 0, 4);
	reg(c, m, 0, 8);
	map(c, m, 0, 0, 4);
	section("unmapped before it is unregistered, and after");
	m = memory(64);
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 4);
	unreg(c, m, 0, 4);
	unmap(c, 0, 4 * PAGE);
	unreg(c, m, 0, 4);
	reg(c, m, 0, 4);
	unreg(c, m, 0, 4);
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 4);
	unreg(c, m, 0, 4);
	section("the group leaves while memory is mapped");
	m = memory(64);
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 4);
	unset_container(s.group, "g");
	reg(c, m, 0, 4);
	set_container(s.group, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	reg(c, m, 0, 8);
	unreg(c, m, 0, 8);
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 4);
	unset_container(s.group, "g");
	spapr_detach(&s);
	section("unregistered while mapped, the group leaves, the process registers another range");
	s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	m = memory(64);
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 4);
	unreg(c, m, 0, 4);
	unset_container(s.group, "g");
	set_container(s.group, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	reg(c, m, 0, 2);
	reg(c, m, 0, 4);
	spapr_detach(&s);
	section("the memory goes while it is registered, and while it is mapped");
	s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	unsigned char *p = memory(8);
	reg(c, p, 0, 8);
	call(munmap(p, 4 * PAGE), "munmap(page 0, 4 pages)");
	locked();
	map(c, p, 0, 0, 1);
	map(c, p, 4, 0x10000, 1);
	unreg(c, p, 0, 4);
	unreg(c, p, 0, 8);
	unmap(c, 0, 2 * PAGE);
	unreg(c, p, 0, 8);
	reg(c, p, 0, 8);
	reg(c, p, 4, 4);
	unreg(c, p, 4, 4);
	spapr_detach(&s);
}

static void two_containers(void)
{
	section("a second container of the process");
	m = memory(64);
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	reg(s.container, m, 0, 4);
	note("without a group it has no IOMMU:");
	int other = open_container();
	reg(other, m, 0, 4);
	unset_container(s.group, "g");
	note("c has no group any more:");
	reg(s.container, m, 4, 4);
	unreg(s.container, m, 0, 4);
	set_container(s.group, other, "other");
	set_iommu(other, T_SPAPR_TCE_v2);
	unreg(other, m, 0, 4);
	reg(other, m, 0, 4);
	reg(other, m, 0, 4);
	reg(other, m, 0, 8);
	map(other, m, 0, 0, 4);
	close_it(s.container, "c");
	unreg(other, m, 0, 4);
	reg(other, m, 0, 4);
	reg(other, m, 0, 2);
	close_it(s.group, "group");
	note("the container closes");
	close_it(other, "other");
}

static void processes(void)
{
	section("processes");
	m = memory(64);
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	int c = s.container;
	note("the container is of who uses it first; here a child");
	pid_t pid = child_start();
	if (pid == 0) {
		t_locked = locked_now();
		reg(c, m, 0, 4);
		map(c, m, 0, 0, 1);
		child_end();
	}
	child_wait(pid);
	note("parent:");
	reg(c, m, 0, 4);
	unreg(c, m, 0, 4);
	map(c, m, 0, 0, 1);
	unmap(c, 0, PAGE);
	info(c, 32);
	create(c, 16, MIB, 1);
	tce_remove(c, 0);
	unset_container(s.group, "g");
	set_container(s.group, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	reg(c, m, 0, 4);
	pid = child_start();
	if (pid == 0) {
		t_locked = locked_now();
		note("child:");
		reg(c, m, 0, 4);
		reg(c, m, 4, 4);
		unreg(c, m, 0, 4);
		map(c, m, 0, 0, 1);
		unmap(c, 0, PAGE);
		info(c, 32);
		create(c, 16, MIB, 1);
		tce_remove(c, 0);
		note("child, a container of its own:");
		unset_container(s.group, "g");
		struct setup mine = { open_container(), s.group, -1 };
		set_container(s.group, mine.container, "mine");
		set_iommu(mine.container, T_SPAPR_TCE_v2);
		reg(mine.container, m, 0, 4);
		reg(mine.container, m, 0, 8);
		map(mine.container, m, 0, 0, 4);
		unset_container(s.group, "g");
		set_container(s.group, c, "c");
		child_end();
	}
	child_wait(pid);
	note("parent:");
	locked();
	set_iommu(c, T_SPAPR_TCE_v2);
	reg(c, m, 0, 4);
	unreg(c, m, 0, 4);
	spapr_detach(&s);
	section("a child ends with the last descriptor");
	m = memory(64);
	s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 1);
	int ready[2];
	if (pipe(ready))
		die("pipe");
	pid = child_start();
	if (pid == 0) {
		char byte;
		close(ready[1]);
		if (read(ready[0], &byte, 1) < 0)
			die("read");
		note("child:");
		t_locked = locked_now();
		map(c, m, 0, 0, 1);
		spapr_detach(&s);
		child_end();
	}
	spapr_detach(&s);
	close(ready[0]);
	close(ready[1]);
	child_wait(pid);
	note("parent:");
	locked();
	s = spapr_attach(T_SPAPR_TCE_v2);
	reg(s.container, m, 0, 2);
	spapr_detach(&s);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	m = memory(64);
	section("version 1 has none of this");
	struct setup s = spapr_attach(T_SPAPR_TCE);
	reg(s.container, m, 0, 1);
	unreg(s.container, m, 0, 1);
	enable(s.container);
	reg(s.container, m, 0, 1);
	unreg(s.container, m, 0, 1);
	spapr_detach(&s);
	section("UNREGISTER comes first");
	s = spapr_attach(T_SPAPR_TCE_v2);
	call(ioctl(s.container, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, NULL), "UNREGISTER(NULL)");
	unreg(s.container, m, 0, 1);
	reg_raw(s.container, true, 0, 0, 0, 0, "argsz=0");
	unreg(s.container, m, 0, 1);
	arguments(s.container, true);
	arguments(s.container, false);
	reg_raw(s.container, true, 25, 0, (uintptr_t)m, PAGE, "argsz=25, page 0, one page");
	reg_raw(s.container, false, 0xffffffff, 0, (uintptr_t)m, PAGE, "argsz=0xffffffff, page 0, one page");
	empty(s.container);
	exact(s.container);
	spapr_detach(&s);
	mapped();
	two_containers();
	processes();
	return finish();
}
