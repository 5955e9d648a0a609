/*
 * RLIMIT_MEMLOCK: what counts, and what a mapping over the limit gets, for a process without CAP_IPC_LOCK. No limit
 * here is above 64 KiB, which is as much as some hosts let an ordinary user have.
 */
#include "edu.h"
#include <linux/capability.h>

static struct setup s;
static unsigned char *memory;

static void drop_ipc_lock(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	if (syscall(SYS_capget, &h, d))
		die("capget");
	d[0].effective &= ~(1u << CAP_IPC_LOCK);
	d[0].permitted &= ~(1u << CAP_IPC_LOCK);
	if (syscall(SYS_capset, &h, d))
		die("capset");
}

static void limit(unsigned long bytes)
{
	struct rlimit r;
	getrlimit(RLIMIT_MEMLOCK, &r);
	r.rlim_cur = bytes;
	call(setrlimit(RLIMIT_MEMLOCK, &r), "setrlimit(MEMLOCK, %lu)", bytes);
}

static long map_at(const void *p, const char *name, uint64_t iova, uint64_t pages, unsigned flags)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), flags, (uintptr_t)p, iova, pages * PAGE };
	return call(ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m), "MAP(%s, iova=%#lx, %lu pages, flags=%x)", name, iova,
		pages, flags);
}

static long map(unsigned page, uint64_t iova, uint64_t pages)
{
	char name[32];
	snprintf(name, sizeof(name), "page %u", page);
	return map_at(memory + page * PAGE, name, iova, pages, 3);
}

static void unmap(uint64_t iova, uint64_t pages)
{
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), pages ? 0 : T_UNMAP_ALL_FLAG, iova, pages * PAGE };
	call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(iova=%#lx, %lu pages)", iova, pages);
	more(" size %#llx", (long long)u.size);
}

static void limits(void)
{
	section("limits");
	limit(0);
	map(0, 0x10000, 1);
	limit(4095);
	map(0, 0x10000, 1);
	limit(4096);
	map(0, 0x10000, 1);
	map(1, 0x20000, 1);
	limit(8191);
	map(1, 0x20000, 1);
	limit(8192);
	map(1, 0x20000, 1);
	map(2, 0x30000, 1);
	unmap(0x10000, 1);
	map(2, 0x30000, 1);
	map(3, 0x40000, 1);
	unmap(0, 0);
	section("one mapping over the limit leaves nothing");
	limit(16 * PAGE);
	map(0, 0x100000, 17);
	map(0, 0x100000, 64);
	map(0, 0x100000, 16);
	map(16, 0x200000, 1);
	unmap(0x100000, 16);
	map(0, 0x100000, 15);
	map(15, 0x200000, 2);
	map(15, 0x200000, 1);
	map(16, 0x300000, 1);
	unmap(0, 0);
	section("the same memory counts once for each mapping");
	limit(4 * PAGE);
	for (unsigned i = 0; i < 6; i++)
		map(0, 0x100000 + i * PAGE, 1);
	unmap(0x101000, 1);
	map(0, 0x101000, 1);
	unmap(0, 0);
	section("other errors come before, and do not count");
	map(0, 0x100000, 4);
	map(0, 0x100000, 1);
	map(0, 0xfee00000, 1);
	map_at(UNMAPPED, "unmapped", 0x200000, 1, 3);
	map(0, 0xfffffffffffff000, 1);
	unmap(0x100000, 4);
	map_at(UNMAPPED, "unmapped", 0x200000, 4, 3);
	map_at(UNMAPPED, "unmapped", 0x200000, 8, 3);
	map(0, 0x100000, 4);
	unmap(0, 0);
	section("lowering the limit under what is mapped");
	limit(8 * PAGE);
	map(0, 0x100000, 8);
	limit(2 * PAGE);
	map(8, 0x200000, 1);
	unmap(0x100000, 8);
	map(8, 0x200000, 1);
	map(9, 0x300000, 2);
	map(9, 0x300000, 1);
	unmap(0, 0);
	section("kinds of memory");
	limit(2 * PAGE);
	unsigned char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	map_at(shared, "shared anonymous", 0x100000, 3, 3);
	map_at(shared, "shared anonymous", 0x100000, 2, 3);
	unmap(0, 0);
	int file = memfd_create("m", MFD_CLOEXEC);
	if (ftruncate(file, 4 * PAGE))
		die("ftruncate");
	unsigned char *f = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	map_at(f, "file", 0x100000, 3, 3);
	map_at(f, "file", 0x100000, 2, 3);
	unmap(0, 0);
	unsigned char *ro = pages(4);
	mprotect(ro, 4 * PAGE, PROT_READ);
	map_at(ro, "read-only, never written", 0x100000, 3, 1);
	map_at(ro, "read-only, never written", 0x100000, 2, 1);
	unmap(0, 0);
	unsigned char *bar = mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s.device, 0);
	limit(0);
	map_at(bar, "BAR0, which counts nothing", 0x100000, 256, 3);
	map(0, 0x400000, 1);
	unmap(0, 0);
	munmap(bar, EDU_BAR_SIZE);
	section("many");
	limit(16 * PAGE);
	unsigned n = 0;
	while (n < 100) {
		struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)memory, 0x10000000 + n * PAGE, PAGE };
		if (ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m))
			break;
		n++;
	}
	note("%u mappings of one page, then %s", n, strerrorname_np(errno));
	unmap(0, 0);
}

/* A mapping whose address is told anew by another process is that one's to pay from then on. */
static void moved(void)
{
	section("a child takes over");
	limit(8 * PAGE);
	map(0, 0x100000, 4);
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 4, 0x100000, 4 * PAGE };
	call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(VADDR)");
	pid_t child = child_start();
	if (child == 0) {
		limit(3 * PAGE);
		map_at(memory, "VADDR", 0x100000, 4, 4);
		limit(4 * PAGE);
		map_at(memory, "VADDR", 0x100000, 4, 4);
		map(0, 0x200000, 1);
		child_end();
	}
	child_wait(child);
	map(0, 0x300000, 8);
	map(0, 0x400000, 1);
	unmap(0, 0);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	memory = pages(64);
	memset(memory, 1, 64 * PAGE);
	s = attach_device(T_TYPE1v2);
	pid_t pid = child_start();
	if (pid == 0) {
		drop_ipc_lock();
		limits();
		section("a child of this one has an account of its own");
		limit(2 * PAGE);
		map(0, 0x100000, 2);
		pid_t second = child_start();
		if (second == 0) {
			map(0, 0x200000, 1);
			map(1, 0x300000, 1);
			map(2, 0x400000, 1);
			child_end();
		}
		child_wait(second);
		map(2, 0x500000, 1);
		note("who unmaps does not matter: the account is that of who mapped");
		pid_t third = child_start();
		if (third == 0) {
			unmap(0x100000, 2);
			child_end();
		}
		child_wait(third);
		map(2, 0x500000, 2);
		unmap(0, 0);
		moved();
		child_end();
	}
	child_wait(pid);
	detach(&s);
	return finish();
}
