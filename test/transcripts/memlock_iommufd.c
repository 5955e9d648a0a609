/* RLIMIT_MEMLOCK and iommufd, for a process without CAP_IPC_LOCK: which calls lock memory and what they get over the limit,
 * through /dev/iommu itself and where it stands for a container. */
#include "edu.h"
#include "iommufd.h"

static char *memory;

static void limit(unsigned pages)
{
	struct rlimit r;
	getrlimit(RLIMIT_MEMLOCK, &r);
	r.rlim_cur = pages * PAGE;
	call(setrlimit(RLIMIT_MEMLOCK, &r), "setrlimit(MEMLOCK, %u pages)", pages);
}

static long hwpt(int i, __u32 device, __u32 pt, __u32 *id)
{
	struct t_hwpt_alloc h = { .size = sizeof(h), .dev_id = device, .pt_id = pt };
	long r = call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(pt=%u)", pt);
	if (r == 0 && id)
		*id = h.out_hwpt_id;
	return r;
}

static void by_node(void)
{
	section("a device's own node");
	int i = open_iommu(), file = memfd("file", 16 * PAGE);
	__u32 s = ioas(i), t = ioas(i), id;
	int d = bound_device(i, &id);
	limit(4);
	map(i, s, T_FIXED_RW, memory, 8 * PAGE, 0x100000, "8 pages");
	attach_pt(d, s);
	hwpt(i, id, s, NULL);
	unmap(i, s, 0x100000, 8 * PAGE);
	attach_pt(d, s);
	map(i, s, T_FIXED_RW, memory, 5 * PAGE, 0x100000, "5 pages");
	map(i, s, T_FIXED_RW, memory, 4 * PAGE, 0x100000, "4 pages");
	map(i, s, T_FIXED_RW, memory, PAGE, 0x200000, "1 page");
	map(i, s, T_FIXED_RW, memory, PAGE, 0x100000, "1 page, there");
	map(i, s, T_FIXED_RW, memory, PAGE, 0xfee00000, "1 page, reserved");
	map(i, s, T_FIXED_RW, UNMAPPED, PAGE, 0x200000, "unmapped");
	map_file(i, s, T_FIXED_RW, file, "file", 0, PAGE, 0x200000);
	copy(i, s, s, T_FIXED_RW, 4 * PAGE, 0x300000, 0x100000);
	copy(i, t, s, T_FIXED_RW, 4 * PAGE, 0x300000, 0x100000);
	limit(0);
	copy(i, s, s, T_FIXED_RW, 4 * PAGE, 0x400000, 0x100000);
	attach_pt(d, t);
	attach_pt(d, s);
	limit(4);
	unmap(i, s, 0, -1);
	unmap(i, t, 0, -1);
	map_file(i, s, T_FIXED_RW, file, "file", 0, 5 * PAGE, 0x100000);
	map_file(i, s, T_FIXED_RW, file, "file", 0, 4 * PAGE, 0x100000);
	map_file(i, s, T_FIXED_RW, file, "file", 0, PAGE, 0x200000);
	unmap(i, s, 0, -1);
	map(i, t, T_FIXED_RW, memory, 3 * PAGE, 0x100000, "3 pages");
	map(i, t, T_FIXED_RW, memory, 2 * PAGE, 0x200000, "2 pages more");
	attach_pt(d, t);
	unmap(i, t, 0x200000, 2 * PAGE);
	attach_pt(d, t);
	limit(2);
	map(i, t, T_FIXED_RW, memory, PAGE, 0x200000, "1 page, the limit lowered");
	detach_pt(d);
	attach_pt(d, t);
	map(i, t, T_FIXED_RW, memory, PAGE, 0x200000, "1 page, without a device");
	unmap(i, t, 0x100000, 3 * PAGE);
	attach_pt(d, t);
	close(d);
	close(i);
}

static void change(void)
{
	section("CHANGE_PROCESS over the limit");
	int i = open_iommu(), file = memfd("file", 16 * PAGE);
	__u32 s = ioas(i);
	int d = bound_device(i, NULL);
	limit(8);
	attach_pt(d, s);
	map_file(i, s, T_FIXED_RW, file, "file", 0, 4 * PAGE, 0x100000);
	pid_t pid = child_start();
	if (pid == 0) {
		limit(3);
		change_process(i);
		limit(4);
		change_process(i);
		map_file(i, s, T_FIXED_RW, file, "file", 0, PAGE, 0x200000);
		child_end();
	}
	child_wait(pid);
	change_process(i);
	map_file(i, s, T_FIXED_RW, file, "file", 0, 5 * PAGE, 0x200000);
	map_file(i, s, T_FIXED_RW, file, "file", 0, 4 * PAGE, 0x200000);
	close(d);
	close(i);
}

static long type1_map(int i, unsigned pages, __u64 iova)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)memory, iova, pages * PAGE };
	return call(ioctl(i, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(%u pages, iova=%#llx)", pages, (unsigned long long)iova);
}

static void as_container(int type)
{
	note("== in a container's place, type %d", type);
	int i = open_iommu(), g = open_group();
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &i), "SET_CONTAINER");
	call(ioctl(i, VFIO_SET_IOMMU, (long)type), "SET_IOMMU");
	limit(4);
	type1_map(i, 8, 0x100000);
	int d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, 0x100000, 8 * PAGE };
	call(ioctl(i, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA");
	d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	type1_map(i, 5, 0x100000);
	type1_map(i, 4, 0x100000);
	type1_map(i, 1, 0x200000);
	locked("mapped");
	call(mlock(memory, PAGE), "mlock(a page)");
	pid_t pid = child_start();
	if (pid == 0) {
		type1_map(i, 4, 0x300000);
		type1_map(i, 1, 0x400000);
		locked("the child");
		child_end();
	}
	child_wait(pid);
	locked("the parent");
	close(d);
	locked("the device is closed");
	close(g);
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	memory = pages(64);
	memset(memory, 1, 64 * PAGE);
	pid_t pid = child_start();
	if (pid == 0) {
		drop(CAP_IPC_LOCK, "CAP_IPC_LOCK");
		by_node();
		change();
		as_container(T_TYPE1);
		as_container(T_TYPE1v2);
		child_end();
	}
	child_wait(pid);
	return finish();
}
