/*
 * EEH where the machine has it: each operation in each state of the PE, the state it leaves, whether the device answers in configuration
 * space or reads as ones, and which errors can be injected. QEMU's host bridge freezes nothing, answers a load from a BAR during a reset
 * with a machine check, and takes one reset only: more would show it, not Linux. The state is GET_STATE's: 0 normal, 1 reset, 2 stopped,
 * 4 DMA stopped, 5 unavailable.
 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

static struct setup s;
static uint64_t config_at;

static long op(unsigned nr)
{
	struct vfio_eeh_pe_op o = { .argsz = sizeof(o), .op = nr };
	return ioctl(s.container, VFIO_EEH_PE_OP, &o);
}

static const char *const names[] = { "DISABLE", "ENABLE", "UNFREEZE_IO", "UNFREEZE_DMA", "GET_STATE",
	"RESET_DEACTIVATE", "RESET_HOT", "RESET_FUNDAMENTAL", "CONFIGURE" };

static void answers(void)
{
	uint32_t v;
	long state = op(VFIO_EEH_PE_GET_STATE);
	more(" state=%ld", state);
	if (s.device < 0)
		return;
	ssize_t n = pread(s.device, &v, 4, config_at);
	more(" config=%s", n != 4 ? strerrorname_np(errno) : v == 0xffffffff ? "ones" : "there");
	state = op(VFIO_EEH_PE_GET_STATE);
	more(" then state=%ld", state);
}

static void tried(unsigned nr)
{
	call(op(nr), "%s", names[nr]);
	answers();
}

static void begin(bool device)
{
	s = attach(T_SPAPR_TCE_v2);
	note("a container, SET_IOMMU(7)%s", device ? ", the device open, memory enabled" : "");
	if (device) {
		s.device = ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
		if (s.device < 0) {
			call(-1, "GET_DEVICE_FD");
			return;
		}
		struct vfio_region_info r = { .argsz = sizeof(r), .index = VFIO_PCI_CONFIG_REGION_INDEX };
		ioctl(s.device, VFIO_DEVICE_GET_REGION_INFO, &r);
		config_at = r.offset;
		uint16_t command = 6;
		if (pwrite(s.device, &command, 2, config_at + 4) != 2)
			more(" COMMAND: %s", strerrorname_np(errno));
	}
	answers();
}

static void end(void)
{
	detach(&s);
	note("all closed");
}

static void inject(unsigned type, unsigned func, uint64_t addr, uint64_t mask)
{
	struct vfio_eeh_pe_op o = { .argsz = sizeof(o), .op = VFIO_EEH_PE_INJECT_ERR, .err = { type, func, addr, mask } };
	call(ioctl(s.container, VFIO_EEH_PE_OP, &o), "INJECT_ERR(type=%u, func=%u, addr=%#lx, mask=%#lx)", type, func, addr,
		mask);
	answers();
}

static void sequence(const char *title, bool device, const unsigned *nr, size_t count)
{
	section(title);
	begin(device);
	for (size_t i = 0; i < count; i++)
		tried(nr[i]);
	end();
}

#define SEQUENCE(title, device, ...)                                                                                   \
	do {                                                                                                               \
		static const unsigned nr[] = { __VA_ARGS__ };                                                                  \
		sequence(title, device, nr, COUNT(nr));                                                                        \
	} while (0)

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	SEQUENCE("normal", false, 1, 2, 3, 5, 8, 2, 3, 4);
	SEQUENCE("normal, the device open", true, 1, 2, 3, 5, 8, 2, 3, 4);
	SEQUENCE("hot reset", false, 6, 2, 3, 1, 8, 5, 5, 8);
	section("errors that are injected");
	begin(false);
	for (unsigned type = 0; type < 3; type++)
		for (unsigned func = 0; func <= 20; func++)
			inject(type, func, 0, 0);
	inject(0, 5, 0x1000, ~0xffful);
	inject(1, 5, 0x1000, ~0xffful);
	end();
	return finish();
}
