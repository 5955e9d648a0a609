/*
 * Devices without an IOMMU and /dev/iommu: in the place of a container, by the devices' own nodes, and the physical addresses of
 * memory that an address space has mapped.
 */
/* machine: real -i -u -d edu,dma_mask=0xffffffffff -d edu,dma_mask=0xffffffffff ; ours --iommu none --device edu,dma_mask=0xffffffffff,addr=0000:00:05.0 --device edu,dma_mask=0xffffffffff,addr=0000:00:06.0 */
#include "noiommu.h"

static long vfio_ioas(int i, unsigned op, __u32 id, const char *what)
{
	struct t_vfio_ioas v = { sizeof(v), id, op, 0 };
	long r = call(ioctl(i, T_VFIO_IOAS, &v), "VFIO_IOAS(%s)", what);
	if (r == 0 && op == 0)
		more(" ioas=%u", v.ioas_id);
	return r;
}

static void compat_calls(int i)
{
	extensions(i);
	set_iommu(i, T_TYPE1);
	set_iommu(i, T_TYPE1v2);
	set_iommu(i, T_NOIOMMU);
	set_iommu(i, 99);
	struct t_type1_info info = { sizeof(info), 0, 0, 0, 0 };
	call(ioctl(i, VFIO_IOMMU_GET_INFO, &info), "IOMMU_GET_INFO()");
	more(" pgsizes=%llx", (long long)info.iova_pgsizes);
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)pages(1), 0x100000, PAGE };
	call(ioctl(i, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA()");
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, 0x100000, PAGE };
	call(ioctl(i, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA()");
}

static void as_container(void)
{
	section("in a container's place");
	int i = open_iommu();
	compat_calls(i);
	int g = group_open(D);
	set_container(g, i, "iommufd");
	status(g);
	vfio_ioas(i, 0, 0, "GET");
	int d = get_device(g, D);
	compat_calls(i);
	if (d < 0)
		d = get_device(g, D);
	works(d);
	uint64_t *memory = pages(1);
	*memory = 1;
	dma(d, physical(memory), memory);
	struct t_attach a = { 12, 0, 1, 0 };
	call(ioctl(d, T_ATTACH, &a), "ATTACH()");
	__u32 s = ioas(i);
	note("ioas %u", s);
	get_physical_address(i, s);
	struct t_hw_info h = { sizeof(h), 0, 1, 0, 0, 0, 0, { 0 }, 0 };
	call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(dev=1)");
	unset_container(g);
	status(g);
	get_device(g, D);
	closing(&d, "device");
	set_container(g, i, "iommufd");
	vfio_ioas(i, 1, s, "SET");
	get_device(g, D);
	compat_calls(i);
	vfio_ioas(i, 0, 0, "GET");
	vfio_ioas(i, 2, 0, "CLEAR");
	compat_calls(i);
	d = get_device(g, D);
	vfio_ioas(i, 1, s, "SET");
	int second = get_device(g, D);
	closing(&second, "second");
	closing(&d, "device");
	get_device(g, D);
	closing(&g, "group");
	closing(&i, "iommufd");
}

static void exclusive(void)
{
	section("an iommufd that translates");
	int i = open_iommu(), g = group_open(D);
	__u32 s = ioas(i);
	vfio_ioas(i, 1, s, "SET");
	set_container(g, i, "iommufd");
	set_iommu(i, T_NOIOMMU);
	vfio_ioas(i, 2, 0, "CLEAR");
	set_container(g, i, "iommufd");
	set_container(g, i, "again");
	int e = group_open(E);
	set_container(e, i, "iommufd");
	int d = get_device(e, E);
	closing(&g, "group D");
	closing(&i, "iommufd");
	status(e);
	uint32_t v = 0;
	call(pread(d, &v, 4, EDU_ID), "pread(ID)");
	closing(&e, "group E");
	call(pread(d, &v, 4, EDU_ID), "pread(ID)");
	int again = group_open(E);
	if (again >= 0)
		close(again);
	closing(&d, "device");
	again = group_open(E);
	if (again >= 0)
		close(again);
	section("SET_IOMMU first");
	i = open_iommu();
	set_iommu(i, T_NOIOMMU);
	vfio_ioas(i, 1, ioas(i), "SET");
	set_iommu(i, T_NOIOMMU);
	set_iommu(i, T_TYPE1v2);
	g = group_open(D);
	set_container(g, i, "iommufd");
	vfio_ioas(i, 2, 0, "CLEAR");
	set_container(g, i, "iommufd");
	close(g);
	close(i);
}

static long get_pa(int i, __u32 s, __u64 iova, __u64 length, const void *expected)
{
	struct t_get_pa p = { sizeof(p), 0, s, 0, iova, length, 0x77 };
	long r = call(ioctl(i, T_GET_PA, &p), "GET_PA(ioas=%u, iova=%#llx, length=%#llx)", s, (long long)iova, (long long)length);
	if (r) {
		more(" length=%#llx phys=%#llx", (long long)p.length, (long long)p.phys);
		return r;
	}
	more(" length=%#llx", (long long)p.length);
	if (expected)
		more(" as in pagemap: %s", p.phys == physical(expected) ? "yes" : "no");
	return r;
}

static void refused(int i, __u32 s)
{
	struct t_get_pa p = { sizeof(p), 0, s, 0, 0x10000, 1, 0 };
	p.flags = 1;
	call(ioctl(i, T_GET_PA, &p), "GET_PA(flags=1)");
	p = (struct t_get_pa){ sizeof(p), 0, s, 1, 0x10000, 1, 0 };
	call(ioctl(i, T_GET_PA, &p), "GET_PA(reserved=1)");
	p = (struct t_get_pa){ 39, 0, s, 0, 0x10000, 1, 0 };
	call(ioctl(i, T_GET_PA, &p), "GET_PA(size=39)");
	p = (struct t_get_pa){ 32, 0, s, 0, 0x10000, 1, 0 };
	call(ioctl(i, T_GET_PA, &p), "GET_PA(size=32)");
	call(ioctl(i, T_GET_PA, NULL), "GET_PA(NULL)");
	struct {
		struct t_get_pa p;
		__u64 more;
	} longer = { { 48, 0, s, 0, 0x10000, 1, 0 }, 0 };
	call(ioctl(i, T_GET_PA, &longer), "GET_PA(size=48)");
	longer.more = 1;
	longer.p.length = 1;
	call(ioctl(i, T_GET_PA, &longer), "GET_PA(size=48, more=1)");
	struct t_get_pa *ro = pages(1);
	*ro = (struct t_get_pa){ sizeof(p), 0, s, 0, 0x10000, 1, 0 };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_GET_PA, ro), "GET_PA(read-only memory)");
}

/* Memory whose pages are one after the other nowhere but in it: each is another one's copy. */
static void addresses(int i, int d, __u32 s, __u32 dev, __u32 pt)
{
	char *one = pages(1), *two = pages(1);
	*one = *two = 1;
	map(i, s, T_FIXED_RW, one, PAGE, 0x10000, "a page");
	get_pa(i, s, 0x10000, 0, one);
	get_pa(i, s, 0x10000, 1, one);
	get_pa(i, s, 0x10000, 0x10, one);
	get_pa(i, s, 0x10000, PAGE, one);
	get_pa(i, s, 0x10000, PAGE - 1, one);
	get_pa(i, s, 0x10000, PAGE + 1, one);
	get_pa(i, s, 0x10000, ~0ull, one);
	get_pa(i, s, 0x10080, PAGE, one + 0x80);
	get_pa(i, s, 0x10fff, PAGE, one + 0xfff);
	get_pa(i, s, 0x10001, 0x100, one + 1);
	get_pa(i, s, 0x10001, ~0ull, one + 1);
	get_pa(i, s, 0xffff, PAGE, NULL);
	get_pa(i, s, 0x11000, PAGE, NULL);
	get_pa(i, s, 0, PAGE, NULL);
	get_pa(i, s, ~0ull, 0, NULL);
	get_pa(i, s, ~0ull, ~0ull, NULL);
	get_pa(i, s, ~0ull, 1, NULL);
	get_pa(i, s, ~0ull, 2, NULL);
	get_pa(i, s, ~0ull - 1, ~0ull, NULL);
	get_pa(i, s, 1ull << 48, PAGE, NULL);
	get_pa(i, 99, 0x10000, PAGE, NULL);
	get_pa(i, 0, 0x10000, PAGE, NULL);
	get_pa(i, dev, 0x10000, PAGE, NULL);
	get_pa(i, pt, 0x10000, PAGE, NULL);
	refused(i, s);
	map(i, s, T_FIXED_RW, two, PAGE, 0x12000, "another page");
	get_pa(i, s, 0x12000, PAGE, two);
	map(i, s, T_FIXED | T_READABLE, one, PAGE, 0x20000, "the first page, to read");
	get_pa(i, s, 0x20000, PAGE, one);
	map(i, s, T_FIXED_RW, two, PAGE, 0xfee00000, "MSI's window");
	get_pa(i, s, 0xfee00000, PAGE, two);
	map(i, s, T_FIXED_RW, two, PAGE, 1ull << 48, "2^48");
	get_pa(i, s, 1ull << 48, PAGE, two);
	map(i, s, T_FIXED_RW, two, PAGE, 1ull << 60, "2^60");
	get_pa(i, s, 1ull << 60, PAGE, two);
	map(i, s, T_FIXED_RW, two, PAGE, -PAGE, "the last page");
	get_pa(i, s, -PAGE, PAGE, two);
	get_pa(i, s, -1, PAGE, two + PAGE - 1);
	get_pa(i, s, -2, PAGE, two + PAGE - 2);
	get_pa(i, s, -2, 1, two + PAGE - 2);
	get_pa(i, s, -2, ~0ull, two + PAGE - 2);
	get_pa(i, s, -PAGE, ~0ull, two);
	get_pa(i, 99, ~0ull, 1, NULL);
	get_pa(i, 99, ~0ull, 0, NULL);
	for (__u64 at = 0x70000; at < 0x73000; at += PAGE)
		map(i, s, T_FIXED_RW, two, PAGE, at, "one page three times");
	get_pa(i, s, 0x70008, ~0ull - 0x70008, two + 8);
	get_pa(i, s, 0x71000, 2 * PAGE, two);
	map(i, s, T_FIXED_RW, two + 8, PAGE, 0x30000, "unaligned");
	map(i, s, T_FIXED_RW, two, 8, 0x30000, "8 bytes");
	map(i, s, T_RW, two, PAGE, 0, "anywhere");
	uint64_t *memory = (uint64_t *)one;
	struct t_get_pa p = { sizeof(p), 0, s, 0, 0x10000, 8, 0 };
	if (ioctl(i, T_GET_PA, &p) == 0) {
		dma(d, p.phys, memory);
		edu_dma(d, 0x10000, true);
		*memory = 3;
		config_put(d, 4, 0x0506);
		dma(d, p.phys, memory);
	}
	unmap(i, s, 0x10000, PAGE);
	get_pa(i, s, 0x10000, PAGE, NULL);
	dma(d, p.phys, memory);
}

static void tables(int i, int d, __u32 s, __u32 dev)
{
	section("page tables");
	struct t_hwpt_alloc h = { sizeof(h), 0, dev, s, 0, 0, 0, 0, 0, 0, 0 };
	for (h.flags = 0; h.flags <= 16; h.flags = h.flags ? h.flags * 2 : 1) {
		long r = call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(flags=%u)", h.flags);
		if (r == 0) {
			more(" id=%u", h.out_hwpt_id);
			attach_pt(d, h.out_hwpt_id);
			detach_pt(d);
			destroy(i, h.out_hwpt_id);
		}
	}
	h.flags = 0;
	h.data_type = 1;
	h.data_len = 8;
	h.data_uptr = (uintptr_t)pages(1);
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(data_type=1)");
	unsigned char text[64] = { 0 };
	for (__u32 flags = 0; flags < 3; flags++) {
		struct t_hw_info w = { sizeof(w), flags, dev, sizeof(text), (uintptr_t)text, flags, 0xaa, { 0 }, 0xaa };
		call(ioctl(i, T_GET_HW_INFO, &w), "GET_HW_INFO(flags=%u)", flags);
		more(" type=%u len=%u pasid=%u capabilities=%llx", w.data_type, w.data_len, w.max_pasid_log2, (long long)w.capabilities);
	}
	__u32 viommu[12] = { sizeof(viommu), 0, 1, dev, s };
	call(ioctl(i, T_VIOMMU_ALLOC, viommu), "VIOMMU_ALLOC()");
	struct t_attach a = { 16, 1, s, 1 };
	call(ioctl(d, T_ATTACH, &a), "ATTACH(pasid=1)");
	option(i, 1, 1, s, 7);
	option(i, 1, 0, s, 0);
	option(i, 1, 0, s, 1);
}

static void by_node(void)
{
	section("the devices' own nodes");
	int i = open_iommu(), d = node_open(D), e = node_open(E);
	fd_link(d, "device");
	fd_stat(d, "device");
	struct t_device_info info = { sizeof(info), 0, 0, 0, 0, 0 };
	call(ioctl(d, VFIO_DEVICE_GET_INFO, &info), "GET_INFO()");
	attach_pt(d, 1);
	bind_device(d, -1, "-1");
	bind_device(d, 0, "no iommufd");
	int g = group_open(D);
	bind_device(d, i, "its group is open");
	close(g);
	struct t_bind b = { 16, 0, i, 0, 0 };
	call(ioctl(d, T_BIND, &b), "BIND()");
	more(" out_devid=%u", b.out_devid);
	__u32 dev = b.out_devid;
	bind_device(d, i, "again");
	group_open(D);
	works(d);
	bind_device(e, i, "E");
	__u32 s = ioas(i), empty = ioas(i);
	ranges(i, s, 8);
	get_pa(i, s, 0x10000, PAGE, NULL);
	uint64_t *memory = pages(1);
	*memory = 1;
	map(i, s, T_FIXED_RW, memory, PAGE, 0x40000, "before a device");
	get_pa(i, s, 0x40000, PAGE, memory);
	config_put(d, 4, 0x0506);
	dma(d, physical(memory), memory);
	struct t_attach a = { 12, 0, s, 0 };
	call(ioctl(d, T_ATTACH, &a), "ATTACH()");
	more(" pt_id=%u", a.pt_id);
	get_pa(i, s, 0x40000, PAGE, memory);
	ranges(i, s, 8);
	attach_pt(e, s);
	section("physical addresses");
	addresses(i, d, s, dev, a.pt_id);
	section("attached elsewhere");
	attach_pt(e, empty);
	attach_pt(d, empty);
	get_pa(i, s, 0x12000, PAGE, NULL);
	get_pa(i, s, 0x40000, PAGE, NULL);
	get_pa(i, empty, 0x40000, PAGE, NULL);
	copy(i, empty, s, T_FIXED_RW, PAGE, 0x50000, 0x40000);
	get_pa(i, empty, 0x50000, PAGE, memory);
	get_pa(i, empty, 0x50008, PAGE, memory + 1);
	section("a file");
	int f = memfd("file", 2 * PAGE);
	uint64_t *mapped = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	mapped[0] = mapped[512] = 1;
	map_file(i, empty, T_FIXED_RW, f, "memfd", PAGE, PAGE, 0x60000);
	struct t_get_pa p = { sizeof(p), 0, empty, 0, 0x60000, ~0ull, 0 };
	call(ioctl(i, T_GET_PA, &p), "GET_PA()");
	more(" length=%#llx", (long long)p.length);
	dma(d, p.phys, mapped + 512);
	vfio_ioas(i, 1, empty, "SET");
	compat_calls(i);
	vfio_ioas(i, 2, 0, "CLEAR");
	tables(i, d, s, dev);
	section("detached");
	detach_pt(d);
	detach_pt(e);
	get_pa(i, empty, 0x50000, PAGE, NULL);
	dma(d, physical(memory), memory);
	destroy(i, dev);
	destroy(i, s);
	destroy(i, s);
	destroy(i, empty);
	closing(&d, "D");
	g = group_open(D);
	status(g);
	set_container(g, i, "the same iommufd");
	int again = get_device(g, D);
	bind_device(e, i, "E again");
	closing(&again, "D");
	closing(&g, "group");
	closing(&i, "iommufd");
	closing(&e, "E");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	use(D);
	as_container();
	exclusive();
	by_node();
	return finish();
}
