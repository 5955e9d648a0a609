/*
 * Groups and containers without an IOMMU: names in /dev and sysfs, what a container can do for them, the device, its DMA, and the
 * orders of closing.
 */
/* machine: real -i -u -d edu,dma_mask=0xffffffffff -d edu,dma_mask=0xffffffffff ; ours --iommu none --device edu,dma_mask=0xffffffffff,addr=0000:00:05.0 --device edu,dma_mask=0xffffffffff,addr=0000:00:06.0 */
#include "noiommu.h"
#include <dirent.h>

static void content(const char *format, ...)
{
	char path[256], b[512];
	va_list ap;
	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long n = call(fd < 0 ? -1 : read(fd, b, sizeof(b) - 1), "%s", normal(path));
	for (long i = 0; i < n; i++)
		b[i] = b[i] == '\n' ? '|' : b[i];
	b[n < 0 ? 0 : n] = 0;
	char *text = strstr(b, "DEVNAME") ? strstr(b, "DEVNAME") : b;
	if (text != b)
		text[strcspn(text, "|")] = 0;
	more(" %s", normal(text));
	if (fd >= 0)
		close(fd);
}

static void node(const char *path)
{
	struct stat st;
	if (call(stat(path, &st), "stat(%s)", normal(path)))
		return;
	more(" type=%o mode=%04o rdev=%s", st.st_mode & S_IFMT, st.st_mode & 0700, major(st.st_rdev) == 10 ? "10" : "dynamic");
}

static void link_of(const char *format, ...)
{
	char path[256], b[512];
	va_list ap;
	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	ssize_t n = readlink(path, b, sizeof(b) - 1);
	call(n < 0 ? -1 : 0, "readlink(%s)", normal(path));
	if (n >= 0) {
		b[n] = 0;
		more(" %s", normal(b));
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void listing(const char *format, ...)
{
	char path[256], *all[64];
	va_list ap;
	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	DIR *dir = opendir(path);
	call(dir ? 0 : -1, "opendir(%s)", normal(path));
	size_t n = 0;
	for (struct dirent *e; dir && n < 64 && (e = readdir(dir));) {
		char name[300];
		snprintf(name, sizeof(name), "/%s", e->d_name);
		all[n++] = strdup(normal(name));
	}
	qsort(all, n, sizeof(all[0]), by_name);
	for (size_t i = 0; i < n; i++)
		more(" %s", all[i] + 1);
	if (dir)
		closedir(dir);
}

static void in_sysfs(void)
{
	section("files");
	content("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	char path[128];
	snprintf(path, sizeof(path), "/dev/vfio/%d", t_group);
	node(path);
	node(t_group_path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", atoi(node_name(D) + strlen("noiommu-vfio")));
	call(access(path, F_OK), "access(/dev/vfio/devices/vfioN)");
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", node_name(D));
	node(path);
	node("/dev/vfio/vfio");
	link_of("/sys/bus/pci/devices/%s/iommu_group", t_bdf);
	link_of("/sys/bus/pci/devices/%s/iommu", t_bdf);
	link_of("/sys/class/vfio/noiommu-%d", t_group);
	link_of("/sys/class/vfio/%d", t_group);
	link_of("/sys/class/vfio-dev/%s", node_name(D));
	link_of("/sys/kernel/iommu_groups/%d/devices/%s", t_group, t_bdf);
	listing("/sys/kernel/iommu_groups/%d", t_group);
	listing("/sys/class/vfio/noiommu-%d", t_group);
	listing("/sys/bus/pci/devices/%s/vfio-dev", t_bdf);
	listing("/sys/bus/pci/devices/%s/vfio-dev/%s", t_bdf, node_name(D));
	content("/sys/kernel/iommu_groups/%d/name", t_group);
	content("/sys/kernel/iommu_groups/%d/type", t_group);
	content("/sys/kernel/iommu_groups/%d/reserved_regions", t_group);
	content("/sys/class/vfio/noiommu-%d/uevent", t_group);
	content("/sys/class/vfio-dev/%s/uevent", node_name(D));
	node("/sys/kernel/iommu_groups");
}

/* Ioctls that only an IOMMU's driver knows. */
static void translations(int c)
{
	struct t_type1_info info = { sizeof(info), 0, 0, 0, 0 };
	call(ioctl(c, VFIO_IOMMU_GET_INFO, &info), "IOMMU_GET_INFO()");
	call(ioctl(c, VFIO_IOMMU_GET_INFO, NULL), "IOMMU_GET_INFO(NULL)");
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)pages(1), 0x100000, PAGE };
	call(ioctl(c, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA()");
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, 0x100000, PAGE };
	call(ioctl(c, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA()");
	__u32 dirty[4] = { 24, T_DIRTY_START, 0, 0 };
	call(ioctl(c, VFIO_IOMMU_DIRTY_PAGES, dirty), "DIRTY_PAGES()");
	call(ioctl(c, T_IO(0x72), NULL), "SPAPR_TCE_GET_INFO");
	call(ioctl(c, T_IO(0x80), NULL), "an iommufd's");
	call(ioctl(c, T_IO(0x60), NULL), "an unknown one");
	call(ioctl(c, VFIO_GROUP_GET_STATUS, NULL), "a group's");
}

static const long types[] = { 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 99, -1, 8 + (1l << 32) };

static void by_container(void)
{
	section("a container");
	int c = open_container();
	extensions(c);
	set_iommu(c, T_NOIOMMU);
	translations(c);
	int g = group_open(D);
	open_flags(g);
	fd_link(g, "group");
	fd_stat(g, "group");
	group_open(D);
	status(g);
	unset_container(g);
	get_device(g, D);
	get_device(g, E);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, NULL), "SET_CONTAINER(NULL)");
	set_container(g, -1, "-1");
	set_container(g, g, "itself");
	set_container(g, c, "container");
	set_container(g, c, "container");
	status(g);
	extensions(c);
	get_device(g, D);
	for (size_t i = 0; i < COUNT(types); i++)
		set_iommu(c, types[i]);
	translations(c);
	set_iommu(c, T_NOIOMMU);
	set_iommu(c, T_NOIOMMU);
	set_iommu(c, T_TYPE1);
	extensions(c);
	translations(c);
	status(g);
	set_container(g, c, "container");
	section("the device");
	int d = get_device(g, D);
	fd_link(d, "device");
	works(d);
	call(ioctl(d, VFIO_DEVICE_RESET), "RESET()");
	struct {
		struct vfio_pci_hot_reset_info info;
		struct vfio_pci_dependent_device devices[4];
	} h = { { sizeof(h), 0, 0 }, { { 0 } } };
	call(ioctl(d, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &h), "GET_PCI_HOT_RESET_INFO()");
	struct t_bind b = { 16, 0, c, 0, 0 };
	call(ioctl(d, T_BIND, &b), "BIND()");
	int second = get_device(g, D);
	unset_container(g);
	translations(c);
	closing(&second, "second");
	section("DMA");
	uint64_t *memory = pages(1);
	memory[1] = 1;
	note("present %d", (int)(pagemap_entry(memory) >> 63));
	dma(d, physical(memory + 1), memory + 1);
	note("beside it %llx %llx", (long long)memory[0], (long long)memory[2]);
	uint64_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared[511] = 1;
	dma(d, physical(shared + 511), shared + 511);
	config_put(d, 4, 0x0502);
	*memory = 5;
	edu_dma(d, physical(memory), true);
	note("without Bus Master: %llx", (long long)*memory);
	config_put(d, 4, 0x0506);
	section("another group beside it");
	int e = group_open(E);
	set_container(e, c, "container");
	status(e);
	int ed = get_device(e, E);
	config_put(ed, 4, 0x0506);
	dma(ed, physical(memory), memory);
	closing(&ed, "E");
	unset_container(e);
	status(e);
	extensions(c);
	closing(&e, "group E");
	section("closing");
	unset_container(g);
	closing(&d, "device");
	unset_container(g);
	status(g);
	extensions(c);
	set_iommu(c, T_NOIOMMU);
	get_device(g, D);
	closing(&g, "group");
	closing(&c, "container");
}

/* The two in a container that has its IOMMU already; and then one in it after another. */
static void orders(void)
{
	static const char *const letters[] = { "cgd", "cdg", "gcd", "gdc", "dcg", "dgc" };
	for (size_t i = 0; i < COUNT(letters); i++) {
		note("== closing in the order %s", letters[i]);
		int c = open_container(), g = group_open(D);
		set_container(g, c, "container");
		set_iommu(c, T_NOIOMMU);
		int d = get_device(g, D);
		for (const char *p = letters[i]; *p; p++) {
			closing(*p == 'c' ? &c : *p == 'g' ? &g : &d, *p == 'c' ? "container" : *p == 'g' ? "group" : "device");
			if (c >= 0) {
				extensions(c);
				set_iommu(c, T_NOIOMMU);
			}
			if (g >= 0) {
				status(g);
				unset_container(g);
			} else {
				int again = group_open(D);
				if (again >= 0)
					close(again);
			}
			if (d >= 0) {
				uint32_t v = 0;
				call(pread(d, &v, 4, EDU_ID), "pread(ID)");
				more(" %x", v);
			}
		}
	}
}

int main(int argc, char **argv)
{
	start(argc, argv);
	use(D);
	in_sysfs();
	by_container();
	orders();
	return finish();
}
