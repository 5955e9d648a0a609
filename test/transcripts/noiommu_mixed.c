/*
 * A machine where one device, T, has an IOMMU, and others have not: what is kept apart. U and V sit behind root ports, and V is a
 * function of a card whose other one a driver of the host has.
 */
/* machine: real -u -d edu,dma_mask=0xffffffffff,bus=pcie.0,addr=05.0 -d pxb-pcie,id=pxb,bus_nr=128,bypass_iommu=on,bus=pcie.0,addr=08.0 -d pcie-root-port,id=p1,chassis=1,bus=pxb,addr=00.0 -d edu,dma_mask=0xffffffffff,bus=p1,addr=00.0 -d pcie-root-port,id=p2,chassis=2,bus=pxb,addr=01.0 -d edu,bus=p2,addr=00.0,multifunction=on -d pci-serial,bus=p2,addr=00.1 ; ours --device edu,dma_mask=0xffffffffff,addr=0000:00:05.0 --device edu,dma_mask=0xffffffffff,addr=0000:81:00.0,iommu=none --device edu,addr=0000:82:00.0,iommu=none --device edu,addr=0000:82:00.1,iommu=none,driver=serial */
#define NOIOMMU_BDFS "0000:00:05.0", "0000:81:00.0", "0000:82:00.0"
#define NOIOMMU_NAMES "T", "U", "V"
#include "noiommu.h"

enum { T = D, U = E, V };

/* The group of T has a name without a word before its number. */
static int translated_open(void)
{
	use(T);
	snprintf(t_group_path, sizeof(t_group_path), "/dev/vfio/%d", t_group);
	return callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group of T)");
}

static void reset_info(int d)
{
	struct {
		struct vfio_pci_hot_reset_info info;
		struct vfio_pci_dependent_device devices[4];
	} h = { { sizeof(h), 0, 0 }, { { 0 } } };
	call(ioctl(d, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &h), "GET_PCI_HOT_RESET_INFO()");
	more(" flags=%x count=%u", h.info.flags, h.info.count);
	use(U);
	for (__u32 i = 0; h.info.count <= 4 && i < h.info.count; i++)
		if (h.info.flags)
			more(" devid=%u", h.devices[i].group_id);
		else
			more(" group=%s", (int)h.devices[i].group_id == t_group ? "U's" : "another");
}

static void hot_reset(int d, int g, const char *what)
{
	struct {
		struct vfio_pci_hot_reset head;
		__s32 fd;
	} r = { { sizeof(r), 0, g == -1 ? 0 : 1 }, g };
	call(ioctl(d, VFIO_DEVICE_PCI_HOT_RESET, &r), "PCI_HOT_RESET(%s)", what);
}

static void containers(void)
{
	section("containers");
	int c = open_container(), c2 = open_container(), t = translated_open(), u = group_open(U);
	extensions(c);
	set_container(t, c, "c");
	extensions(c);
	set_container(u, c, "c");
	set_iommu(c, T_NOIOMMU);
	set_container(u, c2, "c2");
	extensions(c2);
	set_iommu(c2, T_TYPE1);
	unset_container(t);
	set_container(t, c2, "c2");
	set_iommu(c2, T_NOIOMMU);
	set_container(t, c2, "c2");
	set_container(t, c, "c");
	set_iommu(c, T_TYPE1v2);
	extensions(c);
	unset_container(u);
	extensions(c2);
	set_container(u, c, "c");
	unset_container(t);
	set_container(u, c, "c, which the other has left");
	set_iommu(c, T_NOIOMMU);
	set_container(t, c2, "c2, which the other has left");
	set_iommu(c2, T_TYPE1v2);
	section("both devices, each in its own");
	int td = get_device(t, T), ud = get_device(u, U);
	uint64_t *memory = pages(1);
	*memory = 1;
	config_put(td, 4, 0x0506);
	config_put(ud, 4, 0x0506);
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)memory, 0x100000, PAGE };
	call(ioctl(c2, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA()");
	dma(td, 0x100000, memory);
	dma(ud, physical(memory), memory);
	section("hot reset by groups");
	reset_info(ud);
	hot_reset(ud, t, "the other's group");
	hot_reset(ud, u, "its group");
	hot_reset(ud, -1, "nobody");
	call(ioctl(ud, VFIO_DEVICE_RESET), "RESET()");
	closing(&td, "T");
	closing(&ud, "U");
	closing(&t, "group T");
	closing(&u, "group U");
	close(c);
	close(c2);
}

static void compat(void)
{
	section("an iommufd in a container's place");
	int i = open_iommu(), t = translated_open(), u = group_open(U);
	set_container(t, i, "iommufd");
	set_container(u, i, "iommufd");
	set_iommu(i, T_NOIOMMU);
	close(i);
	i = open_iommu();
	set_container(u, i, "another iommufd");
	unset_container(t);
	set_container(t, i, "another iommufd");
	set_iommu(i, T_NOIOMMU);
	set_iommu(i, T_TYPE1);
	closing(&t, "group T");
	closing(&u, "group U");
	close(i);
}

static void get_pa(int i, __u32 s, __u64 iova, const void *expected)
{
	struct t_get_pa p = { sizeof(p), 0, s, 0, iova, PAGE, 0 };
	if (call(ioctl(i, T_GET_PA, &p), "GET_PA(ioas=%u, iova=%#llx)", s, (long long)iova) == 0)
		more(" length=%#llx as in pagemap: %s", (long long)p.length, p.phys == physical(expected) ? "yes" : "no");
}

static int translated_node(void)
{
	t_bdf = bdfs[T];
	return callfd(open(cdev_path(), O_RDWR | O_CLOEXEC), "open(node of T)");
}

/* Each device and the page tables of the other, as a first attachment and as a replacement. */
static void tables(void)
{
	section("page tables of the other's kind");
	int i = open_iommu(), td = translated_node(), ud = node_open(U);
	bind_device(td, i, "T");
	bind_device(ud, i, "U");
	__u32 a = ioas(i), b = ioas(i);
	struct t_hwpt_alloc h = { sizeof(h), 0, 2, b, 0, 0, 0, 0, 0, 0, 0 };
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(U)");
	attach_pt(td, h.out_hwpt_id);
	attach_pt(td, a);
	attach_pt(ud, b);
	attach_pt(td, b);
	attach_pt(td, a);
	attach_pt(ud, a);
	detach_pt(td);
	attach_pt(td, b);
	attach_pt(ud, b);
	detach_pt(td);
	detach_pt(ud);
	uint64_t *memory = pages(1);
	*memory = 1;
	map(i, b, T_FIXED_RW, memory, PAGE, 0x100000, "a page");
	get_pa(i, b, 0x100000, memory);
	attach_pt(ud, a);
	map(i, a, T_FIXED_RW, memory, PAGE, 0xfee00000, "MSI's window");
	attach_pt(td, a);
	unmap(i, a, 0xfee00000, PAGE);
	map(i, a, T_FIXED_RW, memory, PAGE, 1ull << 48, "2^48");
	attach_pt(td, a);
	closing(&td, "T");
	closing(&ud, "U");
	close(i);
}

static void address_space(bool translatedFirst)
{
	section(translatedFirst ? "one address space, T first" : "one address space, U first");
	int i = open_iommu(), td = translated_node(), ud = node_open(U);
	bind_device(td, i, "T");
	bind_device(ud, i, "U");
	__u32 s = ioas(i);
	uint64_t *memory = pages(1);
	*memory = 1;
	map(i, s, T_FIXED_RW, memory, PAGE, 0x100000, "a page");
	get_pa(i, s, 0x100000, memory);
	attach_pt(translatedFirst ? td : ud, s);
	get_pa(i, s, 0x100000, memory);
	ranges(i, s, 4);
	attach_pt(translatedFirst ? ud : td, s);
	get_pa(i, s, 0x100000, memory);
	ranges(i, s, 4);
	config_put(td, 4, 0x0506);
	config_put(ud, 4, 0x0506);
	dma(td, 0x100000, memory);
	dma(ud, physical(memory), memory);
	for (int k = 1; k <= 2; k++) {
		struct t_hw_info w = { sizeof(w), 0, k, 0, 0, 0, 0xaa, { 0 }, 0xaa };
		call(ioctl(i, T_GET_HW_INFO, &w), "GET_HW_INFO(%d)", k);
	}
	struct t_hwpt_alloc h = { sizeof(h), 0, 1, s, 0, 0, 0, 0, 0, 0, 0 };
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(T)");
	attach_pt(ud, h.out_hwpt_id);
	destroy(i, h.out_hwpt_id);
	h.dev_id = 2;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(U)");
	attach_pt(td, h.out_hwpt_id);
	attach_pt(ud, h.out_hwpt_id);
	detach_pt(ud);
	get_pa(i, s, 0x100000, memory);
	destroy(i, h.out_hwpt_id);
	get_pa(i, s, 0x100000, memory);
	section("hot reset by nodes");
	reset_info(ud);
	hot_reset(ud, -1, "nobody");
	closing(&td, "T");
	reset_info(ud);
	closing(&ud, "U");
	close(i);
}

/* A function that has no group, since VFIO has made none for it. */
static void sibling(void)
{
	section("a card with a function that has no group");
	call(access("/sys/bus/pci/devices/0000:82:00.1/iommu_group", F_OK), "access(its group)");
	call(access("/sys/bus/pci/devices/0000:80:00.0/iommu_group", F_OK), "access(the bridge's group)");
	int c = open_container(), g = group_open(V);
	status(g);
	set_container(g, c, "c");
	set_iommu(c, T_NOIOMMU);
	int d = get_device(g, V);
	reset_info(d);
	struct vfio_pci_hot_reset_info h = { sizeof(h), 0, 0 };
	call(ioctl(d, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &h), "GET_PCI_HOT_RESET_INFO(no room)");
	more(" count=%u", h.count);
	hot_reset(d, g, "its group");
	closing(&d, "V");
	closing(&g, "group V");
	close(c);
	int i = open_iommu();
	d = node_open(V);
	bind_device(d, i, "V");
	reset_info(d);
	hot_reset(d, -1, "nobody");
	closing(&d, "V");
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	containers();
	compat();
	address_space(true);
	address_space(false);
	tables();
	sibling();
	return finish();
}
