/* EEH_PE_OP in every state of a container: its checks, on a machine without EEH for its devices, and on one that has it. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

static void op_raw(int c, unsigned argsz, unsigned flags, unsigned op, const char *state)
{
	struct {
		struct vfio_eeh_pe_op o;
		uint64_t after;
	} b;
	memset(&b, 0, sizeof(b));
	b.o.argsz = argsz;
	b.o.flags = flags;
	b.o.op = op;
	call(ioctl(c, VFIO_EEH_PE_OP, &b), "%s: EEH_PE_OP(argsz=%u, flags=%x, op=%u)", state, argsz, flags, op);
	if (b.o.argsz != argsz || b.o.flags != flags || b.o.op != op)
		more(" bytes change");
}

static void ops(int c, const char *state)
{
	static const unsigned sizes[] = { 0, 4, 8, 11, 12, 16, 39, 40, 48 };
	for (unsigned op = 0; op <= 11; op++)
		/* Resets of a PE that is there are in spapr_eeh_states. */
		if (hypervised() || op < VFIO_EEH_PE_RESET_DEACTIVATE || op > VFIO_EEH_PE_RESET_FUNDAMENTAL)
			op_raw(c, sizeof(struct vfio_eeh_pe_op), 0, op, state);
	op_raw(c, sizeof(struct vfio_eeh_pe_op), 0, 0xffffffff, state);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		op_raw(c, sizes[i], 0, VFIO_EEH_PE_GET_STATE, state);
		op_raw(c, sizes[i], 0, VFIO_EEH_PE_INJECT_ERR, state);
	}
	op_raw(c, 12, 1, VFIO_EEH_PE_GET_STATE, state);
	op_raw(c, 11, 1, VFIO_EEH_PE_GET_STATE, state);
	call(ioctl(c, VFIO_EEH_PE_OP, NULL), "%s: EEH_PE_OP(NULL)", state);
	call(ioctl(c, VFIO_EEH_PE_OP, UNMAPPED), "%s: EEH_PE_OP(unmapped)", state);
	for (unsigned n = 4; n <= 12; n += 4) {
		unsigned *p = edge(n);
		memset(p, 0, n);
		p[0] = 12;
		call(ioctl(c, VFIO_EEH_PE_OP, p), "%s: EEH_PE_OP(%u bytes accessible)", state, n);
	}
	for (unsigned type = 0; type < 3; type++)
		for (unsigned func = 0; func <= 20; func += 5) {
			struct vfio_eeh_pe_op o = { .argsz = sizeof(o), .op = VFIO_EEH_PE_INJECT_ERR, .err = { type, func, 0, 0 } };
			call(ioctl(c, VFIO_EEH_PE_OP, &o), "%s: EEH_PE_OP(INJECT_ERR, type=%u, func=%u)", state, type, func);
		}
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	for (int type = T_SPAPR_TCE; type <= T_SPAPR_TCE_v2; type += T_SPAPR_TCE_v2 - T_SPAPR_TCE) {
		note("== version %d", type == T_SPAPR_TCE ? 1 : 2);
		int c = open_container(), g = open_group();
		call(ioctl(c, VFIO_CHECK_EXTENSION, T_EEH), "CHECK_EXTENSION(EEH)");
		ops(c, "no group");
		set_container(g, c, "c");
		ops(c, "group");
		set_iommu(c, type);
		call(ioctl(c, VFIO_CHECK_EXTENSION, T_EEH), "CHECK_EXTENSION(EEH)");
		ops(c, "set");
		int d = ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
		callfd(d, "GET_DEVICE_FD(after an error that was injected, where that works)");
		ops(c, "device asked for");
		pid_t pid = child_start();
		if (pid == 0) {
			op_raw(c, 12, 0, VFIO_EEH_PE_GET_STATE, "child");
			child_end();
		}
		child_wait(pid);
		if (d >= 0)
			close(d);
		unset_container(g, "g");
		op_raw(c, 12, 0, VFIO_EEH_PE_GET_STATE, "left");
		close(g);
		close(c);
	}
	return finish();
}
