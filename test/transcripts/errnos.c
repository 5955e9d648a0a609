/*
 * Errors that no other program's walk comes by: a full table of descriptors, other files' ioctls, a group that wants into a
 * container whose memory is on the move, dirty bitmaps whose structure ends too early, and a group that has lost its device.
 */
#include "devices.h"

/* machine: real -d pcie-root-port,id=p1,chassis=1,addr=06.0 -d edu,bus=p1,addr=00.0,multifunction=on -d edu,bus=p1,addr=00.1 -d pcie-root-port,id=p2,chassis=2,addr=07.0 -d edu,bus=p2,addr=00.0 -d edu,addr=05.0 ; ours --device edu,addr=0000:00:05.0 --device edu,addr=0000:01:00.0 --device edu,addr=0000:01:00.1 --device edu,addr=0000:02:00.0 */

/* From here on there is room for so many more descriptors. */
static void room(unsigned descriptors)
{
	struct rlimit r;
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	int next = dup(0);
	close(next);
	r.rlim_cur = next + descriptors;
	if (setrlimit(RLIMIT_NOFILE, &r))
		die("setrlimit");
	note("room for %u", descriptors);
}

static void no_limit(void)
{
	struct rlimit r;
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	note("no limit");
}

static int opened(const char *path, const char *what)
{
	int fd = callfd(open(path, O_RDWR | O_CLOEXEC), "open(%s)", what);
	if (fd >= 0)
		close(fd);
	return fd;
}

static void open_each(void)
{
	opened("/dev/vfio/vfio", "container");
	opened(t_group_path, "group");
	opened("/dev/iommu", "/dev/iommu");
	opened(cdev_path(), "node");
	opened("/dev/vfio/nothing", "nothing");
	opened("/dev/vfio", "folder, O_RDWR");
	opened("/sys/bus/pci/devices/0000:00:05.0/config", "config");
	opened("/sys/bus/pci/devices/0000:00:05.0/vendor", "vendor");
}

static void names_again(int g)
{
	static const char *const asked[] = { "0000:00:05.0", "nothing", "0000:00:05.0 vf_token=1", "0000:00:05.0 " };
	for (size_t i = 0; i < COUNT(asked); i++) {
		int d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, asked[i]), "GET_DEVICE_FD(%s)", asked[i]);
		if (d >= 0)
			close(d);
	}
	callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, NULL), "GET_DEVICE_FD(NULL)");
}

static void fault_queue(int i, unsigned flags)
{
	struct t_fault_alloc f = { sizeof(f), flags, 0xeeee, 0xeeee };
	if (call(ioctl(i, T_FAULT_ALLOC, &f), "FAULT_QUEUE_ALLOC(flags=%u)", flags) == 0)
		close(f.out_fault_fd);
	more(" id=%#x", f.out_fault_id);
}

static void full(void)
{
	section("no room for another descriptor");
	group_of(R);
	room(0);
	open_each();
	room(1);
	open_each();
	no_limit();
	int g = group_open(R), c = open_container();
	room(0);
	opened(t_group_path, "group, which is open");
	names_again(g);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	names_again(g);
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU");
	names_again(g);
	status(g, "R");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU");
	room(1);
	int d = get_device(g, R);
	note("COMMAND %04x", config_get(d, 4));
	config_put(d, 4, 0x107);
	get_device(g, R);
	note("COMMAND %04x", config_get(d, 4));
	close(d);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	no_limit();
	close(g);
	close(c);
	g = group_open(R);
	close(g);
	section("the same for an iommufd");
	int i = open_iommu();
	room(0);
	fault_queue(i, 0);
	fault_queue(i, 1);
	no_limit();
	fault_queue(i, 0);
	note("the next id: %u", ioas(i));
	g = group_open(R);
	set_container(g, i, "iommufd");
	room(0);
	get_device(g, R);
	no_limit();
	d = get_device(g, R);
	close(d);
	close(g);
	close(i);
}

static void numbers(int fd, const char *what, unsigned first, unsigned last)
{
	for (unsigned nr = first; nr <= last; nr++)
		call(ioctl(fd, T_IO(nr), NULL), "%s: ioctl(%#x, NULL)", what, T_IO(nr));
}

static void others(void)
{
	section("ioctls of others");
	struct setup s = open_device(R);
	numbers(s.device, "device", 0x72, 0x73);
	numbers(s.device, "device", 0x76, 0x79);
	numbers(s.device, "device", 0x85, 0x96);
	numbers(s.group, "group", 0x85, 0x96);
	numbers(s.container, "container", 0x85, 0x96);
	detach(&s);
	int i = open_iommu(), d = cdev_open(R);
	numbers(d, "node, not bound", 0x64, 0x75);
	numbers(d, "node, not bound", 0x77, 0x79);
	bind_device(d, i, "iommufd");
	numbers(d, "node, bound", 0x64, 0x6a);
	numbers(d, "node, bound", 0x72, 0x73);
	numbers(d, "node, bound", 0x79, 0x96);
	close(d);
	close(i);
}

static long type1_map(int c, unsigned flags, void *p, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), flags, (uintptr_t)p, iova, PAGE };
	return call(ioctl(c, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(%#llx, flags=%x)", (unsigned long long)iova, flags);
}

static long type1_unmap(int c, unsigned flags, uint64_t iova)
{
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), flags, iova, iova ? PAGE : 0 };
	return call(ioctl(c, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(%#llx, flags=%x)", (unsigned long long)iova, flags);
}

static void on_the_move(int type)
{
	note("== a group joins while addresses are invalid, type %d", type);
	group_of(R);
	struct setup s = attach_device(type);
	int g = group_open(B);
	void *p = pages(1);
	type1_map(s.container, 3, p, 0x10000);
	type1_unmap(s.container, 4, 0x10000);
	set_container(g, s.container, "B");
	status(g, "B");
	get_device(g, B);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	type1_map(s.container, 4, p, 0x10000);
	set_container(g, s.container, "B");
	type1_unmap(s.container, 4, 0x10000);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	set_container(g, s.container, "B");
	type1_unmap(s.container, 0, 0x10000);
	set_container(g, s.container, "B");
	close(g);
	group_of(R);
	detach(&s);
}

struct dirty_unmap {
	struct vfio_iommu_type1_dma_unmap u;
	struct t_bitmap {
		__u64 pgsize, size, data;
	} b;
};

static void dirty_ends_early(void)
{
	section("dirty bitmaps: structures that end too early, bitmaps that are too big");
	group_of(R);
	struct setup s = attach_device(T_TYPE1v2);
	struct {
		struct {
			__u32 argsz, flags;
		} head;
		__u64 iova, size;
		struct t_bitmap b;
	} get = { { 48, 4 }, 0x10000, PAGE, { PAGE, 8, (uintptr_t)pages(1) } };
	struct {
		__u32 argsz, flags;
	} on = { 8, 1 };
	call(ioctl(s.container, T_IO(0x75), &on), "DIRTY_PAGES(START)");
	type1_map(s.container, 3, pages(1), 0x10000);
	static const unsigned lengths[] = { 7, 8, 23, 24, 25, 40, 47, 48 };
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char *e = edge(lengths[i]);
		memcpy(e, &get, lengths[i]);
		call(ioctl(s.container, T_IO(0x75), e), "DIRTY_PAGES(GET, %u bytes before unmapped memory)", lengths[i]);
	}
	struct dirty_unmap u = { { 48, 1, 0x10000, PAGE }, { PAGE, 8, get.b.data } };
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char *e = edge(lengths[i]);
		memcpy(e, &u, lengths[i]);
		call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, e), "UNMAP_DMA(GET_DIRTY, %u bytes before unmapped memory)", lengths[i]);
	}
	type1_map(s.container, 3, pages(1), 0x10000);
	static const __u64 sizes[] = { 0, 1, 7, 0x10000000, 0x10000008, 0x8000000000000000, ~0ull };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		u.b.size = get.b.size = sizes[i];
		call(ioctl(s.container, T_IO(0x75), &get), "DIRTY_PAGES(GET, bitmap size=%#llx)", (unsigned long long)sizes[i]);
		if (i != 3)
			call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(GET_DIRTY, bitmap size=%#llx)",
				(unsigned long long)sizes[i]);
	}
	detach(&s);
}

static void sysfs_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	call(fd < 0 ? -1 : write(fd, text, strlen(text)), "write(%s, %s)", path, text);
	if (fd >= 0)
		close(fd);
}

static void device_gone(void)
{
	section("a group that has lost its device");
	int g = group_open(B), c = open_container(), i = open_iommu(), d = cdev_open(B);
	close(d);
	sysfs_put("/sys/bus/pci/drivers/vfio-pci/unbind", bdfs[B]);
	status(g, "B");
	get_device(g, B);
	set_container(g, -1, "-1");
	set_container(g, 0, "no container");
	set_container(g, c, "container");
	set_container(g, i, "iommufd");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	call(ioctl(g, T_IO(0x64), NULL), "GET_API_VERSION");
	opened(t_group_path, "its node");
	close(g);
	sysfs_put("/sys/bus/pci/drivers/vfio-pci/bind", bdfs[B]);
	g = group_open(B);
	set_container(g, c, "container");
	close(g);
	close(c);
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	full();
	others();
	on_the_move(T_TYPE1);
	on_the_move(T_TYPE1v2);
	dirty_ends_early();
	device_gone();
	return finish();
}
