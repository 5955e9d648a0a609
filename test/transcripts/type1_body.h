/* The type1 IOMMU: the body of both versions' programs. */
#ifndef TRANSCRIPTS_TYPE1_BODY_H
#define TRANSCRIPTS_TYPE1_BODY_H

#include "type1_map.h"
#include "type1_unmap.h"

static void bar(void)
{
	section("a BAR as memory for DMA");
	s.device = ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
	void *p = mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s.device, 0);
	if (p == MAP_FAILED)
		die("mmap");
	map_at(p, "BAR0", 0x100000, EDU_BAR_SIZE, 3);
	map_at(p, "BAR0", 0x300000, PAGE, 1);
	map_at(p, "BAR0", 0x400000, EDU_BAR_SIZE + PAGE, 3);
	unmap(0x100000, EDU_BAR_SIZE, 0);
	void *ro = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s.device, 0);
	map_at(ro, "BAR0, PROT_READ", 0x500000, PAGE, 3);
	map_at(ro, "BAR0, PROT_READ", 0x600000, PAGE, 1);
	config_put(s.device, 4, 0x101);
	map_at(p, "BAR0, memory disabled", 0x700000, PAGE, 3);
	config_put(s.device, 4, 0x103);
	map_at(p, "BAR0, enabled again", 0x800000, PAGE, 3);
	clear();
	munmap(p, EDU_BAR_SIZE);
	munmap(ro, PAGE);
	close(s.device);
	s.device = -1;
}

static void forks(void)
{
	section("a child maps its own memory");
	clear();
	map(0, 0x10000, PAGE, 3);
	pid_t pid = child_start();
	if (pid == 0) {
		unsigned char *own = pages(1);
		map_at(own, "the child's own", 0x20000, PAGE, 3);
		map(0, 0x10000, PAGE, 3);
		map(0, 0x30000, PAGE, 3);
		unmap(0x10000, PAGE, 0);
		map(0, 0x40000, PAGE, 3);
		note("DMA available %u", available());
		child_end();
	}
	child_wait(pid);
	note("DMA available %u", available());
	unmap(0x20000, PAGE, 0);
	unmap(0x10000, PAGE, 0);
	map(0, 0x10000, PAGE, 3);
	unmap(0, 0, 2);
	section("a child closes its copies");
	pid = child_start();
	if (pid == 0) {
		close(s.container);
		close(s.group);
		child_end();
	}
	child_wait(pid);
	map(0, 0x10000, PAGE, 3);
	unmap(0, 0, 2);
}

static void reattached(int type)
{
	section("mappings go with the group");
	map(0, 0x10000, PAGE, 3);
	call(ioctl(s.group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	unmap(0x10000, PAGE, 0);
	map(0, 0x10000, PAGE, 3);
	call(ioctl(s.group, VFIO_GROUP_SET_CONTAINER, &s.container), "SET_CONTAINER");
	map(0, 0x10000, PAGE, 3);
	call(ioctl(s.container, VFIO_SET_IOMMU, type), "SET_IOMMU(%d)", type);
	unmap(0x10000, PAGE, 0);
	map(0, 0x10000, PAGE, 3);
	note("DMA available %u", available());
	clear();
}

static int type1_main(int argc, char **argv, int type)
{
	start(argc, argv);
	s = attach(type);
	memory = pages(ALL_PAGES);
	get_info();
	map_arguments();
	windows();
	pointers();
	overlaps();
	unmap_arguments();
	vaddr();
	dirty();
	bar();
	forks();
	reattached(type);
	limit();
	detach(&s);
	return finish();
}

#endif
