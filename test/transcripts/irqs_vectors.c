/*
 * SET_IRQS on a device with 16 MSI and 16 MSI-X vectors, PCI Express: tables of combinations, blocks of eventfds with holes
 * and errors, vectors that are added and taken away while others are in use, what configuration space shows of it, and the ERR
 * and REQ indexes. Interrupts come by the loop-back, since what makes the device raise one is its own affair.
 */
/* machine: real -d nec-usb-xhci,msi=on,msix=on ; ours --device replica,config=@machines@/xhci.lspci,bar0=0x4000,addr=0000:00:05.0 */
#include "irqs.h"

#define VECTORS 16

static int fds[VECTORS];

/* What each eventfd counted, where it is not zero. */
static void counters(void)
{
	bool any = false;
	for (int i = 0; i < VECTORS; i++) {
		unsigned long n = counter(fds[i]);
		if (n) {
			more("%s%d:%lu", any ? " " : " counted ", i, n);
			any = true;
		}
	}
	if (!any)
		more(" counted nothing");
}

static void ring(unsigned index)
{
	set_none(TRIGGER, index, 0, VECTORS);
	counters();
}

static void info(void)
{
	section("GET_IRQ_INFO");
	for (unsigned index = 0; index < 6; index++) {
		struct vfio_irq_info r = { sizeof(r), 0xaaaaaaaa, index, 0xaaaaaaaa };
		call(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &r), "GET_IRQ_INFO(index=%u)", index);
		more(" argsz=%u flags=%x count=%x", r.argsz, r.flags, r.count);
	}
}

static void combination(unsigned flags, unsigned index, unsigned start, unsigned count)
{
	unsigned char data[4 * VECTORS];
	size_t width = flags & EVENTFD ? 4 : flags & BOOL ? 1 : 0, n = width * (count > VECTORS ? VECTORS : count);
	if (flags & EVENTFD)
		memcpy(data, fds, sizeof(data));
	else
		memset(data, 1, sizeof(data));
	call(set_raw(20 + n, flags, index, start, count, data, n), "SET_IRQS(%s, %s, start=%u, count=%u)", index_names[index],
		flag_names(flags), start, count);
	ring(index);
	all_off();
}

static void table(void)
{
	section("each kind of data and action, with nothing enabled");
	static const unsigned data[] = { NONE, BOOL, EVENTFD };
	static const struct {
		unsigned start, count;
	} ranges[] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 16 }, { 0, 17 }, { 1, 0 }, { 1, 1 }, { 5, 2 }, { 15, 0 },
		{ 15, 1 }, { 15, 2 }, { 16, 0 }, { 16, 1 }, { 1, 0xfffffffe }, { 0xfffffffe, 1 } };
	for (unsigned index = MSI; index <= MSIX; index++)
		for (size_t d = 0; d < COUNT(data); d++) {
			for (size_t r = 0; r < COUNT(ranges); r++)
				combination(data[d] | TRIGGER, index, ranges[r].start, ranges[r].count);
			combination(data[d] | MASK, index, 0, 1);
			combination(data[d] | UNMASK, index, 0, 1);
		}
}

static void while_enabled(unsigned index)
{
	note("== while 4 vectors of %s are enabled", index_names[index]);
	static const struct {
		unsigned flags, start, count;
	} calls[] = { { NONE, 0, 0 }, { NONE, 0, 1 }, { NONE, 0, 4 }, { NONE, 0, 5 }, { NONE, 2, 2 }, { NONE, 3, 13 },
		{ NONE, 4, 1 }, { NONE, 4, 0 }, { NONE, 15, 1 }, { NONE, 16, 0 }, { NONE, 16, 1 }, { NONE, 0, 17 }, { BOOL, 0, 0 },
		{ BOOL, 0, 4 }, { BOOL, 1, 5 }, { BOOL, 4, 4 }, { BOOL, 15, 1 }, { BOOL, 15, 2 }, { EVENTFD, 0, 0 },
		{ EVENTFD, 4, 0 }, { EVENTFD, 15, 0 }, { EVENTFD, 0, 4 }, { EVENTFD, 2, 4 }, { EVENTFD, 4, 1 }, { EVENTFD, 15, 1 },
		{ EVENTFD, 0, 16 }, { EVENTFD, 0, 17 } };
	for (size_t i = 0; i < COUNT(calls); i++) {
		set_raw(20 + 16, EVENTFD | TRIGGER, index, 0, 4, fds, 16);
		unsigned char data[4 * VECTORS];
		size_t width = calls[i].flags & EVENTFD ? 4 : calls[i].flags & BOOL ? 1 : 0;
		size_t n = width * (calls[i].count > VECTORS ? VECTORS : calls[i].count);
		if (calls[i].flags & EVENTFD)
			memcpy(data, fds, sizeof(data));
		else
			memset(data, 1, sizeof(data));
		call(set_raw(20 + n, calls[i].flags | TRIGGER, index, calls[i].start, calls[i].count, data, n),
			"SET_IRQS(%s, %s, start=%u, count=%u)", index_names[index], flag_names(calls[i].flags | TRIGGER), calls[i].start,
			calls[i].count);
		counters();
		ring(index);
		all_off();
	}
}

static void blocks(unsigned index)
{
	note("== blocks of %s", index_names[index]);
	int closed = event(), file = open("/proc/self/exe", O_RDONLY), path = open("/proc/self/exe", O_PATH);
	close(closed);
	const int ok[] = { fds[0], fds[1], fds[2], fds[3] };
	const struct {
		const char *name;
		int fds[4];
	} kinds[] = { { "holes first", { -1, fds[1], -1, fds[3] } }, { "holes last", { fds[0], -1, fds[2], -1 } },
		{ "only holes", { -1, -1, -1, -1 } }, { "one for all", { fds[0], fds[0], fds[0], fds[0] } },
		{ "negative", { -2, INT_MIN, fds[2], -1 } }, { "closed first", { closed, fds[1], fds[2], fds[3] } },
		{ "closed third", { fds[0], fds[1], closed, fds[3] } }, { "closed last", { fds[0], fds[1], fds[2], closed } },
		{ "a file", { fds[0], fds[1], fds[2], file } }, { "O_PATH", { fds[0], path, fds[2], fds[3] } },
		{ "INT_MAX", { fds[0], INT_MAX, fds[2], fds[3] } }, { "hole, closed", { -1, closed, fds[2], fds[3] } },
		{ "file, closed", { file, closed, fds[2], fds[3] } } };
	for (size_t i = 0; i < COUNT(kinds); i++) {
		note("%s: from nothing, in use, and behind what is in use", kinds[i].name);
		set_fds(TRIGGER, index, 0, 4, kinds[i].fds, kinds[i].name);
		ring(index);
		all_off();
		set_fds(TRIGGER, index, 4, 4, kinds[i].fds, kinds[i].name);
		ring(index);
		all_off();
		set_fds(TRIGGER, index, 0, 4, ok, "all");
		set_fds(TRIGGER, index, 0, 4, kinds[i].fds, kinds[i].name);
		ring(index);
		set_fds(TRIGGER, index, 2, 4, kinds[i].fds, kinds[i].name);
		ring(index);
		all_off();
	}
	close(file);
	close(path);
}

static void dynamic(unsigned index)
{
	note("== %s, one after the other", index_names[index]);
	set_fds(TRIGGER, index, 2, 1, &fds[2], "2");
	ring(index);
	static const unsigned order[] = { 0, 1, 3, 15, 7, 8 };
	for (size_t i = 0; i < COUNT(order); i++) {
		set_fds(TRIGGER, index, order[i], 1, &fds[order[i]], "another");
		ring(index);
	}
	int none = -1;
	for (size_t i = 0; i < COUNT(order); i += 2) {
		set_fds(TRIGGER, index, order[i], 1, &none, "-1");
		ring(index);
	}
	set_fds(TRIGGER, index, 15, 1, &fds[4], "another at 15");
	set_fds(TRIGGER, index, 0, 1, &fds[5], "another at 0");
	ring(index);
	set_bools(TRIGGER, index, 0, 16, "\1\0\1\0\1\0\1\0\1\0\1\0\1\0\1\0");
	counters();
	set_bools(TRIGGER, index, 0, 16, "\0\1\0\1\0\1\0\1\0\1\0\1\0\1\0\1");
	counters();
	set_bools(TRIGGER, index, 7, 4, "\377\200\2\0");
	counters();
	set_bools(TRIGGER, index, 13, 4, "\1\1\1\1");
	counters();
	set_none(TRIGGER, index, 0, 0);
	set_none(TRIGGER, index, 0, 0);
	ring(index);
	note("each count from 1 to 16");
	for (unsigned n = 1; n <= VECTORS; n++) {
		set_fds(TRIGGER, index, 0, n, fds, "all");
		ring(index);
		if (n < VECTORS) {
			set_fds(TRIGGER, index, n, 1, &fds[n], "one more");
			ring(index);
		}
		set_none(TRIGGER, index, 0, 0);
	}
}

static void config_of(unsigned index, const char *when)
{
	unsigned at = find_capability(device, index == MSI ? 5 : 0x11);
	note("%s: control %04x COMMAND %04x", when, config_get(device, at + 2), config_get(device, 4));
}

static void in_config(unsigned index)
{
	note("== %s in configuration space", index_names[index]);
	unsigned at = find_capability(device, index == MSI ? 5 : 0x11);
	config_of(index, "off");
	static const uint16_t writes[] = { 0xffff, 0x0000, 0x8000, 0xc000, 0x0001, 0x0011, 0x0041, 0x0071, 0x0000 };
	for (size_t i = 0; i < COUNT(writes); i++) {
		config_put(device, at + 2, writes[i]);
		more(" wrote %04x:", writes[i]);
		config_of(index, "off");
	}
	static const unsigned counts[] = { 1, 2, 3, 4, 5, 8, 9, 16 };
	for (size_t n = 0; n < COUNT(counts); n++) {
		set_fds(TRIGGER, index, 0, counts[n], fds, "all");
		config_of(index, "on");
		for (size_t i = 0; i < COUNT(writes); i++) {
			config_put(device, at + 2, writes[i]);
			note("wrote %04x: control %04x", writes[i], config_get(device, at + 2));
		}
		ring(index);
		set_none(TRIGGER, index, 0, 0);
		config_of(index, "off");
	}
}

static void table_in_memory(void)
{
	section("the table of MSI-X, read and written through its region");
	uint32_t where, v;
	unsigned at = find_capability(device, 0x11);
	if (pread(device, &where, 4, CONFIG + at + 4) != 4)
		die("table");
	off_t table = REGION(where & 7) + (where & ~7u);
	for (int on = 0; on < 2; on++) {
		for (unsigned o = 0; o < 16 * VECTORS; o += 60) {
			call(pread(device, &v, 4, table + (o & ~3u)), "pread(table + %#x)", o & ~3u);
			more(" %08x", v);
			v = 0x12345678;
			call(pwrite(device, &v, 4, table + (o & ~3u)), "pwrite(table + %#x)", o & ~3u);
		}
		uint64_t w = 0;
		call(pread(device, &w, 8, table), "pread(table, 8)");
		more(" %016llx", (long long)w);
		set_fds(TRIGGER, MSIX, 0, VECTORS, fds, "all");
	}
	ring(MSIX);
	unsigned char b[24];
	call(pread(device, b, 24, table + 16 * VECTORS - 8), "pread(around the end of the table, 24)");
	more(" ");
	hex(b, 8);
	all_off();
}

/* VFIO_DEVICE_IOEVENTFD must not reach the table. */
static void doorbells_at_the_table(void)
{
	section("doorbells at the table of MSI-X");
	uint32_t where;
	unsigned at = find_capability(device, 0x11);
	if (pread(device, &where, 4, CONFIG + at + 4) != 4)
		die("table");
	off_t table = REGION(where & 7) + (where & ~7u);
	static const int offsets[] = { -9, -8, -7, -4, -3, -2, -1, 0, 1, 4, 8, 100, 248, 252, 255, 256, 257, 260 };
	for (unsigned width = 1; width <= 8; width *= 2)
		for (size_t i = 0; i < COUNT(offsets); i++) {
			struct vfio_device_ioeventfd e = { 32, width, table + offsets[i], 1, fds[0] };
			call(ioctl(device, VFIO_DEVICE_IOEVENTFD, &e), "IOEVENTFD(%u, table%+d)", width, offsets[i]);
			e.fd = -1;
			ioctl(device, VFIO_DEVICE_IOEVENTFD, &e);
		}
}

static void sizes(unsigned index)
{
	note("== argsz for %s", index_names[index]);
	static const unsigned argsz[] = { 0, 19, 20, 21, 23, 24, 27, 28, 35, 36, 37, 1000, 0xffffffff };
	for (size_t i = 0; i < COUNT(argsz); i++) {
		call(set_raw(argsz[i], EVENTFD | TRIGGER, index, 0, 4, fds, 16), "SET_IRQS(EVENTFD|TRIGGER, 0, 4) argsz=%#x",
			argsz[i]);
		all_off();
		set_raw(36, EVENTFD | TRIGGER, index, 0, 4, fds, 16);
		call(set_raw(argsz[i], BOOL | TRIGGER, index, 0, 4, "\1\1\1\1", 4), "SET_IRQS(BOOL|TRIGGER, 0, 4) argsz=%#x",
			argsz[i]);
		counters();
		all_off();
	}
	static const unsigned room[] = { 19, 20, 22, 24, 32, 35, 36 };
	for (size_t i = 0; i < COUNT(room); i++) {
		unsigned char *p = edge(room[i]), b[36];
		struct vfio_irq_set s = { 36, EVENTFD | TRIGGER, index, 0, 4 };
		memcpy(b, &s, sizeof(s));
		memcpy(b + 20, fds, 16);
		memcpy(p, b, room[i]);
		call(ioctl(device, VFIO_DEVICE_SET_IRQS, p), "SET_IRQS(4 eventfds, %u bytes before unmapped memory)", room[i]);
		ring(index);
		all_off();
	}
}

static void kinds(void)
{
	section("one kind at a time");
	static const unsigned indexes[] = { INTX, MSI, MSIX };
	for (size_t a = 0; a < 3; a++)
		for (size_t b = 0; b < 3; b++) {
			if (a == b)
				continue;
			set_fds(TRIGGER, indexes[a], 0, 1, fds, "first");
			set_fds(TRIGGER, indexes[b], 0, 1, fds, "second");
			set_none(TRIGGER, indexes[b], 0, 0);
			set_none(TRIGGER, indexes[b], 0, 1);
			set_bools(TRIGGER, indexes[b], 0, 1, "\1");
			set_none(TRIGGER, indexes[a], 0, 1);
			counters();
			set_none(TRIGGER, indexes[a], 0, 0);
			set_fds(TRIGGER, indexes[b], 0, 1, fds, "second, now");
			set_none(TRIGGER, indexes[b], 0, 1);
			counters();
			set_none(TRIGGER, indexes[b], 0, 0);
		}
}

static void single(unsigned index)
{
	note("== %s", index_names[index]);
	static const unsigned data[] = { NONE, BOOL, EVENTFD };
	static const unsigned actions[] = { MASK, UNMASK, TRIGGER };
	for (int on = 0; on < 2; on++)
		for (size_t d = 0; d < 3; d++)
			for (size_t a = 0; a < 3; a++)
				for (unsigned start = 0; start < 2; start++)
					for (unsigned count = 0; count < 3; count++) {
						if (on)
							set_raw(24, EVENTFD | TRIGGER, index, 0, 1, &fds[3], 4);
						unsigned char b[8] = { 1, 1 };
						if (data[d] == EVENTFD)
							memcpy(b, fds, 8);
						size_t n = count * (data[d] == EVENTFD ? 4 : data[d] == BOOL ? 1 : 0);
						call(set_raw(20 + n, data[d] | actions[a], index, start, count, b, n),
							"SET_IRQS(%s, %s, start=%u, count=%u)%s", index_names[index], flag_names(data[d] | actions[a]),
							start, count, on ? " while set" : "");
						counters();
						set_raw(20, NONE | TRIGGER, index, 0, 1, "", 0);
						counters();
						set_raw(20, NONE | TRIGGER, index, 0, 0, "", 0);
					}
	int closed = event(), file = open("/proc/self/exe", O_RDONLY);
	close(closed);
	const struct {
		const char *name;
		int fd;
	} bad[] = { { "-1", -1 }, { "-2", -2 }, { "INT_MIN", INT_MIN }, { "INT_MAX", INT_MAX }, { "closed", closed },
		{ "a file", file }, { "the device", device } };
	for (size_t i = 0; i < COUNT(bad); i++) {
		set_fd(TRIGGER, index, fds[0], "an eventfd");
		set_fd(TRIGGER, index, bad[i].fd, bad[i].name);
		set_none(TRIGGER, index, 0, 1);
		counters();
		set_none(TRIGGER, index, 0, 0);
	}
	close(file);
}

static void others_stay(void)
{
	section("ERR and REQ beside MSI-X, over a reset and a close");
	set_fd(TRIGGER, ERR, fds[8], "8");
	set_fd(TRIGGER, REQ, fds[9], "9");
	set_fds(TRIGGER, MSIX, 0, 4, fds, "all");
	set_none(TRIGGER, MSIX, 0, 0);
	set_none(TRIGGER, ERR, 0, 1);
	set_none(TRIGGER, REQ, 0, 1);
	counters();
	set_fds(TRIGGER, MSIX, 0, 4, fds, "all");
	ring(MSIX);
	set_none(TRIGGER, ERR, 0, 1);
	set_none(TRIGGER, REQ, 0, 1);
	counters();
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	for (int i = 0; i < VECTORS; i++)
		fds[i] = event();
	info();
	table();
	for (unsigned index = MSI; index <= MSIX; index++) {
		while_enabled(index);
		blocks(index);
		dynamic(index);
		in_config(index);
		sizes(index);
	}
	table_in_memory();
	doorbells_at_the_table();
	kinds();
	single(ERR);
	single(REQ);
	others_stay();
	call(close(device), "close(device)");
	s.device = device = callfd(ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	ring(MSIX);
	set_none(TRIGGER, ERR, 0, 1);
	set_none(TRIGGER, REQ, 0, 1);
	counters();
	detach(&s);
	return finish();
}
