/*
 * A group that is not viable: a driver of the host has one of its devices. What its status says, what refuses it, and that other
 * groups do not care.
 */
/* machine: real -d pcie-root-port,id=p1,chassis=1,addr=06.0 -d edu,bus=p1,addr=00.0,multifunction=on -d pci-serial,bus=p1,addr=00.1 -d pcie-root-port,id=p2,chassis=2,addr=07.0 -d edu,bus=p2,addr=00.0 -d edu,addr=05.0 ; ours --device edu,addr=0000:00:05.0 --device edu,addr=0000:01:00.0 --device edu,addr=0000:01:00.1,driver=serial --device edu,addr=0000:02:00.0 */
#include "devices.h"

static void link_of(const char *path)
{
	char link[512];
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	call(n < 0 ? -1 : 0, "readlink(%s)", path);
	if (n >= 0) {
		link[n] = 0;
		char *last = strrchr(link, '/');
		if (strncmp(link, "../../../devices/pci", 20))
			more(" ends in %s", last);
	}
}

static void in_sysfs(void)
{
	section("sysfs");
	link_of("/sys/bus/pci/devices/0000:01:00.0/driver");
	link_of("/sys/bus/pci/devices/0000:01:00.1/driver");
	link_of("/sys/bus/pci/drivers/serial/0000:01:00.1");
	link_of("/sys/bus/pci/drivers/vfio-pci/0000:01:00.1");
	call(access("/sys/bus/pci/devices/0000:01:00.0/vfio-dev", F_OK), "access(vfio-dev of A0)");
	call(access("/sys/bus/pci/devices/0000:01:00.1/vfio-dev", F_OK), "access(vfio-dev of A1)");
	note("one group: %s", group_of(A0) == group_of(A1) ? "yes" : "no");
	group_of(A0);
	call(access(t_group_path, F_OK), "access(group's node)");
}

static long set_raw_container(int g, int fd, const char *what)
{
	return call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &fd), "SET_CONTAINER(%s)", what);
}

static void by_group(void)
{
	section("the group");
	int c = open_container(), used = open_container(), e = eventfd(0, EFD_CLOEXEC);
	struct setup b = { used, -1, -1 };
	b.group = group_open(B);
	set_container(b.group, used, "B");
	call(ioctl(used, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(TYPE1v2)");
	int g = group_open(A0);
	group_open(A0);
	status(g, "A");
	get_device(g, A0);
	get_device(g, A1);
	get_device(g, B);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, NULL), "SET_CONTAINER(NULL)");
	set_raw_container(g, -1, "-1");
	set_raw_container(g, e, "an eventfd");
	set_raw_container(g, g, "itself");
	set_raw_container(g, c, "an empty container");
	set_raw_container(g, used, "a container with an IOMMU");
	status(g, "A");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(TYPE1v2)");
	call(ioctl(c, VFIO_CHECK_EXTENSION, T_TYPE1v2), "CHECK_EXTENSION(TYPE1v2)");
	get_device(g, A0);
	get_device(g, A1);
	section("another group beside it");
	b.device = get_device(b.group, B);
	status(b.group, "B");
	struct vfio_pci_hot_reset *h = pages(1);
	*h = (struct vfio_pci_hot_reset){ 16, 0, 1 };
	h->group_fds[0] = g;
	call(ioctl(b.device, VFIO_DEVICE_PCI_HOT_RESET, h), "PCI_HOT_RESET(group A)");
	h->group_fds[0] = b.group;
	call(ioctl(b.device, VFIO_DEVICE_PCI_HOT_RESET, h), "PCI_HOT_RESET(group B)");
	detach(&b);
	closing(&g, "group A");
	g = group_open(A0);
	status(g, "A");
	closing(&g, "group A");
	close(c);
	close(e);
}

static void by_node(void)
{
	section("the devices' own nodes");
	int i = open_iommu(), a0 = cdev_open(A0), b = cdev_open(B);
	bind_device(a0, -1, "-1");
	bind_device(a0, i, "A0");
	bind_device(a0, i, "A0");
	struct t_device_info info = { sizeof(info), 0, 0, 0, 0, 0 };
	call(ioctl(a0, VFIO_DEVICE_GET_INFO, &info), "GET_INFO(A0)");
	int g = group_open(A0);
	bind_device(a0, i, "A0, its group open");
	status(g, "A");
	closing(&g, "group A");
	bind_device(b, i, "B");
	bind_device(a0, i, "A0");
	__u32 id = ioas(i);
	attach_pt(a0, id);
	attach_pt(b, id);
	closing(&a0, "A0");
	closing(&b, "B");
	close(i);
}

int main(int argc, char **argv)
{
	t_bdf = bdfs[R];
	start(argc, argv);
	in_sysfs();
	by_group();
	by_node();
	return finish();
}
