/* RLIMIT_MEMLOCK without CAP_IPC_LOCK, and KVM's tables of TCEs: they count for the process that made the virtual machine. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "kvm.h"
#include "spapr_limit.h"

static void tables(void)
{
	int vm = new_vm();
	limit(0);
	table(vm, 1, 0x10000);
	limit(PAGE);
	table(vm, 1, 0x10000);
	limit(2 * PAGE - 1);
	table(vm, 1, 0x10000);
	limit(2 * PAGE);
	int a = table(vm, 1, 0x10000);
	note("which comes first?");
	table(vm, 2, 0x10000);
	table(vm, 1, 0x10000);
	table(vm, 1, 0);
	table64(vm, 1, 99, 0, 16);
	table64(vm, 1, 16, 0, 1ul << 40);
	limit(4 * PAGE);
	table(vm, 1, 0x10000);
	int b = table(vm, 2, 0x10000);
	table(vm, 3, 0x10000);
	close_it(a, "table 1");
	a = table64(vm, 1, 16, 0, PAGE / 8);
	close_it(a, "table 1");
	table64(vm, 1, 16, 0, PAGE / 8 + 1);
	limit(0);
	close_it(b, "table 2");
	limit(5 * PAGE);
	a = table64(vm, 1, 16, 0, PAGE / 8 * 4);
	close_it(a, "table 1");
	section("with a container's");
	limit(4 * PAGE);
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	unsigned char *m = memory(4);
	reg(s.container, m, 0, 2);
	a = table(vm, 1, 0x10000);
	reg(s.container, m, 2, 1);
	unreg(s.container, m, 0, 2);
	b = table(vm, 2, 0x10000);
	close_it(a, "table 1");
	close_it(b, "table 2");
	spapr_detach(&s);
	close(vm);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	needs_limit(5 * PAGE);
	in_a_child(tables, true);
	section("with CAP_IPC_LOCK");
	limit(0);
	int vm = new_vm(), a = table(vm, 1, 0x10000);
	close_it(a, "table");
	close_it(vm, "vm");
	return finish();
}
