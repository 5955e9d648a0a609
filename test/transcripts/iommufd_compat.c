/*
 * /dev/iommu as a container: the ioctls of /dev/vfio/vfio on it, IOMMU_VFIO_IOAS, and a group that is put into it.
 */
#include "edu.h"
#include "iommufd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M (1ull << 20)
#define MSI 0xfee00000ull

static char *memory; /* 8 pages */

struct dma_map {
	__u32 argsz, flags;
	__u64 vaddr, iova, size;
};
struct dma_unmap {
	__u32 argsz, flags;
	__u64 iova, size;
};

static long vfio_ioas(int i, unsigned op, __u32 id, const char *name)
{
	struct t_vfio_ioas v = { sizeof(v), id, op, 0 };
	long r = call(ioctl(i, T_VFIO_IOAS, &v), "VFIO_IOAS(%s, ioas=%u)", name, id);
	if (v.ioas_id != id)
		more(" ioas=%u", v.ioas_id);
	return r;
}

static void vfio_ioas_get(int i)
{
	vfio_ioas(i, 0, 0, "GET");
}

static long map_dma(int i, const void *va, const char *name, __u64 iova, __u64 size, unsigned flags)
{
	struct dma_map m = { sizeof(m), flags, (uintptr_t)va, iova, size };
	return call(ioctl(i, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(%s, iova=%#llx, size=%#llx, flags=%x)", name,
		(unsigned long long)iova, (unsigned long long)size, flags);
}

static long unmap_dma(int i, __u64 iova, __u64 size, unsigned flags)
{
	struct dma_unmap u = { sizeof(u), flags, iova, size };
	long r = call(ioctl(i, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(iova=%#llx, size=%#llx, flags=%x)",
		(unsigned long long)iova, (unsigned long long)size, flags);
	more(" size=%#llx", (unsigned long long)u.size);
	return r;
}

static void extensions(int i)
{
	for (unsigned n = 0; n <= 12; n++)
		call(ioctl(i, VFIO_CHECK_EXTENSION, n), "CHECK_EXTENSION(%u)", n);
	call(ioctl(i, VFIO_CHECK_EXTENSION, -1ul), "CHECK_EXTENSION(-1)");
	call(ioctl(i, VFIO_CHECK_EXTENSION, 0x100000001ul), "CHECK_EXTENSION(0x100000001)");
}

static void get_info(int i, unsigned argsz)
{
	unsigned char b[1024];
	memset(b, 0xee, sizeof(b));
	*(__u32 *)b = argsz;
	long r = call(ioctl(i, VFIO_IOMMU_GET_INFO, b), "GET_INFO(argsz=%u)", argsz);
	struct t_type1_info *info = (void *)b;
	more(" argsz=%u", info->argsz);
	if (r == 0) {
		more(" bytes ");
		hex(b, argsz < 96 ? argsz + 8 : 96);
	}
}

static void set_iommu(int i, unsigned long type)
{
	call(ioctl(i, VFIO_SET_IOMMU, type), "SET_IOMMU(%#lx)", type);
}

static void set_container(int group, int fd, const char *name)
{
	call(ioctl(group, VFIO_GROUP_SET_CONTAINER, &fd), "SET_CONTAINER(%s)", name);
}

static void status(int group)
{
	struct vfio_group_status s = { .argsz = sizeof(s) };
	call(ioctl(group, VFIO_GROUP_GET_STATUS, &s), "GET_STATUS()");
	more(" flags=%x", s.flags);
}

static int device_fd(int group)
{
	return callfd(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD()");
}

static void without_ioas(int i)
{
	section("nothing but the file");
	call(ioctl(i, VFIO_GET_API_VERSION), "GET_API_VERSION()");
	extensions(i);
	for (unsigned n = 0; n <= 9; n++)
		set_iommu(i, n);
	set_iommu(i, 0x100000001ul);
	get_info(i, 15);
	get_info(i, 16);
	call(ioctl(i, VFIO_IOMMU_GET_INFO, NULL), "GET_INFO(NULL)");
	map_dma(i, memory, "va", 0x10000, PAGE, 3);
	map_dma(i, memory, "va", 0x10000, PAGE, 4);
	unmap_dma(i, 0x10000, PAGE, 0);
	unmap_dma(i, 0x10000, PAGE, 1);
	unmap_dma(i, 0x10000, PAGE, 2);
	call(ioctl(i, VFIO_IOMMU_MAP_DMA, NULL), "MAP_DMA(NULL)");
	call(ioctl(i, VFIO_IOMMU_UNMAP_DMA, NULL), "UNMAP_DMA(NULL)");
	call(ioctl(i, T_IO(117), NULL), "DIRTY_PAGES(NULL)");
	static const unsigned others[] = { 103, 104, 105, 106, 107, 115, 116, 118, 119, 120, 121, 122, 127 };
	for (size_t n = 0; n < COUNT(others); n++)
		call(ioctl(i, T_IO(others[n]), NULL), "ioctl(%#x, NULL)", T_IO(others[n]));
	call(ioctl(i, VFIO_GET_API_VERSION | 0x40000), "ioctl(GET_API_VERSION | size 4)");
	section("VFIO_IOAS");
	struct t_vfio_ioas v = { sizeof(v), 0, 0, 1 };
	call(ioctl(i, T_VFIO_IOAS, &v), "VFIO_IOAS(GET, reserved=1)");
	v.reserved = 0;
	v.op = 3;
	call(ioctl(i, T_VFIO_IOAS, &v), "VFIO_IOAS(op=3)");
	v.op = 0xffff;
	call(ioctl(i, T_VFIO_IOAS, &v), "VFIO_IOAS(op=0xffff)");
	vfio_ioas_get(i);
	vfio_ioas(i, 1, 1, "SET");
	vfio_ioas(i, 1, 0, "SET");
	vfio_ioas(i, 2, 0, "CLEAR");
	vfio_ioas(i, 2, 77, "CLEAR");
	__u32 a = ioas(i), b = ioas(i);
	vfio_ioas_get(i);
	vfio_ioas(i, 1, b, "SET");
	vfio_ioas_get(i);
	vfio_ioas(i, 1, 99, "SET");
	vfio_ioas_get(i);
	vfio_ioas(i, 1, a, "SET");
	vfio_ioas_get(i);
	struct t_vfio_ioas *ro = pages(1);
	*ro = (struct t_vfio_ioas){ sizeof(*ro), 0, 0, 0 };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_VFIO_IOAS, ro), "VFIO_IOAS(GET, read-only structure)");
	destroy(i, a);
	vfio_ioas_get(i);
	vfio_ioas(i, 1, b, "SET");
	vfio_ioas(i, 2, 0, "CLEAR");
	vfio_ioas_get(i);
	get_info(i, 16);
	vfio_ioas(i, 1, b, "SET");
	section("with an address space, but no device");
	extensions(i);
	for (unsigned n = 12; n <= 80; n += n < 32 || n >= 44 ? 4 : 1)
		get_info(i, n);
	get_info(i, 1000);
	call(ioctl(i, VFIO_IOMMU_GET_INFO, UNMAPPED), "GET_INFO(unmapped)");
	__u32 *e = edge(16);
	*e = 16;
	call(ioctl(i, VFIO_IOMMU_GET_INFO, e), "GET_INFO(argsz=16 at the edge)");
	e[0] = 24;
	call(ioctl(i, VFIO_IOMMU_GET_INFO, e), "GET_INFO(argsz=24, 16 there)");
	e[0] = 200;
	call(ioctl(i, VFIO_IOMMU_GET_INFO, e), "GET_INFO(argsz=200, 16 there)");
	e = edge(32);
	e[0] = 200;
	call(ioctl(i, VFIO_IOMMU_GET_INFO, e), "GET_INFO(argsz=200, 32 there)");
	map_dma(i, memory, "va", 0x10000, PAGE, 3);
	map_dma(i, memory, "va", 0x10000, PAGE, 3);
	map_dma(i, memory, "va", 0x20000, PAGE, 0);
	map_dma(i, memory, "va", 0x30000, PAGE, 1);
	map_dma(i, memory, "va", 0x40000, PAGE, 2);
	map_dma(i, memory, "va", 0x50000, PAGE, 4);
	map_dma(i, memory, "va", 0x50000, PAGE, 7);
	map_dma(i, memory, "va", 0x50000, 0, 3);
	map_dma(i, memory, "va", 0x50000, -1, 3);
	map_dma(i, memory, "va", -1, PAGE, 3);
	map_dma(i, memory, "va", -PAGE, PAGE, 3);
	map_dma(i, memory, "va", -PAGE, 2 * PAGE, 3);
	map_dma(i, memory + 1, "va+1", 0x50001, 3, 3);
	map_dma(i, (void *)-PAGE, "-PAGE", 0x60000, 2 * PAGE, 3);
	map_dma(i, UNMAPPED, "unmapped", 0x70000, PAGE, 3);
	struct dma_map m = { sizeof(m) - 1, 3, (uintptr_t)memory, 0x80000, PAGE };
	call(ioctl(i, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(argsz=%u)", m.argsz);
	m.argsz = 1000;
	call(ioctl(i, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(argsz=%u)", m.argsz);
	struct dma_unmap u = { sizeof(u) - 1, 0, 0x80000, PAGE };
	call(ioctl(i, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(argsz=%u)", u.argsz);
	u.argsz = 1000;
	call(ioctl(i, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(argsz=%u)", u.argsz);
	more(" size=%#llx", (unsigned long long)u.size);
	unmap_dma(i, 0x10000, 0, 0);
	unmap_dma(i, 0x10000, PAGE - 1, 0);
	unmap_dma(i, 0x10001, PAGE - 1, 0);
	unmap_dma(i, 0x10000, -1, 0);
	unmap_dma(i, -1, PAGE, 0);
	unmap_dma(i, 0x90000, PAGE, 0);
	unmap_dma(i, 0x10000, 2 * PAGE, 0);
	unmap_dma(i, 0x10000, PAGE, 2);
	unmap_dma(i, 0, PAGE, 2);
	unmap_dma(i, PAGE, 0, 2);
	unmap_dma(i, 0, 0, 2);
	unmap_dma(i, 0, 0, 2);
	unmap_dma(i, 0, 0, 3);
	unmap_dma(i, 0, 0, 4);
	unmap_dma(i, 0, 0, 0);
	struct dma_unmap *w = pages(1);
	map_dma(i, memory, "va", 0x10000, PAGE, 3);
	*w = (struct dma_unmap){ sizeof(*w), 0, 0x10000, PAGE };
	mprotect(w, PAGE, PROT_READ);
	call(ioctl(i, VFIO_IOMMU_UNMAP_DMA, w), "UNMAP_DMA(read-only structure)");
	unmap_dma(i, 0x10000, PAGE, 0);
	section("type1 and its cuts");
	map_dma(i, memory, "va", 0x10000, 8 * PAGE, 3);
	set_iommu(i, T_TYPE1v2);
	unmap_dma(i, 0x11000, PAGE, 0);
	unmap_dma(i, 0x10000, PAGE, 0);
	unmap_dma(i, 0x17000, PAGE, 0);
	set_iommu(i, T_TYPE1);
	unmap_dma(i, 0x11000, PAGE, 0);
	unmap_dma(i, 0, 0, 2);
	map_dma(i, memory, "va", 0, 8 * PAGE, 3);
	unmap_dma(i, 0x1000, PAGE, 0);
	unmap_dma(i, 0x3800, 0x900, 0);
	unmap_dma(i, 0, PAGE, 0);
	unmap_dma(i, 0x2001, 3, 0);
	unmap_dma(i, 0x2000, 0x40000, 0);
	set_iommu(i, T_TYPE1v2);
	map_dma(i, memory, "va", 0x20000, 8 * PAGE, 3);
	unmap_dma(i, 0x21000, 2 * PAGE, 0);
	unmap_dma(i, 0, 0, 2);
	set_iommu(i, T_TYPE1);
	section("the same through the other door");
	map(i, b, T_FIXED_RW, memory, 8 * PAGE, 0x10000, "va");
	map_dma(i, memory, "va", 0x12000, PAGE, 3);
	unmap(i, b, 0x11000, PAGE);
	unmap_dma(i, 0x11000, PAGE, 0);
	unmap(i, b, 0x12000, 6 * PAGE);
	unmap(i, b, 0, -1);
}

static void grouped(void)
{
	section("a group in it");
	int i = open_iommu(), j = open_iommu(), group = open_group();
	status(group);
	set_container(group, -1, "-1");
	set_container(group, i, "iommufd");
	status(group);
	set_container(group, i, "iommufd, again");
	set_container(group, j, "another iommufd");
	set_container(group, -1, "-1");
	int c = open_container();
	set_container(group, c, "a container");
	vfio_ioas_get(i);
	vfio_ioas_get(j);
	extensions(i);
	get_info(i, 200);
	int cdev = open_cdev();
	struct t_bind bind = { 16, 0, i, 0, 0 };
	call(ioctl(cdev, T_BIND, &bind), "BIND(cdev)");
	section("its device before SET_IOMMU");
	int d = device_fd(group);
	status(group);
	extensions(i);
	get_info(i, 200);
	vfio_ioas_get(i);
	destroy(i, 1);
	destroy(i, 2);
	destroy(i, 3);
	destroy(i, 4);
	call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	status(group);
	int e = device_fd(group);
	struct t_device_info info = { .argsz = sizeof(info) };
	call(ioctl(d, VFIO_DEVICE_GET_INFO, &info), "DEVICE_GET_INFO()");
	more(" flags=%x regions=%u irqs=%u", info.flags, info.num_regions, info.num_irqs);
	struct t_attach a = { 12, 0, 1, 0 };
	call(ioctl(d, T_ATTACH, &a), "ATTACH(the group's device)");
	set_container(group, j, "another iommufd, with a device open");
	close(d);
	if (e >= 0)
		close(e);
	status(group);
	call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	status(group);
	vfio_ioas_get(i);
	__u32 next = ioas(i);
	note("the next id: %u", next);
	destroy(i, next);
	section("each type");
	for (unsigned type = 1; type <= 3; type += 2) {
		set_container(group, i, "iommufd");
		set_iommu(i, type);
		set_iommu(i, type);
		d = device_fd(group);
		get_info(i, 200);
		map_dma(i, memory, "va", 0x10000, 8 * PAGE, 3);
		map_dma(i, memory, "va", 0x10001, PAGE, 3);
		map_dma(i, memory + 1, "va+1", 0x30000, PAGE, 3);
		map_dma(i, memory, "va", 0x30000, PAGE + 1, 3);
		map_dma(i, UNMAPPED, "unmapped", 0x30000, PAGE, 3);
		map_dma(i, memory, "va", 0x40000, PAGE, 0);
		map_dma(i, UNMAPPED, "unmapped", 0x40000, PAGE, 0);
		map_dma(i, memory, "va", MSI, PAGE, 3);
		map_dma(i, memory, "va", 1ull << 50, PAGE, 3);
		void *bar = mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, d, 0);
		map_dma(i, bar, "BAR0", 0x30000, PAGE, 3);
		munmap(bar, EDU_BAR_SIZE);
		unmap_dma(i, 0x12000, 2 * PAGE, 0);
		unmap_dma(i, 0x10000, PAGE, 0);
		unmap_dma(i, 0x10000, 8 * PAGE, 0);
		set_iommu(i, type == 1 ? 3 : 1);
		unmap_dma(i, 0, 0, 2);
		set_iommu(i, type == 1 ? 3 : 1);
		close(d);
		call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	}
	section("an address space of the client's own");
	destroy(i, 1);
	__u32 mine = ioas(i);
	vfio_ioas(i, 1, mine, "SET");
	set_container(group, i, "iommufd");
	vfio_ioas_get(i);
	d = device_fd(group);
	destroy(i, mine);
	vfio_ioas(i, 2, 0, "CLEAR");
	vfio_ioas_get(i);
	get_info(i, 16);
	e = device_fd(group);
	close(d);
	if (e >= 0)
		close(e);
	d = device_fd(group);
	if (d >= 0)
		close(d);
	vfio_ioas(i, 1, mine, "SET");
	destroy(i, mine);
	vfio_ioas_get(i);
	d = device_fd(group);
	if (d >= 0)
		close(d);
	call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	section("what fails at GET_DEVICE_FD");
	set_container(group, j, "another iommufd");
	vfio_ioas_get(j);
	map_dma(j, memory, "va", MSI, PAGE, 3);
	d = device_fd(group);
	unmap_dma(j, 0, 0, 2);
	map_dma(j, UNMAPPED, "unmapped", 0x10000, PAGE, 3);
	d = device_fd(group);
	unmap_dma(j, 0, 0, 2);
	d = device_fd(group);
	close(d);
	map_dma(j, memory, "va", 0x10000, PAGE, 0);
	d = device_fd(group);
	unmap_dma(j, 0, 0, 2);
	d = device_fd(group);
	section("closing in another order");
	close(j);
	struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = 1 };
	call(ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &irq), "GET_IRQ_INFO()");
	close(group);
	bind = (struct t_bind){ 16, 0, i, 0, 0 };
	call(ioctl(cdev, T_BIND, &bind), "BIND(cdev)");
	group = callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	status(group);
	call(ioctl(cdev, T_BIND, &bind), "BIND(cdev)");
	e = device_fd(group);
	set_container(group, i, "iommufd");
	e = device_fd(group);
	if (e >= 0)
		close(e);
	call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	set_container(group, c, "a container");
	status(group);
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "container SET_IOMMU()");
	e = device_fd(group);
	if (e >= 0)
		close(e);
	call(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
	close(group);
	call(ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &irq), "GET_IRQ_INFO()");
	close(d);
	group = callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	close(group);
	call(ioctl(cdev, T_BIND, &bind), "BIND(cdev)");
	close(cdev);
	close(i);
	close(c);
}

static void dma(int d, __u64 from, __u64 to, const char *when)
{
	memcpy(memory, "compat!!", 8);
	memset(memory + PAGE, 0, 8);
	edu_dma(d, from, false);
	edu_dma(d, to, true);
	note("DMA %s: ", when);
	hex(memory + PAGE, 8);
}

static void transfers(void)
{
	section("DMA");
	int i = open_iommu(), group = open_group();
	set_container(group, i, "iommufd");
	set_iommu(i, T_TYPE1);
	map_dma(i, memory, "va", 0x10000, 8 * PAGE, 3);
	int d = device_fd(group);
	config_put(d, 4, config_get(d, 4) | 4);
	dma(d, 0x10000, 0x11000, "mapped before the device was opened");
	map_dma(i, memory, "va", 0x30000, 8 * PAGE, 3);
	dma(d, 0x30000, 0x31000, "mapped after");
	unmap_dma(i, 0x32000, PAGE, 0);
	dma(d, 0x30000, 0x31000, "with a hole behind");
	unmap_dma(i, 0x31000, PAGE, 0);
	dma(d, 0x10000, 0x11000, "the other mapping");
	close(d);
	d = device_fd(group);
	config_put(d, 4, config_get(d, 4) | 4);
	dma(d, 0x10000, 0x11000, "opened again");
	close(i);
	dma(d, 0x10000, 0x11000, "after the iommufd was closed");
	close(group);
	dma(d, 0x10000, 0x11000, "after the group was closed");
	close(d);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	memory = pages(8);
	int i = open_iommu();
	without_ioas(i);
	close(i);
	grouped();
	transfers();
	return finish();
}
