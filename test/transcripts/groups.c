/*
 * Several devices in a group, and several groups in a container: what holds what, in which order things close, and which
 * memory each device reaches. At the end the same through iommufd.
 */
/* machine: real -d pcie-root-port,id=p1,chassis=1,addr=06.0 -d edu,bus=p1,addr=00.0,multifunction=on -d edu,bus=p1,addr=00.1 -d pcie-root-port,id=p2,chassis=2,addr=07.0 -d edu,bus=p2,addr=00.0 -d edu,addr=05.0 ; ours --device edu,addr=0000:00:05.0 --device edu,addr=0000:01:00.0 --device edu,addr=0000:01:00.1 --device edu,addr=0000:02:00.0 */
#include "devices.h"

static void transfer(int device, uint64_t src, uint64_t dst, uint64_t count, unsigned command)
{
	edu_write8(device, EDU_SRC, src);
	edu_write8(device, EDU_DST, dst);
	edu_write8(device, EDU_COUNT, count);
	edu_write8(device, EDU_COMMAND, command);
	edu_wait(device, EDU_COMMAND, 1);
}

static void *memory(unsigned seed)
{
	uint32_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	for (unsigned i = 0; i < PAGE / 4; i++)
		p[i] = seed;
	return p;
}

/* The device copies from one I/O address to another. */
static void copies(int device, const char *what, uint64_t from, uint64_t to, uint32_t *there)
{
	uint32_t before = there ? *there : 0;
	config_put(device, 4, 0x107);
	transfer(device, from, 0x40000, 64, 1);
	transfer(device, 0x40000, to, 64, 3);
	note("%s copies from %#llx to %#llx: %x -> %x", what, (unsigned long long)from, (unsigned long long)to, before,
		there ? *there : 0);
}

static long map_dma(int c, void *p, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)p, iova, PAGE };
	return call(ioctl(c, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(%#llx)", (unsigned long long)iova);
}

static long unmap_dma(int c, uint64_t iova)
{
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, iova, PAGE };
	long r = call(ioctl(c, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(%#llx)", (unsigned long long)iova);
	more(" size=%#llx", (unsigned long long)u.size);
	return r;
}

static void avail(int c)
{
	struct {
		struct t_type1_info i;
		unsigned char rest[256];
	} q = { { sizeof(q), 0, 0, 0, 0 }, { 0 } };
	call(ioctl(c, VFIO_IOMMU_GET_INFO, &q), "IOMMU_GET_INFO()");
	more(" flags=%x argsz=%u", q.i.flags, q.i.argsz);
	for (unsigned at = q.i.cap_offset; at;) {
		struct vfio_info_cap_header *h = (void *)((char *)&q + at);
		if (h->id == 3)
			more(" avail=%u", *(uint32_t *)(h + 1));
		if (h->id == 1)
			more(" ranges=%u", *(uint32_t *)(h + 1));
		at = h->next;
	}
}

static long unset(int g, const char *what)
{
	return call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER(%s)", what);
}

static void two_devices(void)
{
	section("two devices of one group");
	int c = open_container(), g = group_open(A0);
	group_open(A1);
	status(g, "A");
	get_device(g, A0);
	set_container(g, c, "A");
	get_device(g, A0);
	get_device(g, A1);
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(TYPE1v2)");
	get_device(g, B);
	get_device(g, R);
	int a0 = get_device(g, A0), a1 = get_device(g, A1), again = get_device(g, A1);
	status(g, "A");
	unset(g, "A");
	uint32_t *from = memory(0x11111111), *to = memory(0);
	map_dma(c, from, 0x100000);
	map_dma(c, to, 0x200000);
	copies(a0, "A0", 0x100000, 0x200000, to);
	*to = 0;
	copies(a1, "A1", 0x100000, 0x200000, to);
	note("registers: %llx %llx", (long long)edu_read(a0, EDU_DST), (long long)edu_read(a1, EDU_DST));
	edu_write(a0, EDU_LIVENESS, 0x1234);
	note("liveness: %x %x %x", edu_read(a0, EDU_LIVENESS), edu_read(a1, EDU_LIVENESS), edu_read(again, EDU_LIVENESS));
	closing(&a0, "A0");
	unset(g, "A");
	*to = 0;
	copies(a1, "A1", 0x100000, 0x200000, to);
	a0 = get_device(g, A0);
	note("command of A0: %x", config_get(a0, 4));
	closing(&a0, "A0");
	closing(&a1, "A1");
	unset(g, "A");
	*to = 0;
	copies(again, "A1", 0x100000, 0x200000, to);
	closing(&again, "A1 again");
	unset(g, "A");
	unset(g, "A");
	status(g, "A");
	unmap_dma(c, 0x100000);
	set_container(g, c, "A");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1), "SET_IOMMU(TYPE1)");
	unmap_dma(c, 0x100000);
	a0 = get_device(g, A0);
	a1 = get_device(g, A1);
	closing(&g, "group A");
	group_open(A0);
	closing(&a0, "A0");
	group_open(A0);
	closing(&a1, "A1");
	g = group_open(A0);
	status(g, "A");
	closing(&g, "group A");
	closing(&c, "container");
}

static void exclusion(void)
{
	section("the group's node and the devices' own");
	int i = open_iommu(), n0 = cdev_open(A0), n1 = cdev_open(A1);
	int g = group_open(A0);
	bind_device(n0, i, "A0");
	bind_device(n1, i, "A1");
	closing(&g, "group A");
	bind_device(n1, i, "A1");
	group_open(A0);
	bind_device(n0, i, "A0");
	closing(&n1, "A1");
	group_open(A0);
	closing(&n0, "A0");
	g = group_open(A0);
	if (g >= 0)
		closing(&g, "group A");
	close(i);
}

static void two_groups(void)
{
	section("two groups in one container");
	int c = open_container(), c2 = open_container(), a = group_open(A0), b = group_open(B), r = group_open(R);
	set_container(a, c, "A");
	set_container(b, c, "B");
	set_container(b, c2, "B, another container");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(TYPE1v2)");
	call(ioctl(c2, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(TYPE1v2) of the empty one");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(TYPE1v2) again");
	avail(c);
	uint32_t *from = memory(0x22222222), *to = memory(0);
	map_dma(c, from, 0x100000);
	map_dma(c, to, 0x200000);
	avail(c);
	int a0 = get_device(a, A0), b0 = get_device(b, B);
	get_device(a, B);
	copies(a0, "A0", 0x100000, 0x200000, to);
	*to = 0;
	copies(b0, "B", 0x100000, 0x200000, to);
	section("a third joins while memory is mapped");
	set_container(r, c, "R");
	int r0 = get_device(r, R);
	*to = 0;
	copies(r0, "R", 0x100000, 0x200000, to);
	unmap_dma(c, 0x200000);
	*to = 0;
	copies(r0, "R", 0x100000, 0x200000, to);
	copies(b0, "B", 0x100000, 0x200000, to);
	map_dma(c, to, 0x200000);
	section("one leaves");
	unset(b, "B");
	closing(&b0, "B");
	unset(b, "B");
	status(b, "B");
	get_device(b, B);
	*to = 0;
	copies(a0, "A0", 0x100000, 0x200000, to);
	set_container(b, c2, "B, another container");
	call(ioctl(c2, VFIO_SET_IOMMU, T_TYPE1), "SET_IOMMU(TYPE1)");
	avail(c2);
	b0 = get_device(b, B);
	*to = 0x55;
	copies(b0, "B", 0x100000, 0x200000, to);
	uint32_t *from2 = memory(0x33333333), *to2 = memory(0);
	map_dma(c2, from2, 0x100000);
	map_dma(c2, to2, 0x200000);
	*to = 0;
	copies(b0, "B", 0x100000, 0x200000, to2);
	note("the first container's: %x", *to);
	copies(a0, "A0", 0x100000, 0x200000, to);
	section("the first group leaves, then the last");
	closing(&a0, "A0");
	closing(&a, "group A");
	*to = 0;
	copies(r0, "R", 0x100000, 0x200000, to);
	avail(c);
	closing(&r0, "R");
	avail(c);
	closing(&r, "group R");
	avail(c);
	unmap_dma(c, 0x100000);
	section("and back, with containers swapped");
	a = group_open(A0);
	set_container(a, c2, "A");
	a0 = get_device(a, A0);
	*to2 = 0;
	copies(a0, "A0", 0x100000, 0x200000, to2);
	closing(&c2, "container");
	*to2 = 0;
	copies(b0, "B", 0x100000, 0x200000, to2);
	closing(&b0, "B");
	unset(b, "B");
	*to2 = 0;
	copies(a0, "A0", 0x100000, 0x200000, to2);
	closing(&a, "group A");
	*to2 = 0;
	copies(a0, "A0", 0x100000, 0x200000, to2);
	closing(&a0, "A0");
	closing(&b, "group B");
	closing(&c, "container");
}

static void two_processes(void)
{
	section("two processes, a group each");
	int c = open_container(), a = group_open(A0), b = group_open(B);
	set_container(a, c, "A");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(TYPE1v2)");
	pid_t pid = child_start();
	if (pid == 0) {
		close(a);
		set_container(b, c, "B");
		int b0 = get_device(b, B);
		uint32_t *p = memory(0x44444444);
		map_dma(c, p, 0x300000);
		copies(b0, "B", 0x300000, 0x300800, p + 0x200);
		p[0x200] = 0;
		copies(b0, "B", 0x300000, 0x300800, p + 0x200);
		unmap_dma(c, 0x300000);
		child_end();
	}
	child_wait(pid);
	status(a, "A");
	status(b, "B");
	unset(b, "B");
	int a0 = get_device(a, A0);
	closing(&b, "group B");
	b = group_open(B);
	status(b, "B");
	closing(&a0, "A0");
	closing(&a, "group A");
	closing(&b, "group B");
	closing(&c, "container");
}

static void by_iommufd(void)
{
	section("iommufd: two devices of one group, and one of another");
	int i = open_iommu(), a0 = cdev_open(A0), a1 = cdev_open(A1), b = cdev_open(B);
	__u32 one = ioas(i), two = ioas(i);
	uint32_t *from = memory(0x66666666), *to = memory(0), *to2 = memory(0);
	map(i, one, T_FIXED_RW, from, PAGE, 0x100000, "from");
	map(i, one, T_FIXED_RW, to, PAGE, 0x200000, "to");
	map(i, two, T_FIXED_RW, from, PAGE, 0x100000, "from");
	map(i, two, T_FIXED_RW, to2, PAGE, 0x200000, "to");
	bind_device(a0, i, "A0");
	bind_device(b, i, "B");
	attach_pt(a0, one);
	copies(a0, "A0", 0x100000, 0x200000, to);
	bind_device(a1, i, "A1");
	*to = 0;
	copies(a1, "A1", 0x100000, 0x200000, to);
	attach_pt(a1, two);
	attach_pt(a1, one);
	*to = 0;
	copies(a1, "A1", 0x100000, 0x200000, to);
	attach_pt(b, two);
	copies(b, "B", 0x100000, 0x200000, to2);
	attach_pt(b, one);
	*to = 0;
	copies(b, "B", 0x100000, 0x200000, to);
	detach_pt(a0);
	*to = 0;
	copies(a0, "A0", 0x100000, 0x200000, to);
	detach_pt(a1);
	*to = 0;
	copies(a1, "A1", 0x100000, 0x200000, to);
	attach_pt(a0, two);
	attach_pt(a1, one);
	attach_pt(a1, two);
	closing(&a0, "A0");
	*to2 = 0;
	copies(a1, "A1", 0x100000, 0x200000, to2);
	closing(&a1, "A1");
	closing(&b, "B");
	destroy(i, one);
	destroy(i, two);
	close(i);
}

int main(int argc, char **argv)
{
	t_bdf = bdfs[R];
	start(argc, argv);
	two_devices();
	exclusion();
	two_groups();
	two_processes();
	by_iommufd();
	return finish();
}
