/* What an IOMMU that cannot keep devices from forging interrupts lets a program do. */
#include "edu.h"
#include "iommufd.h"

static void parameter(const char *path)
{
	char text[16] = { 0 };
	int fd = open(path, O_RDONLY);
	call(fd < 0 ? -1 : read(fd, text, sizeof(text) - 1), "%s", path);
	if (fd >= 0) {
		more(" %.1s", text);
		close(fd);
	}
}

static long set_iommu(int c, unsigned long type)
{
	return call(ioctl(c, VFIO_SET_IOMMU, type), "SET_IOMMU(%lu)", type);
}

static void by_container(unsigned long type)
{
	note("== a container, type %lu", type);
	int c = open_container(), g = open_group();
	call(ioctl(c, VFIO_CHECK_EXTENSION, type), "CHECK_EXTENSION(%lu)", type);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	struct vfio_group_status s = { sizeof(s), 0 };
	call(ioctl(g, VFIO_GROUP_GET_STATUS, &s), "GET_STATUS");
	more(" flags=%x", s.flags);
	set_iommu(c, 99);
	set_iommu(c, type);
	set_iommu(c, type);
	struct t_type1_info i = { sizeof(i), 0, 0, 0, 0 };
	call(ioctl(c, VFIO_IOMMU_GET_INFO, &i), "IOMMU_GET_INFO");
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)pages(1), 0x100000, PAGE };
	call(ioctl(c, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA");
	m.iova = 0xfee00000;
	call(ioctl(c, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(0xfee00000)");
	int d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	call(ioctl(g, VFIO_GROUP_GET_STATUS, &s), "GET_STATUS");
	more(" flags=%x", s.flags);
	if (d >= 0)
		close(d);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	close(g);
	close(c);
}

static void by_iommufd(void)
{
	section("an iommufd");
	int i = open_iommu(), d = open_cdev();
	bind_device(d, -1, "-1");
	bind_device(d, i, "an iommufd");
	bind_device(d, i, "again");
	__u32 id = ioas(i);
	attach_pt(d, id);
	ranges(i, id, 8);
	call(close(d), "close(device)");
	int g = open(t_group_path, O_RDWR | O_CLOEXEC);
	callfd(g, "open(group)");
	close(g);
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	section("parameters");
	parameter("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	by_container(T_TYPE1);
	by_container(T_TYPE1v2);
	by_iommufd();
	return finish();
}
