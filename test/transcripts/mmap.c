/* BAR0 through mmap: which mappings are given, what loads and stores of each width do, and what happens while memory is
 * disabled. */
#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M1 (1ul << 20)

static int device;
static sigjmp_buf escape;
static volatile int caught_signal, caught_code;
static void *volatile caught_address;

static void caught(int sig, siginfo_t *info, void *context)
{
	(void)context;
	caught_signal = sig;
	caught_code = info->si_code;
	caught_address = info->si_addr;
	siglongjmp(escape, 1);
}

static const char *signal_text(void *address)
{
	static char text[64];
	snprintf(text, sizeof(text), "SIG%s code %d, address %s", sigabbrev_np(caught_signal), caught_code,
		caught_address == address ? "of the access" : "another");
	return text;
}

/* One load, or the signal that it got. */
static void load(volatile void *p, int width, const char *what)
{
	volatile uint64_t v = 0;
	note("load %d at %s", width, what);
	if (sigsetjmp(escape, 1)) {
		more(": %s", signal_text((void *)p));
		return;
	}
	switch (width) {
	case 1: v = *(volatile uint8_t *)p; break;
	case 2: v = *(volatile uint16_t *)p; break;
	case 4: v = *(volatile uint32_t *)p; break;
	case 8: v = *(volatile uint64_t *)p; break;
	}
	more(": %0*lx", width * 2, (unsigned long)v);
}

static void store(volatile void *p, int width, uint64_t v, const char *what)
{
	note("store %d at %s, %lx", width, what, v);
	if (sigsetjmp(escape, 1)) {
		more(": %s", signal_text((void *)p));
		return;
	}
	switch (width) {
	case 1: *(volatile uint8_t *)p = v; break;
	case 2: *(volatile uint16_t *)p = v; break;
	case 4: *(volatile uint32_t *)p = v; break;
	case 8: *(volatile uint64_t *)p = v; break;
	}
	more(": done");
}

static volatile char *map(size_t length, int prot, int flags, off_t offset, const char *what)
{
	char *p = callptr(mmap(NULL, length, prot, flags, device, offset), "mmap(%s)", what);
	return p == MAP_FAILED ? NULL : p;
}

static void try(size_t length, int prot, int flags, off_t offset, const char *what)
{
	volatile char *p = map(length, prot, flags, offset, what);
	if (p)
		munmap((void *)p, length);
}

static void which(void)
{
	section("which mappings are given");
	const int RW = PROT_READ | PROT_WRITE;
	try(M1, RW, MAP_SHARED, 0, "all of BAR0");
	try(M1, RW, MAP_PRIVATE, 0, "MAP_PRIVATE");
	try(M1, PROT_READ, MAP_PRIVATE, 0, "MAP_PRIVATE, PROT_READ");
	try(M1, RW, MAP_SHARED_VALIDATE, 0, "MAP_SHARED_VALIDATE");
	try(M1, RW, MAP_SHARED_VALIDATE | MAP_SYNC, 0, "MAP_SHARED_VALIDATE|MAP_SYNC");
	try(M1, RW, 0, 0, "neither shared nor private");
	try(M1, PROT_READ, MAP_SHARED, 0, "PROT_READ");
	try(M1, PROT_WRITE, MAP_SHARED, 0, "PROT_WRITE");
	try(M1, PROT_NONE, MAP_SHARED, 0, "PROT_NONE");
	try(M1, RW | PROT_EXEC, MAP_SHARED, 0, "PROT_EXEC");
	try(0, RW, MAP_SHARED, 0, "length 0");
	try(1, RW, MAP_SHARED, 0, "length 1");
	try(PAGE, RW, MAP_SHARED, 0, "one page");
	try(PAGE + 1, RW, MAP_SHARED, 0, "a page and a byte");
	try(M1 - PAGE, RW, MAP_SHARED, PAGE, "from the second page");
	try(M1, RW, MAP_SHARED, PAGE, "from the second page, one page too long");
	try(PAGE, RW, MAP_SHARED, M1 - PAGE, "the last page");
	try(2 * PAGE, RW, MAP_SHARED, M1 - PAGE, "the last page and one more");
	try(PAGE, RW, MAP_SHARED, M1, "one page past the end");
	try(M1 + 1, RW, MAP_SHARED, 0, "one byte too long");
	try(M1 + PAGE, RW, MAP_SHARED, 0, "one page too long");
	try(1ul << 40, RW, MAP_SHARED, 0, "2^40 bytes");
	try(PAGE, RW, MAP_SHARED, 1, "offset 1");
	try(PAGE, RW, MAP_SHARED, 2048, "offset 2048");
	try(PAGE, RW, MAP_SHARED, -(off_t)PAGE, "offset -4096");
	for (unsigned index = 1; index <= 10; index++) {
		char text[32];
		snprintf(text, sizeof(text), "region %u", index);
		try(PAGE, RW, MAP_SHARED, REGION(index), text);
	}
	try(PAGE, RW, MAP_SHARED, REGION(0x7fffff), "region 0x7fffff");
	try(M1, RW, MAP_SHARED | MAP_POPULATE, 0, "MAP_POPULATE");
	try(M1, RW, MAP_SHARED | MAP_NORESERVE, 0, "MAP_NORESERVE");
	try(M1, RW, MAP_SHARED | MAP_32BIT, 0, "MAP_32BIT");
	char *hole = pages(4);
	char *p = callptr(mmap(hole, PAGE, RW, MAP_SHARED | MAP_FIXED, device, 0), "mmap(MAP_FIXED)");
	note("at the address asked for: %s", p == hole ? "yes" : "no");
	p = callptr(mmap(hole + 1, PAGE, RW, MAP_SHARED | MAP_FIXED, device, 0), "mmap(MAP_FIXED, unaligned)");
	p = callptr(
		mmap(hole, PAGE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, device, 0), "mmap(MAP_FIXED_NOREPLACE on a mapping)");
	call(munmap(hole, PAGE), "munmap");
	p = callptr(
		mmap(hole, PAGE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, device, 0), "mmap(MAP_FIXED_NOREPLACE on nothing)");
	note("at the address asked for: %s", p == hole ? "yes" : "no");
	load(hole, 4, "BAR0+0x0");
	munmap(hole, PAGE);
	callptr(mmap(NULL, PAGE, RW, MAP_SHARED, -1, 0), "mmap(fd -1)");
}

static void widths(void)
{
	section("loads and stores");
	volatile char *p = map(M1, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "BAR0");
	if (!p)
		die("mmap");
	static const struct {
		unsigned o;
		const char *name;
	} at[] = {
		{ 0, "id" },
		{ 4, "liveness" },
		{ 8, "factorial" },
		{ 0x10, "0x10" },
		{ 0x20, "status" },
		{ 0x24, "irq status" },
		{ 0x80, "src" },
		{ 0x88, "dst" },
		{ 0x1000, "0x1000" },
		{ 0x40000, "0x40000" },
		{ 0xffff8, "0xffff8" },
	};
	store(p + 4, 4, 0x11111111, "liveness");
	for (size_t i = 0; i < COUNT(at); i++)
		for (int w = 1; w <= 8; w *= 2)
			if (at[i].o % w == 0)
				load(p + at[i].o, w, at[i].name);
	store(p + 4, 4, 0x12345678, "liveness");
	load(p + 4, 4, "liveness");
	store(p + 4, 1, 0xff, "liveness");
	store(p + 4, 2, 0xffff, "liveness");
	load(p + 4, 4, "liveness");
	store(p + 0x80, 8, 0x1122334455667788, "src");
	load(p + 0x80, 8, "src");
	load(p + 0x80, 4, "src");
	note("the same by pread: %08x", edu_read(device, EDU_SRC));
	store(p + 0x80, 8, 0, "src");
	for (uint32_t n = 3; n < 8; n++) {
		store(p + EDU_FACTORIAL, 4, n, "factorial");
		edu_wait(device, EDU_STATUS, 1);
		load(p + EDU_FACTORIAL, 4, "factorial");
	}
	section("read-modify-write");
	volatile uint32_t *live = (volatile uint32_t *)(p + 4);
	edu_write(device, EDU_LIVENESS, 0);
	*live |= 0x0f0f0f0f;
	note("|= 0f0f0f0f: %08x", edu_read(device, EDU_LIVENESS));
	*live &= 0xffff0000;
	note("&= ffff0000: %08x", edu_read(device, EDU_LIVENESS));
	*live += 1;
	note("+= 1: %08x", edu_read(device, EDU_LIVENESS));
	*live ^= 0xff;
	note("^= ff: %08x", edu_read(device, EDU_LIVENESS));
	uint32_t a[4];
	for (int i = 0; i < 3; i++)
		a[i] = ((volatile uint32_t *)p)[i];
	note("three in a row: %08x %08x %08x", a[0], a[1], a[2]);
	section("other views of it");
	volatile char *q = map(PAGE, PROT_READ, MAP_SHARED, 0, "the first page, PROT_READ");
	load(q + 4, 4, "liveness");
	store(q + 4, 4, 1, "liveness");
	call(mprotect((void *)q, PAGE, PROT_READ | PROT_WRITE), "mprotect(PROT_READ|PROT_WRITE)");
	store(q + 4, 4, 1, "liveness");
	load(p + 4, 4, "liveness in the other mapping");
	call(mprotect((void *)q, PAGE, PROT_NONE), "mprotect(PROT_NONE)");
	load(q + 4, 4, "liveness");
	call(mprotect((void *)q, PAGE, PROT_READ), "mprotect(PROT_READ)");
	load(q + 4, 4, "liveness");
	call(munmap((void *)q, PAGE), "munmap");
	load(q + 4, 4, "liveness, unmapped");
	call(munmap((void *)(p + 4 * PAGE), PAGE), "munmap(a page in the middle)");
	load(p + 4 * PAGE, 4, "the hole");
	load(p + 5 * PAGE, 4, "after the hole");
	load(p, 4, "id");
	munmap((void *)p, M1);
}

static void disabled(struct setup *s)
{
	section("memory disabled");
	volatile char *p = map(M1, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "BAR0");
	load(p, 4, "id");
	config_put(device, 4, 0x101);
	note("COMMAND.MEM = 0");
	load(p, 4, "id");
	store(p + 4, 4, 5, "liveness");
	load(p + 0x10000, 4, "a page not touched before");
	uint32_t v = 0;
	call(pread(device, &v, 4, 0), "pread(0, 4)");
	call(pwrite(device, &v, 4, 4), "pwrite(4, 4)");
	call(pread(device, &v, 0, 0), "pread(0, 0)");
	call(pread(device, &v, 4, M1), "pread(past the end, 4)");
	volatile char *q = map(M1, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "BAR0, while disabled");
	load(q, 4, "id");
	config_put(device, 4, 0x103);
	note("COMMAND.MEM = 1");
	load(p, 4, "id");
	load(q, 4, "id");
	store(p + 4, 4, 0x1234, "liveness");
	load(q + 4, 4, "liveness");
	call(pread(device, &v, 4, 0), "pread(0, 4)");
	more(" %08x", v);
	section("BAR0 moved by the program");
	uint32_t bar, wrong = 0x10000000;
	pread(device, &bar, 4, CONFIG + 0x10);
	pwrite(device, &wrong, 4, CONFIG + 0x10);
	load(p, 4, "id");
	call(pread(device, &v, 4, 0), "pread(0, 4)");
	more(" %08x", v);
	pwrite(device, &bar, 4, CONFIG + 0x10);
	load(p, 4, "id");
	section("the device's last descriptor closes, the mapping stays");
	munmap((void *)q, M1);
	call(close(device), "close(device)");
	load(p, 4, "id");
	store(p + 4, 4, 0x77, "liveness");
	load(p + 4, 4, "liveness");
	call(close(s->group), "close(group)");
	call(close(s->container), "close(container)");
	callfd(open(t_group_path, O_RDWR), "open(group)");
	load(p, 4, "id");
	call(munmap((void *)p, M1), "munmap");
	int g = callfd(open(t_group_path, O_RDWR), "open(group)");
	struct vfio_group_status status = { sizeof(status), 0 };
	call(ioctl(g, VFIO_GROUP_GET_STATUS, &status), "GET_STATUS");
	more(" flags=%x", status.flags);
	close(g);
}

/* Through a fork: both use the mapping. */
static void forked(void)
{
	section("a mapping in a child");
	volatile char *p = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "the first page");
	store(p + 4, 4, 0xaaaa, "liveness");
	pid_t pid = child_start();
	if (pid == 0) {
		load(p, 4, "id, in the child");
		load(p + 4, 4, "liveness, in the child");
		store(p + 4, 4, 0x5555, "liveness, in the child");
		munmap((void *)p, PAGE);
		volatile char *q = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "the first page, in the child");
		load(q + 4, 4, "liveness, in the child");
		child_end();
	}
	child_wait(pid);
	load(p + 4, 4, "liveness");
	munmap((void *)p, PAGE);
	section("madvise, mremap");
	p = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "two pages");
	call(madvise((void *)p, PAGE, MADV_DONTFORK), "madvise(MADV_DONTFORK)");
	call(madvise((void *)p, PAGE, MADV_DONTDUMP), "madvise(MADV_DONTDUMP)");
	callptr(mremap((void *)p, 2 * PAGE, PAGE, 0), "mremap(shorter)");
	load(p, 4, "id");
	load(p + PAGE, 4, "the page cut off");
	munmap((void *)p, PAGE);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER };
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	which();
	widths();
	forked();
	disabled(&s);
	return finish();
}
