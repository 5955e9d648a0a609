/*
 * Virtual functions: how vfio-pci makes them, what they look like, and the token that the client of a virtual function must share with that
 * of the physical one, by groups and by nodes. QEMU's igb.
 */
/* machine: real -d igb ; ours --device replica,config=@machines@/igb.config,resource=@machines@/igb.resource,writable=@machines@/igb.writable,vf_config=@machines@/igbvf.config,vf_writable=@machines@/igbvf.writable,addr=0000:00:05.0 */
#include "edu.h"
#include "iommufd.h"
#include "sysfs.h"

#define PF "0000:00:05.0"
#define VF0 "0000:00:15.0"
#define VF1 "0000:00:15.2"
#define DEVICES "/sys/bus/pci/devices/"
#define NUMBER DEVICES PF "/sriov_numvfs"
#define PARAMETER "/sys/module/vfio_pci/parameters/enable_sriov"
#define TOKEN_A "52ac9bff-3a88-4fbd-901a-0d767c3b6c97"
#define TOKEN_B "88594674-90a0-47a9-aea8-9d9b352ac08a"

static const unsigned char a_bytes[16] = { 0x52, 0xac, 0x9b, 0xff, 0x3a, 0x88, 0x4f, 0xbd, 0x90, 0x1a, 0x0d, 0x76, 0x7c, 0x3b, 0x6c, 0x97 };
static const unsigned char b_bytes[16] = { 0x88, 0x59, 0x46, 0x74, 0x90, 0xa0, 0x47, 0xa9, 0xae, 0xa8, 0x9d, 0x9b, 0x35, 0x2a, 0xc0, 0x8a };

static void link_of(const char *path)
{
	char b[256];
	ssize_t n = readlink(path, b, sizeof(b) - 1);
	call(n < 0 ? -1 : 0, "readlink(%s)", path);
	if (n > 0) {
		b[n] = 0;
		more(" %s", strrchr(b, '/') + 1);
	}
}

static void count_of_nodes(void)
{
	static const char *const all[] = { PF, VF0, VF1 };
	for (int i = 0; i < 3; i++) {
		char path[128];
		snprintf(path, sizeof(path), DEVICES "%s/vfio-dev", all[i]);
		call(access(path, F_OK), "access(%s)", path);
	}
}

static void making(void)
{
	section("how many");
	get(DEVICES PF "/sriov_totalvfs");
	get(NUMBER);
	get(DEVICES PF "/sriov_offset");
	get(DEVICES PF "/sriov_stride");
	get(DEVICES PF "/sriov_vf_device");
	get(DEVICES PF "/sriov_vf_total_msix");
	get(DEVICES PF "/sriov_drivers_autoprobe");
	get(PARAMETER);
	put(NUMBER, "0");
	put(NUMBER, "1");
	put(NUMBER, "9");
	put(NUMBER, "x");
	put(NUMBER, "-1");
	put(NUMBER, "65536");
	put(PARAMETER, "Y");
	put(NUMBER, "0");
	put(NUMBER, "9");
	put(NUMBER, "2\n");
	get(NUMBER);
	put(NUMBER, "2");
	put(NUMBER, "1");
	put(NUMBER, "8");
	put(DEVICES PF "/sriov_totalvfs", "3");
	link_of(DEVICES PF "/virtfn0");
	link_of(DEVICES PF "/virtfn1");
	link_of(DEVICES PF "/virtfn2");
	link_of(DEVICES VF0 "/physfn");
	link_of(DEVICES VF0 "/driver");
	link_of(DEVICES VF1 "/driver");
	count_of_nodes();
	put(NUMBER, "0");
	get(NUMBER);
	count_of_nodes();
	link_of(DEVICES PF "/virtfn0");
	section("without a driver");
	put("/sys/bus/pci/drivers/vfio-pci/unbind", PF);
	put(NUMBER, "0");
	put(NUMBER, "1");
	get(DEVICES PF "/sriov_totalvfs");
	put("/sys/bus/pci/drivers/vfio-pci/bind", PF);
	section("autoprobe off");
	put(DEVICES PF "/sriov_drivers_autoprobe", "2");
	put(DEVICES PF "/sriov_drivers_autoprobe", "0");
	put(NUMBER, "1");
	link_of(DEVICES VF0 "/driver");
	get(DEVICES VF0 "/driver_override");
	put("/sys/bus/pci/drivers_probe", VF0);
	link_of(DEVICES VF0 "/driver");
	put(NUMBER, "0");
	put(DEVICES PF "/sriov_drivers_autoprobe", "1");
	section("the physical function's driver leaves");
	put(NUMBER, "2");
	put("/sys/bus/pci/drivers/vfio-pci/unbind", PF);
	count_of_nodes();
	get(NUMBER);
	put("/sys/bus/pci/drivers/vfio-pci/bind", PF);
	put(NUMBER, "2");
}

static void face(void)
{
	static const char *const names[] = {
		"vendor", "device", "subsystem_vendor", "subsystem_device", "class", "revision", "driver_override", "uevent",
		"modalias", "irq", "dma_mask_bits", "enable", "reset_method", "power_state", "msi_bus",
	};
	static const char *const there[] = { "remove", "rescan", "reset", "d3cold_allowed", "sriov_numvfs", "physfn", "resource0", "resource1", "resource3", "rom", "config", "virtfn0" };
	section("a virtual function in sysfs");
	char path[128];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), DEVICES VF1 "/%s", names[i]);
		get(path);
	}
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		snprintf(path, sizeof(path), DEVICES VF1 "/%s", there[i]);
		call(access(path, F_OK), "access(%s)", path);
	}
	for (int vf = 0; vf < 3; vf++) {
		char b[4096];
		snprintf(path, sizeof(path), DEVICES "%s/resource", vf == 0 ? PF : vf == 1 ? VF0 : VF1);
		int fd = open(path, O_RDONLY);
		ssize_t n = read(fd, b, sizeof(b) - 1);
		close(fd);
		b[n] = 0;
		unsigned long first, last, flags, base = 0;
		int line = 0;
		for (char *p = strtok(b, "\n"); p; p = strtok(NULL, "\n"), line++)
			if (sscanf(p, "%lx %lx %lx", &first, &last, &flags) == 3 && flags && (vf || line >= 7)) {
				base = base ? base : first;
				note("%s line %d: at +%lx, %lx bytes, flags %lx", vf ? "VF" : "PF", line, vf ? 0 : first - base, last - first + 1, flags);
			}
	}
	section("configuration space of a virtual function, by sysfs");
	unsigned char c[64];
	int fd = open(DEVICES VF0 "/config", O_RDONLY);
	call(pread(fd, c, sizeof(c), 0), "pread(what everybody may read)");
	close(fd);
	for (int i = 0; i < 64; i += 16) {
		note("%02x: ", i);
		hex(c + i, 16);
	}
}

static int group_number(const char *bdf)
{
	t_bdf = bdf;
	t_find_group();
	return t_group;
}

/* A container with an IOMMU and one group in it, without printing. */
static struct setup group_setup(const char *bdf)
{
	struct setup s = { -1, -1, -1 };
	group_number(bdf);
	s.container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	s.group = open(t_group_path, O_RDWR | O_CLOEXEC);
	if (s.group < 0 || ioctl(s.group, VFIO_GROUP_SET_CONTAINER, &s.container) || ioctl(s.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("group of %s", bdf);
	return s;
}

static int by_name(struct setup *s, const char *name)
{
	return callfd(ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, name), "GET_DEVICE_FD(%s)", name);
}

static void close_all(struct setup *s)
{
	if (s->device >= 0)
		close(s->device);
	close(s->group);
	close(s->container);
	s->device = -1;
}

static long feature(int d, unsigned flags, const void *data, unsigned size, unsigned argsz, const char *what)
{
	struct {
		__u32 argsz, flags;
		unsigned char data[16];
	} f = { argsz, flags, { 0 } };
	memcpy(f.data, data, size);
	return call(ioctl(d, T_IO(117), &f), "FEATURE(%s)", what);
}

static void tokens_by_group(void)
{
	section("tokens, by groups: nobody has the physical function");
	struct setup pf = group_setup(PF), v = group_setup(VF0), v1 = group_setup(VF1);
	int fd;
	by_name(&v, VF0);
	by_name(&v, VF0 " vf_token=" TOKEN_A);
	by_name(&v, VF0 " vf_token=52ac9bff");
	section("the physical function's client says one");
	by_name(&pf, PF " vf_token=nonsense");
	by_name(&pf, PF " vf_token=" TOKEN_A " vf_token=" TOKEN_A);
	pf.device = by_name(&pf, PF " vf_token=" TOKEN_A);
	by_name(&v, VF0);
	by_name(&v, VF0 " vf_token=" TOKEN_B);
	by_name(&v, VF0 " vf_token=" TOKEN_B " vf_token=" TOKEN_A);
	by_name(&v, VF0 " vf_token=" TOKEN_A "x");
	v.device = by_name(&v, VF0 "   vf_token=52AC9BFF-3A88-4FBD-901A-0D767C3B6C97 ");
	section("the virtual function is in use");
	by_name(&pf, PF);
	by_name(&pf, PF " vf_token=" TOKEN_B);
	fd = by_name(&pf, PF " vf_token=" TOKEN_A);
	close(fd);
	fd = by_name(&v, VF0);
	fd = by_name(&v, VF0 " vf_token=" TOKEN_A);
	close(fd);
	section("the physical function's client goes, and comes back");
	close(pf.device);
	by_name(&pf, PF);
	pf.device = by_name(&pf, PF " vf_token=" TOKEN_A);
	close(pf.device);
	v1.device = by_name(&v1, VF1 " vf_token=" TOKEN_A);
	close(v.device);
	v.device = -1;
	by_name(&pf, PF);
	close(v1.device);
	v1.device = -1;
	pf.device = by_name(&pf, PF);
	section("a token that was said before is good until another is");
	v.device = by_name(&v, VF0 " vf_token=" TOKEN_A);
	close(v.device);
	close(pf.device);
	pf.device = by_name(&pf, PF " vf_token=" TOKEN_B);
	v.device = by_name(&v, VF0 " vf_token=" TOKEN_A);
	v.device = by_name(&v, VF0 " vf_token=" TOKEN_B);
	close(v.device);
	v.device = -1;
	close_all(&pf);
	close_all(&v);
	close_all(&v1);
}

#define SET 0x20000
#define GET 0x10000
#define PROBE 0x40000

static void tokens_by_feature(void)
{
	section("tokens, by DEVICE_FEATURE");
	struct setup pf = group_setup(PF), v = group_setup(VF0);
	pf.device = by_name(&pf, PF);
	feature(pf.device, PROBE, a_bytes, 16, 24, "probe");
	feature(pf.device, PROBE | SET, a_bytes, 16, 24, "probe set");
	feature(pf.device, PROBE | GET, a_bytes, 16, 24, "probe get");
	feature(pf.device, PROBE | GET | SET, a_bytes, 16, 24, "probe get and set");
	feature(pf.device, GET, a_bytes, 16, 24, "get");
	feature(pf.device, SET, a_bytes, 16, 23, "set, 23 bytes");
	feature(pf.device, 0, a_bytes, 16, 24, "neither");
	feature(pf.device, SET, a_bytes, 16, 24, "set");
	v.device = by_name(&v, VF0 " vf_token=" TOKEN_A);
	feature(v.device, SET, b_bytes, 16, 24, "set, of the virtual function");
	feature(v.device, PROBE | SET, b_bytes, 16, 24, "probe set, of the virtual function");
	feature(pf.device, SET, b_bytes, 16, 24, "set another, while it is in use");
	by_name(&v, VF0 " vf_token=" TOKEN_A);
	int fd = by_name(&v, VF0 " vf_token=" TOKEN_B);
	close(fd);
	struct {
		__u32 argsz, flags;
	} *f = edge(8);
	f->argsz = 24;
	f->flags = SET;
	call(ioctl(pf.device, T_IO(117), f), "FEATURE(set, no token behind it)");
	close_all(&v);
	close_all(&pf);
}

static long bind_token(int d, int i, const void *token, unsigned flags, const char *what)
{
	struct {
		__u32 argsz, flags;
		__s32 iommufd;
		__u32 out;
		__u64 token;
	} b = { sizeof(b), flags, i, 0, (__u64)token };
	return call(ioctl(d, T_IO(118), &b), "BIND(%s)", what);
}

static int node(const char *bdf)
{
	char path[160];
	for (int n = 0; n < 16; n++) {
		snprintf(path, sizeof(path), DEVICES "%s/vfio-dev/vfio%d", bdf, n);
		if (access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", n);
		return open(path, O_RDWR | O_CLOEXEC);
	}
	die("no node of %s", bdf);
}

static void tokens_by_node(void)
{
	section("tokens, by nodes");
	int i = open("/dev/iommu", O_RDWR | O_CLOEXEC), pf = node(PF), v = node(VF0);
	bind_token(pf, i, UNMAPPED, 1, "PF, bad memory");
	bind_token(pf, i, a_bytes, 2, "PF, unknown flag");
	bind_token(v, i, b_bytes, 0, "VF, none");
	bind_token(pf, i, a_bytes, 1, "PF, A");
	bind_token(v, i, NULL, 0, "VF, none");
	bind_token(v, i, NULL, 1, "VF, NULL");
	bind_token(v, i, b_bytes, 1, "VF, B");
	bind_token(v, -1, b_bytes, 1, "VF, B, no iommufd");
	bind_token(v, -1, a_bytes, 1, "VF, A, no iommufd");
	bind_token(v, i, a_bytes, 1, "VF, A");
	bind_token(v, i, b_bytes, 1, "VF again, B");
	section("the virtual function is in use");
	close(pf);
	pf = node(PF);
	bind_token(pf, i, NULL, 0, "PF, none");
	bind_token(pf, i, b_bytes, 1, "PF, B");
	bind_token(pf, i, a_bytes, 1, "PF, A");
	close(v);
	close(pf);
	pf = node(PF);
	bind_token(pf, i, b_bytes, 1, "PF, B");
	v = node(VF0);
	bind_token(v, i, a_bytes, 1, "VF, A");
	bind_token(v, i, b_bytes, 1, "VF, B");
	close(v);
	close(pf);
	close(i);
}

static void client(void)
{
	section("what the client of a virtual function sees");
	struct setup pf = group_setup(PF), v = group_setup(VF0);
	pf.device = by_name(&pf, PF " vf_token=" TOKEN_A);
	v.device = by_name(&v, VF0 " vf_token=" TOKEN_A);
	struct t_device_info info = { .argsz = sizeof(info) };
	call(ioctl(v.device, VFIO_DEVICE_GET_INFO, &info), "GET_INFO");
	more(" flags=%x regions=%u irqs=%u", info.flags, info.num_regions, info.num_irqs);
	for (unsigned r = 0; r < 9; r++) {
		struct vfio_region_info ri = { .argsz = sizeof(ri), .index = r };
		call(ioctl(v.device, VFIO_DEVICE_GET_REGION_INFO, &ri), "REGION_INFO(%u)", r);
		more(" flags=%x size=%llx argsz=%u", ri.flags, ri.size, ri.argsz);
	}
	for (unsigned n = 0; n < 6; n++) {
		struct vfio_irq_info ii = { .argsz = sizeof(ii), .index = n };
		call(ioctl(v.device, VFIO_DEVICE_GET_IRQ_INFO, &ii), "IRQ_INFO(%u)", n);
		more(" flags=%x count=%u", ii.flags, ii.count);
	}
	unsigned char c[256];
	call(pread(v.device, c, 256, CONFIG), "pread(configuration space)");
	for (int i = 0; i < 256; i += 16) {
		note("%02x: ", i);
		hex(c + i, 16);
	}
	section("the header, written");
	for (int i = 0; i < 0x40; i += 2) {
		unsigned short was = config_get(v.device, i), ones, zeros;
		config_put(v.device, i, 0xffff);
		ones = config_get(v.device, i);
		config_put(v.device, i, 0);
		zeros = config_get(v.device, i);
		config_put(v.device, i, was);
		note("%02x: was %04x ones %04x zeros %04x then %04x", i, was, ones, zeros, config_get(v.device, i));
	}
	section("memory is there whatever COMMAND says");
	unsigned word;
	config_put(v.device, 4, 0);
	call(pread(v.device, &word, 4, 0), "pread(BAR0, COMMAND 0)");
	char *bar = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, v.device, 0);
	callptr(bar, "mmap(BAR0)");
	word = *(volatile unsigned *)bar;
	note("loaded");
	config_put(v.device, 4, 6);
	munmap(bar, 4096);
	call(ioctl(v.device, VFIO_DEVICE_RESET), "RESET of the virtual function");
	call(ioctl(pf.device, VFIO_DEVICE_RESET), "RESET of the physical function");
	struct {
		__u32 argsz, flags, count;
		__u32 entries[30];
	} h = { .argsz = sizeof(h) };
	call(ioctl(v.device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &h), "HOT_RESET_INFO of the virtual function");
	section("SR-IOV's registers, by the physical function's client");
	call(pread(pf.device, c, 64, CONFIG + 0x160), "pread");
	more(" ");
	hex(c, 0x24);
	config_put(pf.device, 0x168, 0);
	config_put(pf.device, 0x170, 0);
	call(pread(pf.device, c, 64, CONFIG + 0x160), "pread, after writes of zero");
	more(" ");
	hex(c, 0x24);
	close_all(&v);
	close_all(&pf);
}

static void leaving(void)
{
	section("virtual functions are taken away while one is in use");
	struct writer w = writer(NUMBER, "0");
	struct setup pf = group_setup(PF), v = group_setup(VF1);
	pf.device = by_name(&pf, PF " vf_token=" TOKEN_A);
	v.device = by_name(&v, VF1 " vf_token=" TOKEN_A);
	int e = eventfd(0, EFD_NONBLOCK);
	set_request(v.device, e);
	go(&w);
	note("REQ: %lu", edu_signalled(e, SOON));
	note("the write waits: %s", finished(&w, NEVER) ? "no" : "yes");
	count_of_nodes();
	close_all(&v);
	result(&w, "write");
	count_of_nodes();
	get(NUMBER);
	close_all(&pf);
	section("a virtual function that no vfio-pci has; its physical function's client");
	put(NUMBER, "1");
	put("/sys/bus/pci/drivers/vfio-pci/unbind", VF0);
	pf = group_setup(PF);
	pf.device = by_name(&pf, PF);
	close_all(&pf);
	put("/sys/bus/pci/drivers/vfio-pci/bind", VF0);
	link_of(DEVICES VF0 "/driver");
	put(NUMBER, "0");
	put(PARAMETER, "N");
	put(NUMBER, "1");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	making();
	face();
	tokens_by_group();
	tokens_by_feature();
	tokens_by_node();
	client();
	leaving();
	return finish();
}
