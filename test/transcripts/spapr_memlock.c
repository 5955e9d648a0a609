/*
 * RLIMIT_MEMLOCK without CAP_IPC_LOCK, version 2: REGISTER counts the memory, and each window its table. The limit of a process that has
 * the capability does not matter.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr_limit.h"

#define DYNAMIC 0x800000000000000ul
static unsigned char *m;
/* The 32-bit window's table with its list of user space's addresses, and that of a window of 512 MiB and pages of 2^16. */
static uint64_t low_table, table;

static void registering(void)
{
	section("version 2: REGISTER");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	int c = s.container;
	limit(0);
	reg(c, m, 0, 1);
	limit(PAGE - 1);
	reg(c, m, 0, 1);
	limit(PAGE);
	reg(c, m, 0, 2);
	reg(c, m, 0, 1);
	reg(c, m, 1, 1);
	note("what comes first, the limit or another error?");
	reg(c, m, 0, 1);
	reg(c, m, 0, 2);
	reg_bytes(c, UNMAPPED, "unmapped", PAGE);
	reg_bytes(c, m + 1, "page 0 + 1", PAGE);
	reg_bytes(c, m, "page 0", 0);
	unreg(c, m, 0, 1);
	reg_bytes(c, UNMAPPED, "unmapped", PAGE);
	reg(c, m, 0, 1);
	limit(0);
	unreg(c, m, 0, 1);
	limit(4 * PAGE);
	reg(c, m, 0, 4);
	limit(2 * PAGE);
	reg(c, m, 8, 1);
	unreg(c, m, 0, 4);
	reg(c, m, 8, 3);
	reg(c, m, 8, 2);
	spapr_detach(&s);
}

static void default_window(void)
{
	section("version 2: the default window");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	int c = s.container;
	limit(PAGE);
	reg(c, m, 0, 1);
	unmap(c, 0, 0);
	map(c, m, 0, 0, 1);
	limit(low_table);
	map(c, m, 0, 0, 1);
	create(c, 16, 256 * MIB, 1);
	create(c, 99, 256 * MIB, 1);
	info(c, 32);
	limit(low_table + PAGE - 1);
	map(c, m, 0, 0, 1);
	limit(low_table + PAGE);
	map(c, m, 0, 0, 1);
	unmap(c, 0, PAGE);
	tce_remove(c, 0);
	spapr_detach(&s);
}

static void dynamic(void)
{
	section("version 2: dynamic windows");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	int c = s.container;
	limit(low_table);
	unmap(c, 0, 0);
	create(c, 16, 256 * MIB, 1);
	tce_remove(c, DYNAMIC);
	create(c, 16, 512 * MIB, 1);
	limit(low_table + table - 1);
	create(c, 16, 512 * MIB, 1);
	limit(low_table + table);
	create(c, 16, GIB, 1);
	create(c, 16, 512 * MIB, 1);
	tce_remove(c, DYNAMIC);
	note("errors that leave their share locked:");
	limit(low_table + 4 * table);
	create(c, 16, 512 * MIB + PAGE, 1);
	create(c, 16, 512 * MIB + PAGE, 1);
	create(c, 16, 512 * MIB + PAGE, 1);
	create(c, 16, 512 * MIB + PAGE, 1);
	create(c, 16, 512 * MIB + PAGE, 1);
	create(c, 16, 512 * MIB, 1);
	create(c, 16, 256 * MIB, 1);
	tce_remove(c, DYNAMIC);
	reg(c, m, 0, 1);
	spapr_detach(&s);
	note("the process has lost them:");
	s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	reg(c, m, 0, 4);
	limit(low_table + 8 * table);
	reg(c, m, 0, 4);
	create(c, 16, 512 * MIB, 1);
	unreg(c, m, 0, 4);
	create(c, 16, 512 * MIB, 1);
	tce_remove(c, DYNAMIC);
	note("levels:");
	create(c, 16, 512 * MIB, 2);
	create(c, 16, 512 * MIB, 0);
	tce_remove(c, DYNAMIC);
	tce_remove(c, 0);
	create(c, 12, GIB, 1);
	spapr_detach(&s);
}

static void with_the_capability(void)
{
	section("with CAP_IPC_LOCK");
	limit(0);
	struct setup s = spapr_attach(T_SPAPR_TCE);
	enable(s.container);
	map(s.container, m, 0, 0, 1);
	spapr_detach(&s);
	s = spapr_attach(T_SPAPR_TCE_v2);
	reg(s.container, m, 0, 4);
	create(s.container, 16, 512 * MIB, 1);
	map(s.container, m, 0, 0, 1);
	map(s.container, m, 0, DYNAMIC, 1);
	spapr_detach(&s);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	m = memory(64);
	uint64_t low = low_size();
	/* powernv counts the table and the list, the pSeries machine, whose tables are the hypervisor's, the list. */
	low_table = low == GIB ? low / 4096 * 8 : low / 4096 * 16;
	table = low == GIB ? PAGE : 2 * PAGE;
	needs_limit(low_table + 8 * table);
	in_a_child(registering, true);
	in_a_child(default_window, true);
	in_a_child(dynamic, true);
	in_a_child(with_the_capability, false);
	return finish();
}
