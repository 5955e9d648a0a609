/*
 * VFIO_DEVICE_FEATURE, low power and power states, disabled memory and resets, on a function with MSI-X, PCI Express, a
 * function level reset and power management that keeps the function's state, behind a root port: what each leaves of mappings,
 * regions, configuration space and interrupts. The device's registers are only compared with what they were.
 */
/* machine: real -d pcie-root-port,id=p1,chassis=1,x-speed=5,addr=06.0 -d nvme,serial=a,drive=none0,msix_qsize=1,bus=p1,addr=00.0 ; ours --device ioat,addr=0000:01:00.0 */
#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { GET = 1 << 16, SET = 1 << 17, PROBE = 1 << 18 };
enum { ENTRY = 3, WAKEUP = 4, EXIT = 5 };

static int device, group;
static volatile uint32_t *bar, *other;
static uint32_t known;

struct request {
	__u32 argsz, flags;
	__u32 data[62];
};

static const char *flag_names(__u32 flags)
{
	static char text[64];
	snprintf(text, sizeof(text), "%s%s%s%u", flags & GET ? "GET|" : "", flags & SET ? "SET|" : "",
		flags & PROBE ? "PROBE|" : "", flags & 0xffff);
	return text;
}

static long feature(__u32 argsz, __u32 flags, const void *data, size_t n)
{
	struct request r = { argsz, flags, { 0 } };
	memcpy(r.data, data, n);
	return ioctl(device, VFIO_DEVICE_FEATURE, &r);
}

static long enter(void)
{
	return call(feature(8, SET | ENTRY, "", 0), "LOW_POWER_ENTRY");
}

static long leave(void)
{
	return call(feature(8, SET | EXIT, "", 0), "LOW_POWER_EXIT");
}

static long enter_with(int fd, const char *what)
{
	const int data[2] = { fd, 0 };
	return call(feature(16, SET | WAKEUP, data, 8), "LOW_POWER_ENTRY_WITH_WAKEUP(%s)", what);
}

static sigjmp_buf back;

static void on_signal(int signal, siginfo_t *info, void *context unused)
{
	(void)info;
	siglongjmp(back, signal);
}

/* What a load from a mapping gives. */
static void load(volatile uint32_t *p, const char *what)
{
	int signal = sigsetjmp(back, 1);
	if (signal == 0) {
		uint32_t v = *p;
		note("load from %s: %s", what, v == known ? "as ever" : v == 0xffffffff ? "ones" : "something else");
	} else {
		note("load from %s: SIG%s", what, sigabbrev_np(signal));
	}
}

static void regions(void)
{
	uint32_t v = 0;
	load(bar, "the mapping");
	call(pread(device, &v, 4, REGION(0)), "pread(BAR0)");
	more(" %s", v == known ? "as ever" : v == 0 ? "nothing" : "something else");
	call(pread(device, &v, 4, CONFIG), "pread(config)");
	v = config_get(device, 4);
	note("COMMAND %04x", v);
}

static void every_id(void)
{
	section("each feature with each flag");
	static const __u32 flags[] = { 0, GET, SET, GET | SET, PROBE, PROBE | GET, PROBE | SET, PROBE | GET | SET };
	static const __u32 more_ids[] = { 15, 16, 99, 0x7fff, 0xffff };
	static const int none[2] = { -1, 0 };
	for (__u32 n = 0; n < 15 + COUNT(more_ids); n++) {
		__u32 id = n < 15 ? n : more_ids[n - 15];
		for (size_t f = 0; f < COUNT(flags); f++) {
			call(feature(64, flags[f] | id, none, 8), "FEATURE(%s)", flag_names(flags[f] | id));
			feature(8, SET | EXIT, "", 0);
		}
	}
	section("other bits");
	static const __u32 bits[] = { 1 << 19, 1 << 20, 1u << 31, 0xfff80000, 0xffffffff };
	static const __u32 ids[] = { 0, ENTRY, 99 };
	for (size_t b = 0; b < COUNT(bits); b++)
		for (size_t i = 0; i < COUNT(ids); i++) {
			call(feature(64, bits[b] | ids[i], "", 0), "FEATURE(%#x|%u)", bits[b], ids[i]);
			call(feature(64, bits[b] | PROBE | ids[i], "", 0), "FEATURE(%#x|PROBE|%u)", bits[b], ids[i]);
			call(feature(4, bits[b] | ids[i], "", 0), "FEATURE(%#x|%u, argsz=4)", bits[b], ids[i]);
		}
}

static void form(void)
{
	section("argsz");
	static const __u32 sizes[] = { 0, 4, 7, 8, 9, 11, 12, 15, 16, 17, 64, 0x7fffffff, 0xffffffff };
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	const int data[2] = { e, 0 };
	static const __u32 ids[] = { 0, 1, 2, ENTRY, WAKEUP, EXIT, 6, 7, 9, 12, 99 };
	for (size_t n = 0; n < COUNT(ids); n++)
		for (size_t i = 0; i < COUNT(sizes); i++) {
			call(feature(sizes[i], SET | ids[n], data, 8), "FEATURE(SET|%u, argsz=%#x)", ids[n], sizes[i]);
			feature(8, SET | EXIT, "", 0);
			if (sizes[i] < 12)
				call(feature(sizes[i], PROBE | ids[n], data, 8), "FEATURE(PROBE|%u, argsz=%#x)", ids[n], sizes[i]);
		}
	section("pointers");
	static const struct {
		void *p;
		const char *name;
	} bad[] = { { NULL, "NULL" }, { (void *)1, "1" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" },
		{ NONCANONICAL, "non-canonical" }, { (void *)-1l, "-1" } };
	for (size_t i = 0; i < COUNT(bad); i++)
		call(ioctl(device, VFIO_DEVICE_FEATURE, bad[i].p), "FEATURE(%s)", bad[i].name);
	static const __u32 some[] = { ENTRY, WAKEUP, EXIT, 99 };
	for (size_t n = 0; n < COUNT(some); n++)
		for (unsigned room = 4; room <= 16; room += 2) {
			struct request r = { 16, SET | some[n], { e, 0 } };
			void *p = edge(room);
			memcpy(p, &r, room);
			call(ioctl(device, VFIO_DEVICE_FEATURE, p), "FEATURE(SET|%u, %u bytes before unmapped memory)", some[n], room);
			feature(8, SET | EXIT, "", 0);
		}
	struct request *r = pages(1);
	*r = (struct request){ 16, SET | WAKEUP, { e, 0 } };
	mprotect(r, PAGE, PROT_READ);
	call(ioctl(device, VFIO_DEVICE_FEATURE, r), "FEATURE(SET|WAKEUP, read-only)");
	leave();
	close(e);
}

static void low_power(void)
{
	section("low power");
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), closed = dup(e), file = open("/proc/self/exe", O_RDONLY);
	close(closed);
	regions();
	leave();
	enter();
	enter();
	enter_with(e, "eventfd");
	regions();
	load(other, "the other mapping");
	volatile uint32_t *late = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	callptr((void *)late, "mmap(BAR0)");
	load(late, "the new mapping");
	struct vfio_irq_info i = { sizeof(i), 0, 2, 0 };
	call(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &i), "GET_IRQ_INFO(MSIX)");
	call(ioctl(device, VFIO_DEVICE_RESET), "RESET");
	regions();
	struct vfio_pci_hot_reset *h = pages(1);
	*h = (struct vfio_pci_hot_reset){ 16, 0, 1 };
	h->group_fds[0] = group;
	call(ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, h), "PCI_HOT_RESET");
	regions();
	config_put(device, 4, 0x101);
	regions();
	config_put(device, 4, 0x103);
	regions();
	leave();
	leave();
	regions();
	load(other, "the other mapping");
	load(late, "the new mapping");
	munmap((void *)late, PAGE);
	section("low power with a wakeup");
	enter_with(-1, "-1");
	enter_with(-2, "-2");
	enter_with(closed, "closed");
	enter_with(file, "a file");
	enter_with(INT_MAX, "INT_MAX");
	regions();
	enter_with(e, "eventfd");
	regions();
	enter_with(e, "again");
	enter_with(closed, "closed, again");
	enter_with(-1, "-1, again");
	enter();
	leave();
	regions();
	note("the wakeup counted %lu", counter(e));
	const int padded[3] = { e, 1, 0 };
	call(feature(20, SET | WAKEUP, padded, 12), "LOW_POWER_ENTRY_WITH_WAKEUP(reserved=1)");
	leave();
	section("a close ends it");
	enter();
	close(file);
	close(e);
}

static unsigned pm, express;

static void pmcsr(uint16_t v)
{
	config_put(device, pm + 4, v);
	note("PMCSR <- %04x: %04x", v, config_get(device, pm + 4));
}

static long set_msix(int fd)
{
	struct {
		struct vfio_irq_set s;
		int fd;
	} r = { { 24, 0x24, 2, 0, 1 }, fd };
	return ioctl(device, VFIO_DEVICE_SET_IRQS, &r);
}

static void loop_back(int fd)
{
	struct vfio_irq_set s = { 20, 0x21, 2, 0, 1 };
	call(ioctl(device, VFIO_DEVICE_SET_IRQS, &s), "SET_IRQS(MSIX, NONE|TRIGGER)");
	more(" counter %lu", counter(fd));
}

static void power_states(void)
{
	section("power states");
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	note("PMC %04x PMCSR %04x", config_get(device, pm + 2) & 7, config_get(device, pm + 4));
	call(set_msix(e), "SET_IRQS(MSIX, EVENTFD|TRIGGER)");
	regions();
	for (unsigned state = 1; state < 4; state++) {
		pmcsr(state);
		regions();
		pmcsr(0);
		regions();
	}
	pmcsr(0xffff);
	regions();
	pmcsr(0xfffc);
	regions();
	section("in D3hot");
	pmcsr(3);
	uint32_t v = 0;
	call(pwrite(device, &v, 4, REGION(0) + 0xff0), "pwrite(BAR0)");
	call(pread(device, &v, 0, REGION(0)), "pread(BAR0, nothing)");
	call(pread(device, &v, 4, REGION(0) + (1 << 20)), "pread(behind BAR0)");
	loop_back(e);
	config_put(device, 4, 0x101);
	note("COMMAND %04x", config_get(device, 4));
	config_put(device, 4, 0x507);
	note("COMMAND %04x", config_get(device, 4));
	regions();
	call(ioctl(device, VFIO_DEVICE_RESET), "RESET");
	note("PMCSR %04x", config_get(device, pm + 4));
	regions();
	loop_back(e);
	pmcsr(3);
	struct vfio_pci_hot_reset *h = pages(1);
	*h = (struct vfio_pci_hot_reset){ 16, 0, 1 };
	h->group_fds[0] = group;
	call(ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, h), "PCI_HOT_RESET");
	note("PMCSR %04x", config_get(device, pm + 4));
	regions();
	loop_back(e);
	config_put(device, 4, 0x103);
	pmcsr(3);
	enter();
	regions();
	note("PMCSR %04x", config_get(device, pm + 4));
	leave();
	regions();
	note("PMCSR %04x", config_get(device, pm + 4));
	pmcsr(0);
	regions();
	section("interrupts that are set and freed in D3hot");
	pmcsr(3);
	call(set_msix(-1), "SET_IRQS(MSIX, EVENTFD|TRIGGER, -1)");
	call(set_msix(e), "SET_IRQS(MSIX, EVENTFD|TRIGGER)");
	loop_back(e);
	pmcsr(0);
	loop_back(e);
	struct vfio_irq_set off = { 20, 0x21, 2, 0, 0 };
	call(ioctl(device, VFIO_DEVICE_SET_IRQS, &off), "SET_IRQS(MSIX, off)");
	close(e);
}

static void memory(void)
{
	section("memory disabled and enabled");
	static const uint16_t commands[] = { 0x100, 0x102, 0x101, 0x103, 0x000, 0x002, 0x004, 0x006, 0x500, 0x502, 0x103 };
	for (size_t i = 0; i < COUNT(commands); i++) {
		config_put(device, 4, commands[i]);
		note("COMMAND <- %04x", commands[i]);
		regions();
		load(other, "the other mapping");
	}
	unsigned char low = 0;
	call(pwrite(device, &low, 1, CONFIG + 4), "pwrite(COMMAND, 1 byte, 0)");
	regions();
	low = 2;
	call(pwrite(device, &low, 1, CONFIG + 5), "pwrite(COMMAND + 1, 1 byte, 2)");
	regions();
	call(pwrite(device, &low, 1, CONFIG + 4), "pwrite(COMMAND, 1 byte, 2)");
	regions();
	uint32_t both = 0x00100000;
	call(pwrite(device, &both, 4, CONFIG + 4), "pwrite(COMMAND, 4 bytes, 00100000)");
	regions();
	both = 0xffff0103;
	call(pwrite(device, &both, 4, CONFIG + 4), "pwrite(COMMAND, 4 bytes, ffff0103)");
	regions();
	section("in a child");
	config_put(device, 4, 0x101);
	pid_t pid = child_start();
	if (pid == 0) {
		load(bar, "the inherited mapping");
		config_put(device, 4, 0x103);
		load(bar, "the inherited mapping");
		child_end();
	}
	child_wait(pid);
	regions();
}

static void resets(void)
{
	section("a reset while memory is mapped");
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	call(set_msix(e), "SET_IRQS(MSIX, EVENTFD|TRIGGER)");
	call(ioctl(device, VFIO_DEVICE_RESET), "RESET");
	regions();
	load(other, "the other mapping");
	loop_back(e);
	config_put(device, 4, 0x107);
	call(ioctl(device, VFIO_DEVICE_RESET), "RESET");
	regions();
	config_put(device, 4, 0x400);
	call(ioctl(device, VFIO_DEVICE_RESET), "RESET");
	regions();
	config_put(device, 4, 0x103);
	regions();
	section("a function level reset by configuration space");
	uint16_t control = config_get(device, express + 8);
	config_put(device, express + 8, control | 0x8000);
	note("DEVCTL.FLR reads %x", config_get(device, express + 8) >> 15);
	regions();
	load(other, "the other mapping");
	loop_back(e);
	config_put(device, 4, 0x507);
	config_put(device, 0x3c, 0x5a);
	config_put(device, 0x0c, 0x10);
	config_put(device, express + 8, control | 0x8000);
	regions();
	note("line %02x cache line %02x", config_get(device, 0x3c) & 0xff, config_get(device, 0x0c) & 0xff);
	unsigned char high = 0x80;
	call(pwrite(device, &high, 1, CONFIG + express + 9), "pwrite(DEVCTL + 1, 1 byte, FLR)");
	regions();
	pmcsr(3);
	config_put(device, express + 8, control | 0x8000);
	note("PMCSR %04x", config_get(device, pm + 4));
	regions();
	config_put(device, pm + 4, 0);
	regions();
	loop_back(e);
	config_put(device, 4, 0x103);
	close(e);
}

int main(int argc, char **argv)
{
	t_bdf = "0000:01:00.0";
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	group = s.group;
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	bar = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	if (bar == MAP_FAILED || other == MAP_FAILED)
		die("mmap");
	known = *bar;
	pm = find_capability(device, 1);
	express = find_capability(device, 0x10);
	every_id();
	form();
	low_power();
	call(close(device), "close(device)");
	munmap((void *)bar, PAGE);
	munmap((void *)other, PAGE);
	s.device = device = callfd(ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	bar = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	regions();
	power_states();
	memory();
	resets();
	detach(&s);
	return finish();
}
