/* SET_IRQS: a table of combinations, the loop-back of DATA_NONE and DATA_BOOL, and interrupts that edu really raises.
 */
#include "irqs.h"

static const char *index_name(unsigned index)
{
	static char text[16];
	if (index < COUNT(index_names))
		return index_names[index];
	sprintf(text, "%#x", index);
	return text;
}

/* With an argsz that fits, and as data: nothing, one byte, or one descriptor, count times. */
static long set(unsigned flags, unsigned index, unsigned start, unsigned count, int value)
{
	unsigned char data[64] = { 0 };
	size_t width = flags & EVENTFD ? 4 : flags & BOOL ? 1 : 0, n = width * (count > 16 ? 16 : count);
	for (size_t i = 0; i < n; i += width)
		memcpy(data + i, &value, width);
	long r = set_raw(sizeof(struct vfio_irq_set) + n, flags, index, start, count, data, n);
	call(r, "SET_IRQS(%s, %s, start=%u, count=%u%s)", index_name(index), flag_names(flags), start, count,
		!width         ? ""
		: flags & BOOL ? (value ? ", 1" : ", 0")
		: value == -1  ? ", -1"
		: value < -1   ? ", -2"
					   : ", fd");
	return r;
}

/* Every index with every data type, action and a few ranges, from a state in which nothing is enabled. */
static void table(void)
{
	section("everything, with nothing enabled");
	static const unsigned indexes[] = { INTX, MSI, MSIX, ERR, REQ, 5, 0x80000000 };
	static const unsigned data[] = { NONE, BOOL, EVENTFD };
	static const unsigned actions[] = { MASK, UNMASK, TRIGGER };
	static const struct {
		unsigned start, count;
	} ranges[] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 1, 0 }, { 1, 1 }, { 0, 0xffffffff }, { 0xffffffff, 1 } };
	int e = event();
	for (size_t i = 0; i < COUNT(indexes); i++)
		for (size_t k = 0; k < COUNT(data); k++)
			for (size_t a = 0; a < COUNT(actions); a++)
				for (size_t r = 0; r < COUNT(ranges); r++) {
					set(data[k] | actions[a], indexes[i], ranges[r].start, ranges[r].count, data[k] == BOOL ? 1 : e);
					all_off();
				}
	close(e);
}

static void flags_and_sizes(void)
{
	section("flags");
	int e = event();
	static const unsigned flags[] = {
		0,
		NONE,
		TRIGGER,
		NONE | BOOL | TRIGGER,
		NONE | EVENTFD | TRIGGER,
		BOOL | EVENTFD | TRIGGER,
		NONE | BOOL | EVENTFD | TRIGGER,
		NONE | MASK | UNMASK,
		NONE | MASK | TRIGGER,
		NONE | UNMASK | TRIGGER,
		NONE | MASK | UNMASK | TRIGGER,
		EVENTFD,
		BOOL,
		0x40,
		0x80000000,
		0x40 | NONE | TRIGGER,
		0xffffffff,
	};
	for (unsigned index = INTX; index <= REQ; index++)
		for (size_t i = 0; i < COUNT(flags); i++) {
			set(flags[i], index, 0, 1, e);
			all_off();
		}
	section("argsz");
	static const unsigned sizes[] = { 0, 1, 4, 19, 20, 21, 23, 24, 25, 64, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		static const unsigned kinds[] = { NONE | TRIGGER, BOOL | TRIGGER, EVENTFD | TRIGGER };
		for (size_t k = 0; k < COUNT(kinds); k++) {
			call(set_raw(sizes[i], kinds[k], MSI, 0, 1, &e, 4), "SET_IRQS(MSI, %s, start=0, count=1) argsz=%#x",
				flag_names(kinds[k]), sizes[i]);
			all_off();
			call(set_raw(sizes[i], kinds[k], REQ, 0, 0, &e, 4), "SET_IRQS(REQ, %s, start=0, count=0) argsz=%#x",
				flag_names(kinds[k]), sizes[i]);
			all_off();
		}
	}
	close(e);
}

static void pointers(void)
{
	section("pointers");
	static const struct {
		void *p;
		const char *name;
	} bad[] = {
		{ NULL, "NULL" },
		{ (void *)1, "1" },
		{ UNMAPPED, "unmapped" },
		{ KERNEL_ADDRESS, "kernel address" },
		{ NONCANONICAL, "non-canonical" },
		{ (void *)-1l, "-1" },
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		call(ioctl(device, VFIO_DEVICE_SET_IRQS, bad[i].p), "SET_IRQS(%s)", bad[i].name);
	int e = event();
	for (size_t n = 16; n <= 24; n += 2) {
		unsigned char *p = edge(n);
		struct vfio_irq_set s = { 24, EVENTFD | TRIGGER, MSI, 0, 1 };
		memcpy(p, &s, n < sizeof(s) ? n : sizeof(s));
		if (n > sizeof(s))
			memcpy(p + sizeof(s), &e, n - sizeof(s));
		call(ioctl(device, VFIO_DEVICE_SET_IRQS, p), "SET_IRQS(%zu bytes before unmapped memory, 24 used)", n);
		all_off();
	}
	close(e);
}

static void descriptors(unsigned index)
{
	note("== descriptors for %s", index_names[index]);
	int e = event(), file = open("/proc/self/exe", O_RDONLY), p[2], copy;
	if (pipe2(p, O_CLOEXEC))
		die("pipe");
	int closed = event();
	close(closed);
	struct {
		const char *name;
		int fd;
	} kinds[] = {
		{ "closed", closed },
		{ "-1", -1 },
		{ "-2", -2 },
		{ "INT_MIN", INT_MIN },
		{ "INT_MAX", INT_MAX },
		{ "regular file", file },
		{ "pipe", p[1] },
		{ "the device", device },
		{ "eventfd", e },
		{ "the same eventfd", e },
		{ "-1 again", -1 },
		{ "eventfd", e },
	};
	for (size_t i = 0; i < COUNT(kinds); i++)
		call(set_raw(24, EVENTFD | TRIGGER, index, 0, 1, &kinds[i].fd, 4), "SET_IRQS(%s, EVENTFD|TRIGGER, 0, 1, %s)",
			index_names[index], kinds[i].name);
	copy = dup(e);
	call(set_raw(24, EVENTFD | TRIGGER, index, 0, 1, &copy, 4), "SET_IRQS(%s, EVENTFD|TRIGGER, 0, 1, dup)",
		index_names[index]);
	close(copy);
	set(NONE | TRIGGER, index, 0, 1, 0);
	more(" counter %lu", counter(e));
	int path = open("/proc/self/exe", O_PATH);
	call(set_raw(24, EVENTFD | TRIGGER, index, 0, 1, &path, 4), "SET_IRQS(%s, EVENTFD|TRIGGER, 0, 1, O_PATH)",
		index_names[index]);
	set(NONE | TRIGGER, index, 0, 1, 0);
	more(" counter %lu", counter(e));
	set(NONE | TRIGGER, index, 0, 0, 0);
	set(NONE | TRIGGER, index, 0, 0, 0);
	set(NONE | TRIGGER, index, 0, 1, 0);
	more(" counter %lu", counter(e));
	close(path);
	close(file);
	close(p[0]);
	close(p[1]);
	close(e);
}

static void loop_back(unsigned index)
{
	note("== loop-back of %s", index_names[index]);
	int e = event();
	set(EVENTFD | TRIGGER, index, 0, 1, e);
	more(" counter %lu", counter(e));
	for (int i = 0; i < 3; i++)
		set(NONE | TRIGGER, index, 0, 1, 0);
	more(" counter %lu", counter(e));
	set(BOOL | TRIGGER, index, 0, 1, 0);
	more(" counter %lu", counter(e));
	set(BOOL | TRIGGER, index, 0, 1, 1);
	more(" counter %lu", counter(e));
	set(BOOL | TRIGGER, index, 0, 1, 0x80);
	more(" counter %lu", counter(e));
	set(BOOL | TRIGGER, index, 0, 0, 0);
	more(" counter %lu", counter(e));
	set(NONE | TRIGGER, index, 0, 2, 0);
	set(NONE | TRIGGER, index, 1, 1, 0);
	set(EVENTFD | TRIGGER, index, 0, 1, -1);
	set(NONE | TRIGGER, index, 0, 1, 0);
	more(" counter %lu", counter(e));
	set(EVENTFD | TRIGGER, index, 0, 1, e);
	set(NONE | TRIGGER, index, 0, 1, 0);
	more(" counter %lu", counter(e));
	int f = event();
	set(EVENTFD | TRIGGER, index, 0, 1, f);
	set(NONE | TRIGGER, index, 0, 1, 0);
	more(" old %lu new %lu", counter(e), counter(f));
	close(f);
	set(NONE | TRIGGER, index, 0, 1, 0);
	more(" (the program closed its descriptor)");
	set(NONE | TRIGGER, index, 0, 0, 0);
	set(NONE | TRIGGER, index, 0, 1, 0);
	close(e);
}

static void one_at_a_time(void)
{
	section("one kind at a time");
	int e = event(), f = event();
	set(EVENTFD | TRIGGER, INTX, 0, 1, e);
	set(EVENTFD | TRIGGER, MSI, 0, 1, f);
	set(NONE | TRIGGER, MSI, 0, 0, 0);
	set(NONE | TRIGGER, MSI, 0, 1, 0);
	set(NONE | TRIGGER, INTX, 0, 1, 0);
	more(" INTx %lu MSI %lu", counter(e), counter(f));
	set(NONE | TRIGGER, INTX, 0, 0, 0);
	set(EVENTFD | TRIGGER, MSI, 0, 1, f);
	set(EVENTFD | TRIGGER, INTX, 0, 1, e);
	set(NONE | TRIGGER, INTX, 0, 0, 0);
	set(NONE | MASK, INTX, 0, 1, 0);
	set(NONE | TRIGGER, MSI, 0, 1, 0);
	more(" INTx %lu MSI %lu", counter(e), counter(f));
	set(EVENTFD | TRIGGER, REQ, 0, 1, e);
	set(NONE | TRIGGER, REQ, 0, 1, 0);
	more(" REQ %lu", counter(e));
	set(EVENTFD | TRIGGER, MSI, 0, 0, 0);
	set(BOOL | TRIGGER, MSI, 0, 0, 0);
	set(NONE | TRIGGER, MSI, 0, 1, 0);
	more(" MSI %lu", counter(f));
	all_off();
	close(e);
	close(f);
}

static void masks(void)
{
	section("INTx masks");
	int e = event(), u = event();
	set(EVENTFD | TRIGGER, INTX, 0, 1, e);
	for (int i = 0; i < 2; i++)
		set(NONE | MASK, INTX, 0, 1, 0);
	for (int i = 0; i < 2; i++)
		set(NONE | UNMASK, INTX, 0, 1, 0);
	set(BOOL | MASK, INTX, 0, 1, 0);
	set(BOOL | MASK, INTX, 0, 1, 1);
	set(BOOL | UNMASK, INTX, 0, 1, 0);
	set(BOOL | UNMASK, INTX, 0, 1, 1);
	set(EVENTFD | MASK, INTX, 0, 1, u);
	set(EVENTFD | MASK, INTX, 0, 1, -1);
	set(EVENTFD | UNMASK, INTX, 0, 1, u);
	set(EVENTFD | UNMASK, INTX, 0, 1, u);
	set(EVENTFD | UNMASK, INTX, 0, 1, -1);
	set(EVENTFD | UNMASK, INTX, 0, 1, -1);
	set(EVENTFD | UNMASK, INTX, 0, 1, -2);
	set(EVENTFD | UNMASK, INTX, 0, 1, device);
	set(EVENTFD | UNMASK, INTX, 0, 1, 1000);
	set(NONE | MASK, INTX, 0, 0, 0);
	set(NONE | UNMASK, INTX, 0, 0, 0);
	set(NONE | MASK, INTX, 1, 0, 0);
	set(EVENTFD | UNMASK, INTX, 0, 0, 0);
	set(NONE | TRIGGER, INTX, 0, 1, 0);
	more(" counter %lu", counter(e));
	set(NONE | MASK, INTX, 0, 1, 0);
	set(NONE | TRIGGER, INTX, 0, 1, 0);
	more(" counter %lu (while masked)", counter(e));
	set(EVENTFD | TRIGGER, INTX, 0, 1, -1);
	set(EVENTFD | TRIGGER, INTX, 0, 1, e);
	set(NONE | UNMASK, INTX, 0, 1, 0);
	all_off();
	close(e);
	close(u);
}

static void raise_irq(uint32_t bits)
{
	edu_write(device, EDU_RAISE, bits);
	note("edu raises %x", bits);
}

static void lower_irq(void)
{
	edu_write(device, EDU_ACK, 0xffffffff);
	note("edu lowers all");
}

static void state(int e, bool expected)
{
	unsigned long n = edu_signalled(e, expected ? SOON : NEVER);
	note("signalled %lu, edu's status %x, COMMAND %04x STATUS %04x", n, edu_read(device, EDU_IRQ),
		config_get(device, 4), config_get(device, 6));
}

static void real_intx(void)
{
	section("INTx from edu");
	int e = event(), u = event();
	raise_irq(1);
	note("nothing listens: COMMAND %04x STATUS %04x", config_get(device, 4), config_get(device, 6));
	lower_irq();
	note("COMMAND %04x STATUS %04x", config_get(device, 4), config_get(device, 6));
	set(EVENTFD | TRIGGER, INTX, 0, 1, e);
	state(e, false);
	raise_irq(1);
	state(e, true);
	note("it is masked now, and still raised");
	state(e, false);
	set(NONE | UNMASK, INTX, 0, 1, 0);
	state(e, true);
	lower_irq();
	state(e, false);
	set(NONE | UNMASK, INTX, 0, 1, 0);
	state(e, false);
	note("masked by hand before it is raised");
	set(NONE | MASK, INTX, 0, 1, 0);
	raise_irq(2);
	state(e, false);
	set(NONE | UNMASK, INTX, 0, 1, 0);
	state(e, true);
	lower_irq();
	set(NONE | UNMASK, INTX, 0, 1, 0);
	state(e, false);
	note("unmasked through an eventfd");
	set(EVENTFD | UNMASK, INTX, 0, 1, u);
	raise_irq(4);
	state(e, true);
	uint64_t one = 1;
	call(write(u, &one, 8), "write(unmask eventfd)");
	state(e, true);
	lower_irq();
	call(write(u, &one, 8), "write(unmask eventfd)");
	state(e, false);
	note("the unmask eventfd holds %lu", counter(u));
	raise_irq(8);
	state(e, true);
	lower_irq();
	call(write(u, &one, 8), "write(unmask eventfd)");
	set(EVENTFD | UNMASK, INTX, 0, 1, -1);
	note("COMMAND.INTX_DISABLE");
	config_put(device, 4, 0x503);
	raise_irq(16);
	state(e, false);
	config_put(device, 4, 0x103);
	state(e, true);
	note("set and cleared again: it is unmasked by that");
	config_put(device, 4, 0x503);
	config_put(device, 4, 0x103);
	state(e, true);
	set(NONE | UNMASK, INTX, 0, 1, 0);
	state(e, true);
	lower_irq();
	set(NONE | UNMASK, INTX, 0, 1, 0);
	note("enabled without a trigger, raised, then given one");
	set(NONE | TRIGGER, INTX, 0, 0, 0);
	set(EVENTFD | TRIGGER, INTX, 0, 1, -1);
	raise_irq(64);
	set(EVENTFD | TRIGGER, INTX, 0, 1, e);
	state(e, false);
	set(NONE | UNMASK, INTX, 0, 1, 0);
	state(e, true);
	lower_irq();
	all_off();
	close(e);
	close(u);
}

static void real_msi(void)
{
	section("MSI from edu");
	int e = event();
	set(EVENTFD | TRIGGER, MSI, 0, 1, e);
	state(e, false);
	note("without Bus Master an MSI cannot leave the device");
	raise_irq(1);
	state(e, false);
	lower_irq();
	config_put(device, 4, 0x107);
	note("with Bus Master");
	raise_irq(1);
	state(e, true);
	raise_irq(2);
	state(e, true);
	raise_irq(0);
	state(e, true);
	lower_irq();
	state(e, false);
	note("two in a row may become one");
	raise_irq(4);
	raise_irq(4);
	poll(NULL, 0, NEVER);
	unsigned long n = edu_signalled(e, SOON);
	note("signalled once or twice: %s", n == 1 || n == 2 ? "yes" : "no");
	lower_irq();
	set(EVENTFD | TRIGGER, MSI, 0, 1, -1);
	raise_irq(8);
	state(e, false);
	lower_irq();
	set(EVENTFD | TRIGGER, MSI, 0, 1, e);
	state(e, false);
	note("INTX_DISABLE does not matter");
	config_put(device, 4, 0x507);
	raise_irq(16);
	state(e, true);
	lower_irq();
	config_put(device, 4, 0x107);
	note("the factorial's interrupt");
	edu_write(device, EDU_STATUS, 0x80);
	edu_write(device, EDU_FACTORIAL, 5);
	unsigned long f = edu_signalled(e, SOON);
	edu_wait(device, EDU_STATUS, 1);
	note("signalled %lu, edu's status %x, 5! = %u", f, edu_read(device, EDU_IRQ), edu_read(device, EDU_FACTORIAL));
	lower_irq();
	edu_write(device, EDU_STATUS, 0);
	set(NONE | TRIGGER, MSI, 0, 0, 0);
	raise_irq(1);
	note("MSI off: INTx is raised instead: COMMAND %04x STATUS %04x", config_get(device, 4), config_get(device, 6));
	state(e, false);
	lower_irq();
	config_put(device, 4, 0x103);
	all_off();
	close(e);
}

static void left_open(struct setup *s)
{
	section("what is enabled goes away with the device's last descriptor");
	int e = event();
	set(EVENTFD | TRIGGER, MSI, 0, 1, e);
	set(EVENTFD | TRIGGER, REQ, 0, 1, e);
	call(close(s->device), "close(device)");
	s->device = device = callfd(ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	set(NONE | TRIGGER, MSI, 0, 1, 0);
	more(" counter %lu", counter(e));
	set(NONE | TRIGGER, REQ, 0, 1, 0);
	more(" counter %lu", counter(e));
	set(EVENTFD | TRIGGER, INTX, 0, 1, e);
	set(NONE | TRIGGER, INTX, 0, 1, 0);
	more(" counter %lu", counter(e));
	int second = callfd(ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD once more");
	call(close(s->device), "close(first)");
	s->device = device = second;
	set(NONE | TRIGGER, INTX, 0, 1, 0);
	more(" counter %lu", counter(e));
	all_off();
	close(e);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	table();
	flags_and_sizes();
	pointers();
	for (unsigned index = INTX; index <= REQ; index++)
		descriptors(index);
	loop_back(INTX);
	loop_back(MSI);
	loop_back(REQ);
	one_at_a_time();
	masks();
	real_intx();
	real_msi();
	left_open(&s);
	detach(&s);
	return finish();
}
