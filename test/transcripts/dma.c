/* What edu's DMA engine does to memory that is mapped, partly mapped, read-only, write-only, or not mapped at all. */
#include "edu.h"

enum { RUN = 1, TO_MEMORY = 2, INTERRUPT = 4 };
#define IOVA 0x100000ul

static int device, container;

static void wait_done(void)
{
	for (int i = 0; i < 5000; i++) {
		uint64_t v = 0;
		if (pread(device, &v, 8, EDU_COMMAND) != 8)
			die("reading the command register");
		if (!(v & RUN))
			return;
		usleep(1000);
	}
	note("the DMA engine stays busy");
}

static void transfer(uint64_t src, uint64_t dst, uint64_t count, unsigned command)
{
	edu_write8(device, EDU_SRC, src);
	edu_write8(device, EDU_DST, dst);
	edu_write8(device, EDU_COUNT, count);
	edu_write8(device, EDU_COMMAND, command | RUN);
	wait_done();
}

/* From IOVA space into the device's buffer at offset. */
static void read_memory(uint64_t iova, uint64_t count, uint64_t offset)
{
	note("edu reads %lu bytes at %#lx", count, iova);
	transfer(iova, EDU_BUFFER + offset, count, 0);
}

static void write_memory(uint64_t iova, uint64_t count, uint64_t offset)
{
	note("edu writes %lu bytes at %#lx", count, iova);
	transfer(EDU_BUFFER + offset, iova, count, TO_MEMORY);
}

static void map(uint64_t iova, void *p, size_t size, unsigned flags)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), flags, (uintptr_t)p, iova, size };
	call(ioctl(container, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(iova=%#lx, size=%#zx, flags=%x)", iova, size, flags);
}

static void unmap(uint64_t iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, iova, size };
	call(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(iova=%#lx, size=%#zx)", iova, size);
	more(" unmapped %#llx", (long long)u.size);
}

static void fill(unsigned char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = seed + i * 7;
}

static void show(const char *name, const unsigned char *p)
{
	note("%s: ", name);
	hex(p, 16);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	container = s.container;
	unsigned char *a = pages(4), *b = pages(4), *probe = pages(1);
	const uint64_t PROBE = 0x800000;

	section("from memory to the device and back");
	fill(a, PAGE, 1);
	map(IOVA, a, PAGE, 3);
	map(IOVA + PAGE, b, PAGE, 3);
	map(PROBE, probe, PAGE, 3);
	note("without Bus Master: COMMAND %04x", config_get(device, 4));
	read_memory(IOVA, 64, 0);
	write_memory(IOVA + PAGE, 64, 0);
	show("destination", b);
	config_put(device, 4, 0x107);
	note("with Bus Master");
	write_memory(PROBE, 16, 0);
	show("what the read without Bus Master left in the buffer", probe);
	read_memory(IOVA, 4096, 0);
	write_memory(IOVA + PAGE, 4096, 0);
	show("destination", b);
	note("all 4096 bytes: %s", memcmp(a, b, PAGE) ? "differ" : "equal");

	section("small and unaligned");
	static const struct {
		unsigned from, to, count;
	} small[] = { { 1, 3, 1 }, { 0, 0, 0 }, { 5, 7, 9 }, { 4095, 0, 1 }, { 4094, 4090, 2 }, { 3, 1, 13 } };
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		memset(b, 0, PAGE);
		read_memory(IOVA + small[i].from, small[i].count, 0);
		write_memory(IOVA + PAGE + small[i].to, small[i].count, 0);
		note("equal: %s", memcmp(a + small[i].from, b + small[i].to, small[i].count) ? "no" : "yes");
		size_t others = 0;
		for (size_t k = 0; k < PAGE; k++)
			if ((k < small[i].to || k >= small[i].to + small[i].count) && b[k])
				others++;
		more(", other bytes changed: %zu", others);
	}

	section("across two mappings");
	fill(a, PAGE, 50);
	fill(b, PAGE, 90);
	read_memory(IOVA + PAGE - 8, 16, 0);
	write_memory(PROBE, 16, 0);
	show("read", probe);
	fill(probe, 16, 200);
	read_memory(PROBE, 16, 0);
	write_memory(IOVA + PAGE - 8, 16, 0);
	show("written, first page's end", a + PAGE - 16);
	show("written, second page", b);

	section("not mapped");
	fill(probe, 16, 3);
	read_memory(PROBE, 16, 0);
	note("the buffer holds something");
	read_memory(0x400000, 16, 0);
	write_memory(PROBE, 16, 0);
	show("after a read from nowhere", probe);
	write_memory(0x400000, 16, 0);
	note("written to nowhere");
	section("partly mapped");
	memset(b, 0x11, PAGE);
	fill(probe, 32, 3);
	read_memory(PROBE, 32, 0);
	read_memory(IOVA + 2 * PAGE - 8, 16, 0);
	write_memory(PROBE, 32, 0);
	show("read", probe);
	show("beyond", probe + 16);
	fill(probe, 16, 60);
	read_memory(PROBE, 16, 0);
	write_memory(IOVA + 2 * PAGE - 8, 16, 0);
	show("the last 16 bytes of the page", b + PAGE - 16);

	section("after unmapping");
	memset(a, 0x22, PAGE);
	unmap(IOVA, PAGE);
	write_memory(IOVA, 16, 0);
	show("memory", a);
	map(IOVA, a, PAGE, 3);
	write_memory(IOVA, 16, 0);
	show("mapped again", a);
	unmap(IOVA, PAGE);
	unmap(IOVA + PAGE, PAGE);

	section("read-only and write-only mappings");
	memset(a, 0x33, PAGE);
	map(IOVA, a, PAGE, 1);
	fill(probe, 16, 7);
	read_memory(PROBE, 16, 0);
	write_memory(IOVA, 16, 0);
	show("read-only, after a write", a);
	read_memory(IOVA, 16, 0);
	write_memory(PROBE, 16, 0);
	show("read-only, read", probe);
	unmap(IOVA, PAGE);
	map(IOVA, a, PAGE, 2);
	fill(probe, 16, 9);
	read_memory(PROBE, 16, 0);
	write_memory(IOVA, 16, 0);
	show("write-only, after a write", a);
	read_memory(IOVA, 16, 0);
	write_memory(PROBE, 16, 0);
	show("write-only, read", probe);
	unmap(IOVA, PAGE);

	section("one page at two addresses, pages in another order");
	for (int i = 0; i < 4; i++)
		memset(a + i * PAGE, 0x40 + i, PAGE);
	for (int i = 0; i < 4; i++)
		map(IOVA + i * PAGE, a + (3 - i) * PAGE, PAGE, 3);
	map(IOVA + 4 * PAGE, a, PAGE, 3);
	for (int i = 0; i < 5; i++) {
		read_memory(IOVA + i * PAGE + 4, 8, 0);
		write_memory(PROBE, 8, 0);
		show("read", probe);
	}
	unmap(IOVA, 4 * PAGE);
	read_memory(IOVA + 4 * PAGE, 8, 0);
	unmap(IOVA + 4 * PAGE, PAGE);

	section("files");
	int file = memfd_create("dma", MFD_CLOEXEC);
	if (ftruncate(file, 2 * PAGE))
		die("ftruncate");
	unsigned char *shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	memset(shared, 0x66, 2 * PAGE);
	unsigned char *private = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	map(IOVA, shared + PAGE, PAGE, 3);
	map(IOVA + PAGE, private, PAGE, 3);
	fill(probe, 16, 100);
	read_memory(PROBE, 16, 0);
	write_memory(IOVA, 16, 0);
	write_memory(IOVA + PAGE + 16, 8, 0);
	show("shared, page 1", shared + PAGE);
	unsigned char by_read[16];
	if (pread(file, by_read, 16, PAGE) != 16)
		die("pread");
	show("page 1, by pread", by_read);
	show("private, page 0", private + 16);
	show("shared, page 0", shared + 16);
	unsigned char *anonymous = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	map(IOVA + 2 * PAGE, anonymous, PAGE, 3);
	write_memory(IOVA + 2 * PAGE, 16, 0);
	show("anonymous, shared", anonymous);
	pid_t pid = child_start();
	if (pid == 0) {
		show("in a child", anonymous);
		anonymous[0] = 0xee;
		child_end();
	}
	child_wait(pid);
	read_memory(IOVA + 2 * PAGE, 16, 0);
	write_memory(PROBE, 16, 0);
	show("what a child wrote, read by edu", probe);
	unsigned char on_stack[2 * PAGE];
	unsigned char *aligned = (void *)(((uintptr_t)on_stack + PAGE - 1) & ~(PAGE - 1));
	memset(aligned, 0, PAGE);
	map(IOVA + 3 * PAGE, aligned, PAGE, 3);
	write_memory(IOVA + 3 * PAGE, 16, 0);
	show("stack", aligned);
	unmap(IOVA, 4 * PAGE);

	section("addresses of more than 28 bits lose the rest");
	memset(a, 0, PAGE);
	map(0x1000000, a, PAGE, 3);
	fill(probe, 16, 150);
	read_memory(PROBE, 16, 0);
	write_memory(0xf1000000, 16, 0);
	show("memory at 1000000", a);
	unmap(0x1000000, PAGE);

	section("interrupts");
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	unsigned char set[24];
	struct vfio_irq_set irq = { 24, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 1, 0, 1 };
	memcpy(set, &irq, 20);
	memcpy(set + 20, &e, 4);
	call(ioctl(device, VFIO_DEVICE_SET_IRQS, set), "SET_IRQS(MSI)");
	note("a transfer that interrupts");
	transfer(PROBE, EDU_BUFFER, 16, INTERRUPT);
	unsigned long n = edu_signalled(e, SOON);
	note("signalled %lu, status %x", n, edu_read(device, EDU_IRQ));
	edu_write(device, EDU_ACK, 0x100);
	note("status %x", edu_read(device, EDU_IRQ));
	note("one that does not");
	transfer(PROBE, EDU_BUFFER, 16, 0);
	n = edu_signalled(e, NEVER);
	note("signalled %lu, status %x", n, edu_read(device, EDU_IRQ));
	note("one from an address that is not mapped");
	transfer(0x400000, EDU_BUFFER, 16, INTERRUPT);
	n = edu_signalled(e, SOON);
	note("signalled %lu, status %x", n, edu_read(device, EDU_IRQ));
	edu_write(device, EDU_ACK, 0x100);
	section("the registers afterwards");
	static const unsigned registers[] = { EDU_SRC, EDU_DST, EDU_COUNT, EDU_COMMAND };
	for (int i = 0; i < 4; i++) {
		uint64_t v = 0;
		call(pread(device, &v, 8, registers[i]), "pread(%#x, 8)", registers[i]);
		more(" %016lx", v);
	}

	section("Bus Master is off after the device was closed; the IOMMU's mappings are as they were");
	call(close(s.device), "close(device)");
	device = s.device = callfd(ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	note("COMMAND %04x", config_get(device, 4));
	memset(probe, 0x5a, 16);
	write_memory(PROBE, 16, 0);
	show("memory", probe);
	config_put(device, 4, 0x107);
	write_memory(PROBE, 8, 0);
	note("memory changed: %s", probe[0] == 0x5a && probe[7] == 0x5a ? "no" : "yes");
	config_put(device, 4, 0x103);
	detach(&s);
	return finish();
}
