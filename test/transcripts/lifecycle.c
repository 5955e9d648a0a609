/* Every order in which a client's container, group, device and mapping may end, what each of the rest answers after each
 * step, and who can have the device then: lifecycle.h explains the lines. */
#include "lifecycle.h"

/* machine: real -d pcie-root-port,id=p1,chassis=1,addr=06.0 -d edu,bus=p1,addr=00.0,multifunction=on -d edu,bus=p1,addr=00.1 -d pcie-root-port,id=p2,chassis=2,addr=07.0 -d edu,bus=p2,addr=00.0 -d edu,addr=05.0 ; ours --device edu,addr=0000:00:05.0 --device edu,addr=0000:01:00.0 --device edu,addr=0000:01:00.1 --device edu,addr=0000:02:00.0 */

static struct life (*make)(void);

static void close_in(const char *order)
{
	note("order %s", order);
	struct life l = make();
	look(&l);
	for (const char *c = order; *c; c++) {
		end_one(&l, *c);
		look(&l);
	}
}

static void orders(const char *title, struct life (*maker)(void), const char *letters)
{
	section(title);
	make = maker;
	each_order(letters, close_in);
}

/* Two groups, of R and of B, in one container; a step prints what both devices do. */
static struct life two[2];

static void look_at_both(void)
{
	static const int which[2] = { R, B };
	for (int i = 0; i < 2; i++) {
		group_of(which[i]);
		more(" %s:", names[which[i]]);
		look(&two[i]);
	}
}

static void close_two(const char *order)
{
	note("order %s", order);
	two[0] = two[1] = LIFELESS;
	group_of(R);
	two[0] = live_in_container();
	group_of(B);
	two[1].group = open_group();
	if (ioctl(two[1].group, VFIO_GROUP_SET_CONTAINER, &two[0].container))
		die("SET_CONTAINER");
	two[1].device = ioctl(two[1].group, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
	if (two[1].device < 0)
		die("GET_DEVICE_FD");
	end_others(&two[0], "CGD");
	for (const char *c = order; *c; c++) {
		end_one(&two[*c == 'g' || *c == 'd'], *c & ~0x20);
		look_at_both();
	}
}

/* UNSET_CONTAINER in the middle: it is refused while the device is in use, by a descriptor or by a mapping. */
static void leave_in(const char *order)
{
	note("order %s", order);
	struct life l = make();
	for (const char *c = order; *c; c++) {
		end_one(&l, *c);
		call(ioctl(l.group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
		look(&l);
	}
	end_others(&l, "");
}

/* Copies by dup, dup3 and F_DUPFD; the originals end first. */
static void close_copies(const char *order)
{
	note("order %s", order);
	struct life l = make(), copy = l;
	int *fds[] = { &copy.container, &copy.iommufd, &copy.group, &copy.device };
	for (size_t i = 0; i < COUNT(fds); i++)
		if (*fds[i] >= 0)
			*fds[i] = i == 3 ? fcntl(*fds[i], F_DUPFD_CLOEXEC, 300) : i == 2 ? dup3(*fds[i], 310, O_CLOEXEC) : dup(*fds[i]);
	end_others(&l, "M");
	note("copies");
	look(&copy);
	for (const char *c = order; *c; c++) {
		end_one(&copy, *c);
		look(&copy);
	}
}

/* Mappings: a second one of the same device, half of one, one that moved, one that another replaced. */
static void mappings(void)
{
	section("what keeps a device when nothing else does");
	struct life l = live_in_container(), none = LIFELESS;
	volatile uint32_t *second = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, l.device, 0);
	end_others(&l, "M");
	note("two mappings");
	look(&l);
	end_one(&l, 'M');
	l.bar = second;
	look(&l);
	call(munmap((void *)second, 2 * PAGE), "munmap(its first half)");
	l.bar = second + 2 * PAGE / 4;
	look(&l);
	char *to = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *moved = mremap((void *)l.bar, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	note("mremap(to another address) %s", moved == to ? "there" : "failed");
	l.bar = moved;
	look(&l);
	call(mprotect(moved, 2 * PAGE, PROT_NONE), "mprotect(PROT_NONE)");
	look(&l);
	void *over = mmap(to, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	note("mmap(MAP_FIXED over its first page) %s", over == to ? "there" : "failed");
	look(&none);
	over = mmap(to, 8 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	note("mmap(MAP_FIXED over all) %s", over == to ? "there" : "failed");
	look(&none);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	life_handlers();
	orders("a container, its group, the device, a mapping", live_in_container, "CGDM");
	orders("the same with an iommufd in the container's place", live_in_iommufd, "IGDM");
	orders("an iommufd, the device's own node, a mapping", live_by_node, "IDM");
	section("two groups in one container: C, the first's G and D, the second's g and d");
	each_order("CGDgd", close_two);
	group_of(R);
	section("UNSET_CONTAINER after each step");
	make = live_in_container;
	each_order("CDM", leave_in);
	make = live_in_iommufd;
	each_order("IDM", leave_in);
	section("copies");
	make = live_in_container;
	each_order("CGDM", close_copies);
	make = live_by_node;
	each_order("IDM", close_copies);
	mappings();
	return finish();
}
