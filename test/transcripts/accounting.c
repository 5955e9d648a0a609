/* What /proc/self/status says of locked and pinned memory while memory is mapped for DMA. */
#include "edu.h"

static struct setup s;
static unsigned char *memory;
static long locked, pinned;

static long field(const char *name)
{
	char line[256];
	long kilobytes = -1;
	FILE *f = fopen("/proc/self/status", "r");
	if (!f)
		die("/proc/self/status");
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			kilobytes = atol(line + strlen(name));
	fclose(f);
	return kilobytes;
}

static void changes(void)
{
	long l = field("VmLck:"), p = field("VmPin:");
	more(" VmLck %+ld kB, VmPin %+ld kB", l - locked, p - pinned);
	locked = l;
	pinned = p;
}

static void map_at(const void *p, const char *name, uint64_t iova, uint64_t pages, unsigned flags)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), flags, (uintptr_t)p, iova, pages * PAGE };
	call(ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m), "MAP(%s, iova=%#lx, %lu pages)", name, iova, pages);
	changes();
}

static void unmap(uint64_t iova, uint64_t pages)
{
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), pages ? 0 : T_UNMAP_ALL_FLAG, iova, pages * PAGE };
	call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(iova=%#lx, %lu pages)", iova, pages);
	changes();
}

int main(int argc, char **argv)
{
	start(argc, argv);
	memory = pages(64);
	memset(memory, 1, 64 * PAGE);
	s = attach_device(T_TYPE1v2);
	locked = field("VmLck:");
	pinned = field("VmPin:");
	section("mappings");
	map_at(memory, "memory", 0x100000, 1, 3);
	map_at(memory, "memory", 0x200000, 64, 3);
	map_at(memory, "memory", 0x300000, 64, 1);
	unmap(0x200000, 64);
	map_at(UNMAPPED, "unmapped", 0x400000, 1, 3);
	map_at(memory, "memory", 0x100000, 1, 3);
	unmap(0, 0);
	section("locked by hand too");
	call(mlock(memory, 4 * PAGE), "mlock(4 pages)");
	changes();
	map_at(memory, "memory", 0x100000, 4, 3);
	call(munlock(memory, 4 * PAGE), "munlock(4 pages)");
	changes();
	unmap(0, 0);
	section("a BAR");
	unsigned char *bar = mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s.device, 0);
	map_at(bar, "BAR0", 0x100000, 256, 3);
	unmap(0, 0);
	munmap(bar, EDU_BAR_SIZE);
	section("in a child, and after it");
	map_at(memory, "memory", 0x100000, 8, 3);
	pid_t pid = child_start();
	if (pid == 0) {
		locked = field("VmLck:");
		pinned = field("VmPin:");
		note("the child starts with VmLck %ld kB, VmPin %ld kB", locked, pinned);
		map_at(memory, "memory", 0x200000, 16, 3);
		unmap(0x100000, 8);
		child_end();
	}
	child_wait(pid);
	note("the parent, whose mapping a child removed:");
	changes();
	unmap(0x200000, 16);
	section("the group leaves with mappings in it");
	map_at(memory, "memory", 0x100000, 8, 3);
	call(close(s.device), "close(device)");
	call(ioctl(s.group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	changes();
	close(s.group);
	close(s.container);
	return finish();
}
