/* Has a KVM guest on POWER make TCE hypercalls from a list, and prints what each came to. README.md has the words of a list.
 *   hypercalls FILE          the list in FILE
 *   hypercalls -s SEED N     N random steps
 *   hypercalls -l SEED N     only print those steps
 * What hardware tables come to is in the hypervisor's trace: after each step a mapping comes and goes in a page that lists leave alone, which
 * cuts the trace into steps. regenerate.sh puts the two together.
 */
#include "guest.h"
#include <linux/vfio.h>

typedef uint64_t u64;
typedef uint32_t u32;
#define H_GET_TCE 0x1c
#define H_PUT_TCE 0x20
#define H_STUFF_TCE 0x138
#define H_PUT_TCE_INDIRECT 0x13c
#define MEMORY (16ul << 20)
#define SECOND (12ul << 20)		/* what the second slot leads to, half of it registered */
#define SECOND_AT (1ull << 32)
#define DDW_SIZE (1ull << 28)
#define MARKER 0x3ffff000
#define LISTS 0x20000

static struct guest guest;
static int container, group, device;
static u64 ddw, state;

static struct table {
	u32 liobn, shift;
	u64 offset, size;
	int fd, window;	/* -1: none */
	u64 *entries;
} tables[] = {
	{ 0x80000000, 12, 0, 0x40000, -1, 0, NULL }, /* VFIO's 32-bit window */
	{ 0x80000001, 16, 0, DDW_SIZE >> 16, -1, 1, NULL }, /* VFIO's dynamic window */
	{ 0x80000002, 12, 0, 512, -1, -1, NULL },
	{ 0x80000003, 16, 0, 0x4000, -1, 0, NULL }, /* the 32-bit window with larger pages */
	{ 0x80000004, 24, 0, 16, -1, -1, NULL },
	{ 0x80000005, 16, 0, 32, -1, 1, NULL }, /* the dynamic window's beginning */
};
#define TABLES (sizeof tables / sizeof *tables)

/* splitmix64 */
static u64 next(void)
{
	u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static u64 below(u64 n)
{
	return next() % n;
}

static struct table *find(u64 liobn)
{
	for (unsigned i = 0; i < TABLES; i++)
		if (tables[i].liobn == liobn)
			return tables + i;
	return NULL;
}

/* A TCE: mode 0 good, for pages of 64 KiB in registered memory; otherwise one of "mode" is anything. */
static u64 tce(u64 mode)
{
	static const u64 masks[] = { 0xffff, 0xffff, 0xfff, 0 };
	u64 address;

	if (mode == 0 || below(mode)) {
		address = below(8ul << 20) & ~0xfffful;
		return address | (1 + below(3));
	}
	address = below(MEMORY + (4 << 20));
	address &= ~masks[below(4)];
	if (below(4) == 0)
		address += SECOND_AT;
	return (address & ~3ull) | below(4);
}

static void fill(u64 gpa, u64 seed, u64 mode, u64 n)
{
	u64 saved = state;

	state = seed;
	for (u64 i = 0; i < n; i++)
		((u64 *)(guest.memory + gpa))[i] = __builtin_bswap64(tce(mode));
	state = saved;
}

static u64 sum(const u64 *p, u64 n)
{
	u64 h = 0xcbf29ce484222325;

	for (u64 i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	return h;
}

static void show(u64 liobn, u64 ioba, u64 n)
{
	struct table *t = find(liobn);
	u64 i = t ? (ioba >> t->shift) - t->offset : 0;

	if (!t || i >= t->size)
		return;
	if (n > t->size - i)
		n = t->size - i;
	printf(" |");
	if (n > 4)
		printf(" #%llx", (unsigned long long)sum(t->entries + i, n));
	else
		for (; n > 0; i++, n--)
			printf(" %llx", (unsigned long long)t->entries[i]);
}

static void call(u64 nr, const u64 *a, u64 n)
{
	u64 in[5] = { nr, a[0], a[1], a[2], a[3] }, out[2];

	if (guest_call(&guest, in, out))
		printf(" user");
	else if (nr == H_GET_TCE && out[0] == 0)
		printf(" kvm 0 r4 %llx", (unsigned long long)out[1]);
	else
		printf(" kvm %lld", (long long)out[0]);
	show(a[0], a[1], n);
}

static void result(long r)
{
	printf(" %ld", r < 0 ? -errno : r);
}

static long map(u64 iova, u64 offset, u64 size, u64 flags)
{
	struct vfio_iommu_type1_dma_map m = { sizeof m, flags, (u64)guest.memory + offset, iova, size };

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &m);
}

static long unmap(u64 iova, u64 size)
{
	struct vfio_iommu_type1_dma_unmap u = { sizeof u, 0, iova, size };

	return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &u);
}

static long reg(int request, u64 offset, u64 size)
{
	struct vfio_iommu_spapr_register_memory r = { sizeof r, 0, (u64)guest.memory + offset, size };

	return ioctl(container, request, &r);
}

static long slot(u64 id, u64 gpa, u64 size, u64 offset)
{
	struct kvm_userspace_memory_region m = { id, 0, gpa, size, (u64)guest.memory + offset };

	return ioctl(guest.vm, KVM_SET_USER_MEMORY_REGION, &m);
}

static long attribute(u64 attr, void *p)
{
	struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, attr, (u64)p };

	return ioctl(device, KVM_SET_DEVICE_ATTR, &a);
}

static long attach(u64 liobn)
{
	struct kvm_vfio_spapr_tce s = { group, find(liobn)->fd };

	return attribute(KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, &s);
}

static long enable(u64 nr, u64 on)
{
	struct kvm_enable_cap c = { .cap = KVM_CAP_PPC_ENABLE_HCALL, .args = { nr, on } };

	return ioctl(guest.vm, KVM_ENABLE_CAP, &c);
}

static void step(char *line)
{
	char word[16] = "", *p;
	u64 a[8] = { 0 };
	int used = 0, n = 0;

	line[strcspn(line, "#\n")] = 0;
	if (sscanf(line, "%15s%n", word, &used) != 1)
		return;
	for (p = line + used; n < 8 && sscanf(p, " %llx%n", (unsigned long long *)&a[n], &used) == 1; n++)
		p += used;
	printf("%s", word);
	for (int i = 0; i < n; i++)
		printf(" %llx", (unsigned long long)a[i]);
	printf(" ->");
	if (!strcmp(word, "get")) call(H_GET_TCE, a, 1);
	else if (!strcmp(word, "put")) call(H_PUT_TCE, a, 1);
	else if (!strcmp(word, "stuff")) call(H_STUFF_TCE, a, a[3]);
	else if (!strcmp(word, "indirect")) call(H_PUT_TCE_INDIRECT, a, a[3]);
	else if (!strcmp(word, "fill")) fill(a[0], a[1], a[2], a[3]);
	else if (!strcmp(word, "poke")) *(u64 *)(guest.memory + a[0]) = __builtin_bswap64(a[1]);
	else if (!strcmp(word, "enable")) result(enable(a[0], a[1]));
	else if (!strcmp(word, "slot")) result(slot(a[0], a[1], a[2], a[3]));
	else if (!strcmp(word, "map")) result(map(a[0], a[1], a[2], a[3]));
	else if (!strcmp(word, "unmap")) result(unmap(a[0], a[1]));
	else if (!strcmp(word, "register")) result(reg(VFIO_IOMMU_SPAPR_REGISTER_MEMORY, a[0], a[1]));
	else if (!strcmp(word, "unregister")) result(reg(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, a[0], a[1]));
	else if (!strcmp(word, "add")) result(attribute(KVM_DEV_VFIO_GROUP_ADD, &group));
	else if (!strcmp(word, "del")) result(attribute(KVM_DEV_VFIO_GROUP_DEL, &group));
	else if (!strcmp(word, "attach")) result(attach(a[0]));
	else printf(" ?");
	putchar('\n');
	if (map(MARKER, 0, 4096, 3) || unmap(MARKER, 4096))
		die("marker");
}

/* A bus address of a table's first pages, or near it, or nowhere. */
static u64 any_ioba(const struct table *t)
{
	static const u64 pages[] = { 512, 64, 512, 32, 16, 32 };
	u64 ioba = (t->offset + below(pages[t - tables])) << t->shift;

	switch (below(24)) {
	case 0: return ioba + 0x800;
	case 1: return ioba + 4;
	case 2: return (t->offset + t->size) << t->shift;
	case 3: return (t->offset - 1) << t->shift;
	case 4: return ioba ^ 1ull << below(64);
	default: return ioba;
	}
}

static void random_step(char *line)
{
	const struct table *t = tables + below(TABLES);
	u64 liobn = t->liobn + (below(25) ? 0 : below(2) ? 0x40 : 1ull << 32), ioba = any_ioba(t);

#define L(...) sprintf(line, __VA_ARGS__)
#define X(v) ((unsigned long long)(v))
	switch (below(40)) {
	case 0: case 1: case 2: L("get %llx %llx", X(liobn), X(ioba)); break;
	case 3: case 4: case 5: case 6: case 7: {
		u64 v = below(4) ? 0 : next() >> below(64), n = below(below(5) ? 20 : 600);

		L("stuff %llx %llx %llx %llx", X(liobn), X(ioba), X(below(10) ? v & ~3ull : v), X(below(30) ? n : next()));
		break;
	}
	case 8: case 9: case 10: case 11: case 12: case 13:
		L("fill %llx %llx %llx %llx", X(LISTS + below(4) * 4096), X(next()), X(below(2) ? 0 : 1 + below(40)), X(512ull));
		break;
	case 14: case 15: case 16: case 17: case 18: case 19: case 20: case 21: case 22: {
		u64 list = LISTS + below(4) * 4096, n = below(below(5) ? 20 : 520);

		L("indirect %llx %llx %llx %llx", X(liobn), X(ioba), X(below(20) ? list : below(2) ? list + 8 : MEMORY + SECOND_AT), X(n));
		break;
	}
	case 23: switch (below(6)) {
		case 0: L("enable %llx 0", X(below(2) ? H_STUFF_TCE : H_PUT_TCE)); break;
		case 1: L("slot 1 %llx 0 0", X(SECOND_AT)); break;
		case 2: L("map %llx %llx 10000 3", X(below(32) << 16), X(below(8 << 20) & ~0xfffful)); break;
		case 3: L("unmap %llx 20000", X(below(31) << 16)); break;
		case 4: L("map %llx %llx 20000 1", X(ddw + (below(31) << 16)), X(below(7 << 20) & ~0xfffful)); break;
		default: L("unmap %llx 10000", X(ddw + (below(32) << 16)));
		}
		break;
	case 24: case 25: /* what was off is on again */
		if (below(2)) L("slot 1 %llx 200000 %llx", X(SECOND_AT), X(SECOND));
		else L("enable %llx 1", X(below(2) ? H_STUFF_TCE : H_PUT_TCE));
		break;
	default: L("put %llx %llx %llx", X(liobn), X(ioba), X(below(5) ? tce(below(4)) : below(2) ? 0 : next() & ~3ull));
	}
}

static void setup(void)
{
	struct vfio_iommu_spapr_tce_create create = { .argsz = sizeof create, .page_shift = 16, .window_size = DDW_SIZE, .levels = 1 };
	struct kvm_create_device make = { .type = KVM_DEV_TYPE_VFIO };

	guest_create(&guest, MEMORY);
	container = open("/dev/vfio/vfio", O_RDWR);
	group = open("/dev/vfio/0", O_RDWR);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) || ioctl(container, VFIO_SET_IOMMU, VFIO_SPAPR_TCE_v2_IOMMU) ||
	    reg(VFIO_IOMMU_SPAPR_REGISTER_MEMORY, 0, 8 << 20) || reg(VFIO_IOMMU_SPAPR_REGISTER_MEMORY, SECOND, 1 << 20) ||
	    unmap(0, 65536) || ioctl(container, VFIO_IOMMU_SPAPR_TCE_CREATE, &create))
		die("VFIO");
	if (create.start_addr != ddw || slot(0, 0, SECOND, 0) || slot(1, SECOND_AT, 2 << 20, SECOND))
		die("memory");
	guest_add_cpu(&guest);
	if (ioctl(guest.vm, KVM_CREATE_DEVICE, &make))
		die("KVM_CREATE_DEVICE");
	device = make.fd;
	if (attribute(KVM_DEV_VFIO_GROUP_ADD, &group) || enable(H_STUFF_TCE, 1) || enable(H_PUT_TCE_INDIRECT, 1))
		die("KVM");
	for (unsigned i = 0; i < TABLES; i++) {
		struct table *t = tables + i;
		struct kvm_create_spapr_tce_64 c = { t->liobn, t->shift, 0, t->offset, t->size };

		t->fd = ioctl(guest.vm, KVM_CREATE_SPAPR_TCE_64, &c);
		t->entries = mmap(NULL, (t->size * 8 + 65535) & ~65535ul, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
		if (t->entries == MAP_FAILED || (t->window >= 0 && attach(t->liobn)))
			die("table");
	}
}

/* The trace's first markers tell where each registered page is. */
static void tell_places(void)
{
	for (u64 at = 0; at < SECOND + (1 << 20); at += 65536) {
		if (at >= 8 << 20 && at < SECOND)
			continue;
		if (map(MARKER, at, 4096, 3) || unmap(MARKER, 4096))
			die("marker");
		printf("page %llx\n", (unsigned long long)at);
	}
}

int main(int argc, char **argv)
{
	char line[256];
	FILE *file = NULL;
	int only_list = argc == 4 && !strcmp(argv[1], "-l"), is_random = argc == 4 && argv[1][0] == '-';

	setvbuf(stdout, NULL, _IOLBF, 0);
	ddw = 1ull << 59;
	tables[1].offset = tables[5].offset = ddw >> 16;
	if (!is_random && (argc != 2 || !(file = fopen(argv[1], "r"))))
		return 2;
	if (!only_list) {
		setup();
		tell_places();
	}
	state = is_random ? strtoull(argv[2], NULL, 16) : 0;
	for (long n = is_random ? strtol(argv[3], NULL, 10) : 0; n > 0; n--) {
		random_step(line);
		if (only_list)
			puts(line);
		else
			step(line);
	}
	while (file && fgets(line, sizeof line, file))
		step(line);
	puts("end");
	return 0;
}
