/*
 * What a process without CAP_SYS_RAWIO may do on a machine without an IOMMU, and one without CAP_SYS_ADMIN. Where the program itself
 * has not got them it says so, and is not counted.
 */
/* machine: real -i -u -d edu,dma_mask=0xffffffffff -d edu,dma_mask=0xffffffffff ; ours --iommu none --capabilities enforce --device edu,dma_mask=0xffffffffff,addr=0000:00:05.0 --device edu,dma_mask=0xffffffffff,addr=0000:00:06.0 */
#include "noiommu.h"

static void without_rights(void)
{
	section("in a child without CAP_SYS_RAWIO");
	int c = open_container(), g = group_open(D), other = group_open(E), n = node_open(E), i = open_iommu();
	int c2 = open_container();
	set_container(g, c, "container");
	__u32 s = ioas(i);
	pid_t pid = child_start();
	if (pid == 0) {
		drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
		extensions(c);
		extensions(c2);
		group_open(D);
		use(D);
		status(g);
		set_iommu(c, T_NOIOMMU);
		set_iommu(c, T_TYPE1);
		set_container(g, c, "container");
		set_container(other, c2, "another container");
		set_container(other, i, "an iommufd");
		set_container(other, -1, "-1");
		get_device(g, D);
		call(ioctl(i, VFIO_SET_IOMMU, T_NOIOMMU), "iommufd: SET_IOMMU(8)");
		call(ioctl(i, VFIO_CHECK_EXTENSION, T_NOIOMMU), "iommufd: CHECK_EXTENSION(8)");
		unset_container(other);
		node_open(D);
		bind_device(n, i, "its iommufd");
		get_physical_address(i, s);
		child_end();
	}
	child_wait(pid);
	section("a child without it has a container whose IOMMU is set");
	set_iommu(c, T_NOIOMMU);
	pid = child_start();
	if (pid == 0) {
		drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
		extensions(c);
		get_device(g, D);
		unset_container(g);
		set_container(g, c, "container");
		child_end();
	}
	child_wait(pid);
	status(g);
	set_container(g, c, "container");
	set_iommu(c, T_NOIOMMU);
	int first = get_device(g, D);
	pid = child_start();
	if (pid == 0) {
		drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
		get_device(g, D);
		child_end();
	}
	child_wait(pid);
	close(first);
	closing(&g, "group");
	close(c);
	close(c2);
	closing(&other, "other group");
	section("a node that is bound");
	pid = child_start();
	if (pid == 0) {
		drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
		bind_device(n, i, "its iommufd");
		bind_device(n, -1, "-1");
		bind_device(n, 0, "no iommufd");
		child_end();
	}
	child_wait(pid);
	bind_device(n, i, "its iommufd");
	pid = child_start();
	if (pid == 0) {
		drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
		attach_pt(n, s);
		works(n);
		detach_pt(n);
		get_physical_address(i, s);
		child_end();
	}
	child_wait(pid);
	close(n);
	close(i);
	section("a device by an iommufd in a container's place");
	i = open_iommu();
	g = group_open(D);
	set_container(g, i, "an iommufd");
	pid = child_start();
	if (pid == 0) {
		drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
		call(ioctl(i, VFIO_SET_IOMMU, T_NOIOMMU), "iommufd: SET_IOMMU(8)");
		get_device(g, D);
		child_end();
	}
	child_wait(pid);
	int d = get_device(g, D);
	pid = child_start();
	if (pid == 0) {
		drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
		get_device(g, D);
		uint32_t v = 0;
		call(pread(d, &v, 4, EDU_ID), "pread(ID)");
		child_end();
	}
	child_wait(pid);
	close(d);
	close(g);
	close(i);
}

static void frames(void)
{
	section("frame numbers");
	uint64_t *memory = pages(1);
	*memory = 1;
	int before = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t e = 0;
	note("with CAP_SYS_ADMIN: %s", physical(memory) ? "known" : "zero");
	drop(CAP_SYS_ADMIN, "CAP_SYS_ADMIN");
	e = pagemap_entry(memory);
	note("present %d, frame %s", (int)(e >> 63), e & PM_FRAME ? "known" : "zero");
	call(pread(before, &e, 8, (uintptr_t)memory / PAGE * 8), "pread(opened before)");
	more(" frame %s", e & PM_FRAME ? "known" : "zero");
}

#define PARAMETER "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

static void put(const char *path, const char *name, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	call(fd < 0 ? -1 : write(fd, text, strlen(text)), "%s: write(%.*s)", name, (int)strcspn(text, "\n"), text);
	if (fd >= 0)
		close(fd);
}

static void enable(const char *text)
{
	char b[8] = { 0 };
	put(PARAMETER, "parameter", text);
	int fd = open(PARAMETER, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, b, sizeof(b) - 1) < 0)
		die("parameter");
	close(fd);
	more(" %.1s", b);
}

/* Whether the group of E is there. */
static void there(void)
{
	char link[256];
	ssize_t n = readlink("/sys/bus/pci/devices/0000:00:06.0/iommu_group", link, sizeof(link) - 1);
	call(n < 0 ? -1 : 0, "readlink(iommu_group of E)");
	call(access("/sys/bus/pci/devices/0000:00:06.0/driver", F_OK), "access(driver of E)");
	call(access("/sys/bus/pci/devices/0000:00:06.0/vfio-dev", F_OK), "access(vfio-dev of E)");
	if (n >= 0) {
		use(E);
		call(access(t_group_path, F_OK), "access(node of E's group)");
	}
}

static void parameter(void)
{
	section("the parameter is written");
	int c = open_container(), empty = open_container(), g = group_open(D);
	set_container(g, c, "container");
	enable("N");
	extensions(c);
	extensions(empty);
	set_iommu(c, T_NOIOMMU);
	enable("1");
	set_iommu(c, T_NOIOMMU);
	enable("0\n");
	extensions(c);
	extensions(empty);
	int d = get_device(g, D);
	works(d);
	closing(&d, "device");
	closing(&g, "group");
	g = group_open(D);
	set_container(g, empty, "another container");
	set_iommu(empty, T_NOIOMMU);
	closing(&g, "group");
	close(c);
	close(empty);
	enable("x");
	enable("");
	enable("on");
	enable("off");
	section("a driver that comes and goes");
	there();
	put("/sys/bus/pci/drivers/vfio-pci/unbind", "unbind", bdfs[E]);
	there();
	put("/sys/bus/pci/drivers/vfio-pci/bind", "bind", bdfs[E]);
	there();
	enable("y");
	put("/sys/bus/pci/drivers/vfio-pci/bind", "bind", bdfs[E]);
	there();
	section("the group's type");
	char path[128];
	use(D);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/type", t_group);
	put(path, "type", "DMA");
	put(path, "type", "unknown");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	__u32 wanted = (1u << CAP_SYS_RAWIO) | (1u << CAP_SYS_ADMIN);
	if ((effective(~0u) & wanted) != wanted) {
		note("needs CAP_SYS_RAWIO and CAP_SYS_ADMIN");
		flush();
		return 77;
	}
	use(D);
	without_rights();
	parameter();
	frames();
	return finish();
}
