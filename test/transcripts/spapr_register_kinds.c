/* Kinds of memory that a version 2 container registers or does not, and hundreds of regions. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

static void kinds(void)
{
	section("kinds of memory");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	int c = s.container;
	unsigned char *shared = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared = (unsigned char *)(((uintptr_t)shared + PAGE - 1) & ~(PAGE - 1));
	reg_bytes(c, shared, "shared anonymous", 2 * PAGE);
	map_bytes(c, shared, "shared anonymous", 0, 2 * PAGE, 3);
	unmap(c, 0, 2 * PAGE);
	unreg_bytes(c, shared, "shared anonymous", 2 * PAGE);
	int file = memfd_create("m", MFD_CLOEXEC);
	if (ftruncate(file, 2 * PAGE))
		die("ftruncate");
	unsigned char *room = pages(4);
	unsigned char *f = mmap(room, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
	reg_bytes(c, f, "file", 2 * PAGE);
	unreg_bytes(c, f, "file", 2 * PAGE);
	reg_bytes(c, f, "file, past its end", 4 * PAGE);
	reg_bytes(c, f + 2 * PAGE, "file, behind its end", 2 * PAGE);
	unsigned char *ro = memory(2);
	mprotect(ro, 2 * PAGE, PROT_READ);
	reg_bytes(c, ro, "read-only", 2 * PAGE);
	map_bytes(c, ro, "read-only", 0, PAGE, 3);
	map_bytes(c, ro, "read-only", 0, PAGE, 1);
	unmap(c, 0, PAGE);
	unreg_bytes(c, ro, "read-only", 2 * PAGE);
	mprotect(ro, PAGE, PROT_READ | PROT_WRITE);
	reg_bytes(c, ro, "writable, then read-only", 2 * PAGE);
	unreg_bytes(c, ro, "writable, then read-only", 2 * PAGE);
	unsigned char *rof = mmap(room, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
	reg_bytes(c, rof, "file, read-only", 2 * PAGE);
	unreg_bytes(c, rof, "file, read-only", 2 * PAGE);
	rof = mmap(room, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
	reg_bytes(c, rof, "file, private, read-only", 2 * PAGE);
	unreg_bytes(c, rof, "file, private, read-only", 2 * PAGE);
	unsigned char *none = pages(2);
	mprotect(none, 2 * PAGE, PROT_NONE);
	reg_bytes(c, none, "inaccessible", 2 * PAGE);
	unreg_bytes(c, none, "inaccessible", 2 * PAGE);
	unsigned char *fresh = pages(4);
	reg_bytes(c, fresh, "never touched", 4 * PAGE);
	unreg_bytes(c, fresh, "never touched", 4 * PAGE);
	unsigned char *hole = memory(4);
	munmap(hole + 2 * PAGE, PAGE);
	reg_bytes(c, hole, "with a hole in it", 4 * PAGE);
	reg_bytes(c, hole, "up to the hole", 2 * PAGE);
	reg_bytes(c, hole + 3 * PAGE, "behind the hole", PAGE);
	unreg_bytes(c, hole, "up to the hole", 2 * PAGE);
	unreg_bytes(c, hole + 3 * PAGE, "behind the hole", PAGE);
	reg_bytes(c, hole + 3 * PAGE, "the last page and the guard behind it", 2 * PAGE);
	unreg_bytes(c, hole + 3 * PAGE, "the last page and the guard behind it", 2 * PAGE);
	spapr_detach(&s);
}

static void many(void)
{
	section("many regions");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	unsigned char *p = memory(512);
	unsigned ok = 0, done = 0;
	for (unsigned i = 0; i < 512; i++) {
		struct vfio_iommu_spapr_register_memory r = { sizeof(r), 0, (uintptr_t)(p + i * PAGE), PAGE };
		ok += ioctl(s.container, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, &r) == 0;
	}
	note("%u of 512 registered", ok);
	locked();
	map(s.container, p, 0, 0, 512);
	note("a TCE page of 4 KiB needs one region; these pages lie in 512");
	for (unsigned i = 0; i < 512; i += 2) {
		struct vfio_iommu_spapr_register_memory r = { sizeof(r), 0, (uintptr_t)(p + i * PAGE), PAGE };
		done += ioctl(s.container, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &r) == 0;
	}
	note("%u of 256 unregistered", done);
	locked();
	unmap(s.container, 0, 512 * PAGE);
	spapr_detach(&s);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	kinds();
	many();
	return finish();
}
