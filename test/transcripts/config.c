/* Configuration space: what it holds at open, what each write does to it, and what is left for the next opener. */
#include "transcript.h"

#define CONFIG ((off_t)7 << 40)
#define SIZE 256

static int device;

/* The BAR's address and the interrupt line are the host's: they are cleared in what is printed. */
static void mask_host(unsigned char *b, size_t offset, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = offset + i;
		if (at == 0x12)
			b[i] &= 0x0f;
		else if (at == 0x13 || at == 0x3c)
			b[i] = 0;
	}
}

static void read_at(size_t offset, size_t n)
{
	unsigned char b[8192] = { 0 };
	long r = call(pread(device, b, n, CONFIG + offset), "pread(config+%#zx, %zu)", offset, n);
	if (r > 0) {
		mask_host(b, offset, r);
		more(" ");
		hex(b, r > 64 ? 64 : r);
	}
}

static uint32_t get(size_t offset, int n)
{
	uint32_t v = 0;
	if (pread(device, &v, n, CONFIG + offset) != n)
		die("config read at %zx", offset);
	return v;
}

static void put(size_t offset, uint32_t value, int n)
{
	if (pwrite(device, &value, n, CONFIG + offset) != n)
		die("config write at %zx", offset);
}

static void snapshot(unsigned char *b)
{
	if (pread(device, b, SIZE, CONFIG) != SIZE)
		die("config read");
}

/* Writes, and prints what the written bytes read as afterwards, and other bytes that changed with them. */
static void write_at(size_t offset, const void *data, size_t n)
{
	unsigned char before[SIZE], after[SIZE];
	snapshot(before);
	long r = pwrite(device, data, n, CONFIG + offset);
	int e = errno;
	snapshot(after);
	errno = e;
	char text[40] = "";
	for (size_t i = 0; i < n && i < 16; i++)
		sprintf(text + 2 * i, "%02x", ((const unsigned char *)data)[i]);
	errno = e;
	call(r, "pwrite(config+%#zx, %s%s, %zu)", offset, text, n > 16 ? "..." : "", n);
	if (r > 0) {
		more(" reads ");
		hex(after + offset, r);
	}
	for (size_t i = 0; i < SIZE; i++)
		if ((r <= 0 || i < offset || i >= offset + r) && before[i] != after[i])
			more(" [%02zx]=%02x", i, after[i]);
}

static void put_back(const unsigned char *was)
{
	unsigned char now[SIZE];
	for (size_t i = 0; i < SIZE; i += 4)
		if (pwrite(device, was + i, 4, CONFIG + i) != 4)
			die("putting config back");
	snapshot(now);
	for (size_t i = 0; i < SIZE; i++)
		if (now[i] != was[i])
			more(" stays[%02zx]=%02x", i, now[i]);
}

static void dump(const char *title)
{
	unsigned char b[SIZE];
	note("== %s", title);
	for (size_t i = 0; i < SIZE; i += 16) {
		long r = call(pread(device, b, 16, CONFIG + i), "pread(config+%#zx, 16)", i);
		if (r > 0) {
			mask_host(b, i, r);
			more(" ");
			hex(b, r);
		}
	}
}

static void reads(void)
{
	section("reads");
	for (size_t i = 0; i < SIZE; i++)
		read_at(i, 1);
	for (size_t i = 0; i < SIZE; i += 2)
		read_at(i, 2);
	for (size_t i = 0; i < SIZE; i += 4)
		read_at(i, 4);
	section("unaligned, across capabilities, past the end");
	for (size_t i = 0; i < 0x60; i += 3)
		read_at(i, 3);
	for (size_t i = 1; i < 0x60; i += 7)
		read_at(i, 5);
	for (size_t i = 0x38; i < 0x50; i++)
		read_at(i, 4);
	read_at(0, 64);
	read_at(0x3f, 8);
	read_at(0x40, 64);
	static const struct {
		size_t offset, n;
	} odd[] = {
		{ 0, 0 },
		{ 256, 0 },
		{ 257, 0 },
		{ 4096, 0 },
		{ 255, 1 },
		{ 255, 2 },
		{ 256, 1 },
		{ 257, 1 },
		{ 254, 4 },
		{ 252, 4 },
		{ 252, 8 },
		{ 0, 256 },
		{ 0, 257 },
		{ 0, 4096 },
		{ 1, 255 },
		{ 1, 256 },
		{ 4096, 4 },
		{ 0xfff, 1 },
		{ 0xffffff, 4 },
		{ 0xffffffffff, 1 },
		{ 0xfffffffffc, 4 },
	};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		read_at(odd[i].offset, odd[i].n);
}

static void sweep(int width)
{
	static const unsigned char patterns[] = { 0xff, 0x00, 0x55, 0xaa };
	unsigned char was[SIZE], data[4];
	note("== writes of %d", width);
	snapshot(was);
	for (size_t i = 0; i < SIZE; i += width) {
		for (size_t p = 0; p < sizeof(patterns); p++) {
			memset(data, patterns[p], sizeof(data));
			write_at(i, data, width);
			put_back(was);
		}
	}
}

static void odd_writes(void)
{
	unsigned char was[SIZE], data[512];
	section("unaligned and long writes");
	snapshot(was);
	memset(data, 0xff, sizeof(data));
	for (size_t i = 0; i < 0x58; i += 3) {
		write_at(i, data, 3);
		put_back(was);
	}
	for (size_t i = 1; i < 0x58; i += 5) {
		write_at(i, data, 8);
		put_back(was);
	}
	write_at(0, data, 64);
	put_back(was);
	write_at(0x40, data, 32);
	put_back(was);
	write_at(0, data, 256);
	put_back(was);
	memset(data, 0, sizeof(data));
	write_at(0, data, 256);
	put_back(was);
	static const struct {
		size_t offset, n;
	} odd[] = {
		{ 0, 0 },
		{ 256, 0 },
		{ 255, 2 },
		{ 256, 1 },
		{ 252, 8 },
		{ 0, 257 },
		{ 1, 256 },
		{ 4096, 4 },
		{ 0xffffffffff, 1 },
	};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		write_at(odd[i].offset, data, odd[i].n);
		put_back(was);
	}
}

static void hostile_buffers(void)
{
	section("buffers that are not there");
	unsigned char was[SIZE];
	snapshot(was);
	static const size_t lengths[] = { 0, 1, 4, 256 };
	for (size_t i = 0; i < 4; i++) {
		size_t n = lengths[i];
		call(pread(device, NULL, n, CONFIG), "pread(config, NULL, %zu)", n);
		call(pread(device, KERNEL_ADDRESS, n, CONFIG), "pread(config, kernel address, %zu)", n);
		call(pwrite(device, NULL, n, CONFIG), "pwrite(config, NULL, %zu)", n);
		call(pwrite(device, KERNEL_ADDRESS, n, CONFIG), "pwrite(config, kernel address, %zu)", n);
	}
	for (size_t n = 1; n <= 12; n++) {
		unsigned char *e = edge(n);
		memset(e, 0x77, n);
		call(pread(device, e, 16, CONFIG), "pread(config, %zu bytes before unmapped memory, 16)", n);
		more(" left ");
		hex(e, n);
	}
	unsigned char *e = edge(6);
	memset(e, 0xff, 6);
	call(pwrite(device, e, 8, CONFIG + 4), "pwrite(config+0x4, 6 bytes before unmapped memory, 8)");
	more(" command %04x", get(4, 2));
	put_back(was);
	e = edge(2);
	memset(e, 0xff, 2);
	call(pwrite(device, e, 4, CONFIG + 0xc), "pwrite(config+0xc, 2 bytes before unmapped memory, 4)");
	more(" reads %08x", get(0xc, 4));
	put_back(was);
	void *ro = pages(1);
	mprotect(ro, PAGE, PROT_READ);
	call(pread(device, ro, 4, CONFIG), "pread(config, read-only memory, 4)");
}

static void bars(void)
{
	section("sizing the BARs");
	unsigned char was[SIZE];
	snapshot(was);
	for (size_t i = 0x10; i < 0x28; i += 4) {
		put(i, 0xffffffff, 4);
		note("BAR%zu = ffffffff reads %08x", (i - 0x10) / 4, get(i, 4));
		put(i, 0, 4);
		note("BAR%zu = 0 reads %08x", (i - 0x10) / 4, get(i, 4));
		put(i, 0x12345678, 4);
		note("BAR%zu = 12345678 reads %08x", (i - 0x10) / 4, get(i, 4));
	}
	put(0x30, 0xffffffff, 4);
	note("ROM = ffffffff reads %08x", get(0x30, 4));
	put(0x30, 0xfffff800, 4);
	note("ROM = fffff800 reads %08x", get(0x30, 4));
	for (size_t i = 0; i < 4; i++) {
		put(0x10 + i, 0xff, 1);
		note("BAR0 byte %zu = ff reads %08x", i, get(0x10, 4) & (0xffu << 8 * i));
	}
	put_back(was);
}

static void command(void)
{
	section("COMMAND bit by bit");
	uint16_t was = get(4, 2);
	note("COMMAND at open %04x STATUS %04x", was, get(6, 2));
	for (int bit = 0; bit < 16; bit++) {
		put(4, 1u << bit, 2);
		note("COMMAND = %04x reads %04x", 1u << bit, get(4, 2));
	}
	put(4, 0xffff, 2);
	note("COMMAND = ffff reads %04x", get(4, 2));
	put(4, 0, 2);
	note("COMMAND = 0000 reads %04x", get(4, 2));
	put(5, 0xff, 1);
	note("COMMAND's high byte = ff reads %04x", get(4, 2));
	put(4, 0xff, 1);
	note("COMMAND's low byte = ff reads %04x", get(4, 2));
	put(4, 0, 4);
	note("COMMAND and STATUS = 0 read %08x", get(4, 4));
	put(6, 0xffff, 2);
	note("STATUS = ffff reads %04x", get(6, 2));
	put(4, was, 2);
	note("COMMAND put back reads %04x", get(4, 2));
}

static void capabilities(void)
{
	section("the list of capabilities");
	size_t at = get(0x34, 1);
	for (int i = 0; at != 0 && i < 48; i++) {
		note("[%02zx] id %02x next %02x header %04x", at, get(at, 1), get(at + 1, 1), get(at + 2, 2));
		at = get(at + 1, 1);
	}
}

static long set_irqs(int index, int flags, int start, int count, int fd)
{
	char b[sizeof(struct vfio_irq_set) + sizeof(int)];
	struct vfio_irq_set *s = (void *)b;
	s->argsz = sizeof(b);
	s->flags = flags;
	s->index = index;
	s->start = start;
	s->count = count;
	memcpy(s->data, &fd, sizeof(fd));
	return ioctl(device, VFIO_DEVICE_SET_IRQS, s);
}

static void msi(void)
{
	section("the MSI capability");
	size_t at = get(0x34, 1);
	while (at && get(at, 1) != 5)
		at = get(at + 1, 1);
	if (!at) {
		note("none");
		return;
	}
	unsigned char was[SIZE];
	snapshot(was);
	note("control %04x address %08x %08x data %04x", get(at + 2, 2), get(at + 4, 4), get(at + 8, 4), get(at + 12, 2));
	put(at + 2, 0x0001, 2);
	note("control = 0001 reads %04x", get(at + 2, 2));
	put(at + 2, 0x00ff, 2);
	note("control = 00ff reads %04x", get(at + 2, 2));
	put(at + 2, 0x0070, 2);
	note("control = 0070 reads %04x", get(at + 2, 2));
	put(at + 2, 0x71, 1);
	note("control's low byte = 71 reads %04x", get(at + 2, 2));
	put(at, 0xffffffff, 4);
	note("first dword = ffffffff reads %08x", get(at, 4));
	put(at + 2, 0, 2);
	put(at + 4, 0xfee01234, 4);
	put(at + 8, 0x89abcdef, 4);
	put(at + 12, 0x4321, 2);
	put(at + 14, 0xffff, 2);
	note("address and data written read %08x %08x %08x", get(at + 4, 4), get(at + 8, 4), get(at + 12, 4));
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	call(set_irqs(1, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1, e), "SET_IRQS(MSI, eventfd)");
	more(" control %04x address %08x %08x data %04x", get(at + 2, 2), get(at + 4, 4), get(at + 8, 4), get(at + 12, 2));
	more(" command %04x", get(4, 2));
	put(at + 2, 0x0000, 2);
	note("control = 0000 reads %04x", get(at + 2, 2));
	put(at + 2, 0x0001, 2);
	note("control = 0001 reads %04x", get(at + 2, 2));
	put(at + 2, 0x0071, 2);
	note("control = 0071 reads %04x", get(at + 2, 2));
	call(set_irqs(1, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, -1), "SET_IRQS(MSI, disable)");
	more(" control %04x command %04x", get(at + 2, 2), get(4, 2));
	put(at + 2, 0x0001, 2);
	note("control = 0001 reads %04x", get(at + 2, 2));
	put_back(was);
	close(e);
}

static void intx_disable(void)
{
	section("COMMAND.INTX_DISABLE and interrupts");
	uint16_t was = get(4, 2);
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	put(4, was | 0x400, 2);
	note("set before INTx: COMMAND %04x", get(4, 2));
	call(set_irqs(0, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1, e), "SET_IRQS(INTx, eventfd)");
	more(" COMMAND %04x", get(4, 2));
	call(set_irqs(0, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 1, e), "SET_IRQS(INTx, mask)");
	more(" COMMAND %04x", get(4, 2));
	put(4, was & ~0x400, 2);
	note("cleared: COMMAND %04x", get(4, 2));
	call(set_irqs(0, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, e), "SET_IRQS(INTx, unmask)");
	more(" COMMAND %04x", get(4, 2));
	call(set_irqs(0, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, -1), "SET_IRQS(INTx, disable)");
	more(" COMMAND %04x", get(4, 2));
	call(set_irqs(1, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1, e), "SET_IRQS(MSI, eventfd)");
	more(" COMMAND %04x", get(4, 2));
	call(set_irqs(1, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, -1), "SET_IRQS(MSI, disable)");
	more(" COMMAND %04x", get(4, 2));
	put(4, was, 2);
	close(e);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	unsigned char first[SIZE], later[SIZE];
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	dump("configuration space at open");
	snapshot(first);
	reads();
	hostile_buffers();
	command();
	capabilities();
	bars();
	msi();
	intx_disable();
	detach(&s);
	for (int width = 1; width <= 4; width *= 2) {
		s = attach_device(T_TYPE1v2);
		device = s.device;
		sweep(width);
		detach(&s);
	}
	s = attach_device(T_TYPE1v2);
	device = s.device;
	odd_writes();
	unsigned char ones[SIZE];
	memset(ones, 0xff, sizeof(ones));
	call(pwrite(device, ones, SIZE, CONFIG), "pwrite(config, all ones)");
	note("closed with everything written");
	detach(&s);
	s = attach_device(T_TYPE1v2);
	device = s.device;
	snapshot(later);
	note("as at the first open: %s", memcmp(first, later, SIZE) ? "no" : "yes");
	for (size_t i = 0; i < SIZE; i++)
		if (first[i] != later[i])
			more(" [%02zx]=%02x was %02x", i, later[i], first[i]);
	dump("configuration space at a later open");
	return finish();
}
