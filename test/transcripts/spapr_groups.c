/*
 * Two groups, each on a host bridge of its own: version 1 takes one into a container, version 2 both, which then share windows and
 * mappings; what a container of each has of registered memory; groups that come and go.
 */
/* machine: real power -d spapr-pci-host-bridge,index=1,id=b1 -d edu,bus=b1.0,addr=0 ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 --device edu,addr=0001:00:00.0 */
/* machine powernv: real powernv -d edu,bus=pcie.1 ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 --device edu,addr=0001:01:00.0 */
#include "spapr.h"

#define DYNAMIC 0x800000000000000ul
#define BDF_B (hypervised() ? "0001:00:00.0" : "0001:01:00.0")
static unsigned char *m;
static int a, b, c;

static int group_of(const char *bdf)
{
	char path[128], link[256];
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		die("readlink %s", path);
	link[n] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("open %s", path);
	return fd;
}

static void begin(void)
{
	a = group_of(t_bdf);
	b = group_of(BDF_B);
	c = open_container();
	m = memory(16);
	note("groups A and B, container c");
	locked();
}

static void end(void)
{
	close(a);
	close(b);
	close(c);
	note("all closed");
	locked();
}

static void joining(int type)
{
	note("== version %d: two groups join", type == T_SPAPR_TCE ? 1 : 2);
	begin();
	set_container(a, c, "c");
	set_container(b, c, "c");
	note("both are in, then SET_IOMMU:");
	set_iommu(c, T_SPAPR_TCE);
	set_iommu(c, T_SPAPR_TCE_v2);
	info(c, 32);
	enable(c);
	end();
	note("one is in, SET_IOMMU, then the other:");
	begin();
	set_container(a, c, "c");
	set_iommu(c, type);
	set_container(b, c, "c");
	info(c, 32);
	unset_container(a, "A");
	info(c, 32);
	set_container(a, c, "c");
	unset_container(b, "B");
	info(c, 32);
	unset_container(a, "A");
	info(c, 32);
	end();
	note("the container is enabled or has memory registered:");
	begin();
	set_container(a, c, "c");
	set_iommu(c, type);
	enable(c);
	reg(c, m, 0, 1);
	set_container(b, c, "c");
	unset_container(a, "A");
	set_container(b, c, "c");
	end();
}

static void windows(void)
{
	section("windows that both have");
	begin();
	set_container(a, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	reg(c, m, 0, 16);
	create(c, 16, 512 * MIB, 1);
	map(c, m, 0, 0, 4);
	map(c, m, 0, DYNAMIC, 4);
	note("B comes later:");
	set_container(b, c, "c");
	create(c, 16, 512 * MIB, 1);
	map(c, m, 4, 0x100000, 4);
	map(c, m, 4, DYNAMIC + 0x100000, 4);
	unmap(c, 0, 0x200000);
	unmap(c, DYNAMIC, 0x200000);
	tce_remove(c, DYNAMIC);
	create(c, 16, GIB, 1);
	map(c, m, 0, DYNAMIC, 4);
	note("A goes:");
	unset_container(a, "A");
	info(c, 32);
	map(c, m, 4, DYNAMIC, 4);
	unmap(c, DYNAMIC, 0x100000);
	tce_remove(c, DYNAMIC);
	tce_remove(c, 0);
	note("A comes back, there is no window:");
	set_container(a, c, "c");
	create(c, 12, GIB, 1);
	create(c, 16, 512 * MIB, 1);
	map(c, m, 0, 0, 4);
	unset_container(b, "B");
	map(c, m, 0, DYNAMIC, 4);
	unset_container(a, "A");
	map(c, m, 0, DYNAMIC, 4);
	end();
	section("the default window is pending while the second joins");
	begin();
	set_container(a, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	set_container(b, c, "c");
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 4);
	unset_container(a, "A");
	unmap(c, 0, 4 * PAGE);
	map(c, m, 0, 0, 4);
	end();
	section("the default window is called off, or gone, when the second joins");
	begin();
	set_container(a, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	reg(c, m, 0, 4);
	map(c, m, 0, 0, 4);
	tce_remove(c, 0);
	set_container(b, c, "c");
	map(c, m, 0, 0, 4);
	create(c, 12, GIB, 1);
	map(c, m, 0, 0, 4);
	end();
}

static void two_containers(void)
{
	section("a container for each, the same memory");
	begin();
	int c2 = open_container();
	set_container(a, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	set_container(b, c2, "c2");
	set_iommu(c2, T_SPAPR_TCE_v2);
	reg(c, m, 0, 8);
	reg(c2, m, 0, 8);
	reg(c2, m, 0, 8);
	reg(c2, m, 0, 4);
	reg(c2, m, 4, 8);
	reg(c2, m, 8, 4);
	map(c, m, 0, 0, 8);
	map(c2, m, 0, 0, 8);
	note("c2 has not registered pages 12 to 15, c has:");
	reg(c, m, 12, 4);
	map(c2, m, 12, 0x100000, 4);
	unreg(c2, m, 12, 4);
	unmap(c2, 0, 0x200000);
	unreg(c2, m, 0, 8);
	unreg(c2, m, 0, 8);
	map(c2, m, 0, 0, 8);
	unmap(c, 0, 0x200000);
	unreg(c, m, 0, 8);
	map(c, m, 0, 0, 8);
	reg(c, m, 0, 4);
	close_it(c2, "c2");
	close_it(b, "B");
	unreg(c, m, 0, 8);
	reg(c, m, 0, 4);
	reg(c, m, 0, 8);
	b = c2 = -1;
	end();
	section("version 1 and version 2 side by side");
	begin();
	c2 = open_container();
	set_container(a, c, "c");
	set_iommu(c, T_SPAPR_TCE);
	set_container(b, c2, "c2");
	set_iommu(c2, T_SPAPR_TCE_v2);
	enable(c);
	reg(c2, m, 0, 4);
	map(c, m, 0, 0, 16);
	map(c2, m, 0, 0, 4);
	map(c2, m, 4, 0, 4);
	close_it(c2, "c2");
	end();
	section("a container for each process");
	begin();
	set_container(a, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	reg(c, m, 0, 8);
	map(c, m, 0, 0, 8);
	pid_t pid = child_start();
	if (pid == 0) {
		t_locked = locked_now();
		note("child:");
		c2 = open_container();
		set_container(b, c2, "c2");
		set_iommu(c2, T_SPAPR_TCE_v2);
		map(c2, m, 0, 0, 8);
		reg(c2, m, 0, 8);
		map(c2, m, 0, 0, 8);
		set_container(b, c, "c");
		unset_container(b, "B");
		set_container(b, c, "c");
		child_end();
	}
	child_wait(pid);
	note("parent:");
	map(c, m, 0, 0x100000, 8);
	unset_container(b, "B");
	unmap(c, 0, 0x200000);
	unreg(c, m, 0, 8);
	end();
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	joining(T_SPAPR_TCE);
	joining(T_SPAPR_TCE_v2);
	windows();
	two_containers();
	return finish();
}
