/*
 * What the parts of the type1 transcripts share. Versions 1 and 2 have one body (type1_body.h), because what differs
 * between them should be seen in the transcripts.
 */
#ifndef TRANSCRIPTS_TYPE1_H
#define TRANSCRIPTS_TYPE1_H

#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ALL_PAGES 64

static struct setup s;
static unsigned char *memory; /* ALL_PAGES pages, with holes around them */

struct map {
	__u32 argsz, flags;
	__u64 vaddr, iova, size;
};
struct unmap {
	__u32 argsz, flags;
	__u64 iova, size;
};
struct bitmap {
	__u64 pgsize, size;
	void *data;
};
struct unmap_dirty {
	struct unmap u;
	struct bitmap b;
};
struct dirty_get {
	__u32 argsz, flags;
	__u64 iova, size;
	struct bitmap b;
};

static long map_raw(uint64_t vaddr, uint64_t iova, uint64_t size, unsigned flags)
{
	struct map m = { sizeof(m), flags, vaddr, iova, size };
	return ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m);
}

/* At memory + offset. */
static long map(uint64_t offset, uint64_t iova, uint64_t size, unsigned flags)
{
	return call(map_raw((uintptr_t)memory + offset, iova, size, flags),
		"MAP(memory+%#lx, iova=%#lx, size=%#lx, flags=%x)", offset, iova, size, flags);
}

static long map_at(const void *p, const char *name, uint64_t iova, uint64_t size, unsigned flags)
{
	return call(
		map_raw((uintptr_t)p, iova, size, flags), "MAP(%s, iova=%#lx, size=%#lx, flags=%x)", name, iova, size, flags);
}

static long unmap(uint64_t iova, uint64_t size, unsigned flags)
{
	struct unmap u = { sizeof(u), flags, iova, size };
	long r =
		call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(iova=%#lx, size=%#lx, flags=%x)", iova, size, flags);
	more(" size %#llx", (long long)u.size);
	return r;
}

/* Everything out, without printing. */
static void clear(void)
{
	struct unmap u = { sizeof(u), T_UNMAP_ALL_FLAG, 0, 0 };
	ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u);
}

static unsigned available(void)
{
	unsigned char b[4096] = { 0 };
	struct t_type1_info *info = (void *)b;
	info->argsz = sizeof(b);
	if (ioctl(s.container, VFIO_IOMMU_GET_INFO, b))
		return 0;
	for (unsigned at = info->cap_offset; at; at = ((struct vfio_info_cap_header *)(b + at))->next)
		if (((struct vfio_info_cap_header *)(b + at))->id == 3)
			return *(uint32_t *)(b + at + 8);
	return 0;
}

static void fresh(void)
{
	clear();
	for (int i = 0; i < 3; i++)
		if (map_raw((uintptr_t)memory, 0x10000 + i * 8 * PAGE, 4 * PAGE, 3))
			die("map");
}

#endif
