/* Bad pointers for each ioctl of an sPAPR container: structures that end too early, read-only ones, and arguments that are none. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

static const struct {
	const char *name;
	unsigned long nr;
	unsigned size;
} ioctls[] = {
	{ "GET_INFO", VFIO_IOMMU_SPAPR_TCE_GET_INFO, sizeof(struct vfio_iommu_spapr_tce_info) },
	{ "MAP", VFIO_IOMMU_MAP_DMA, sizeof(struct vfio_iommu_type1_dma_map) },
	{ "UNMAP", VFIO_IOMMU_UNMAP_DMA, sizeof(struct vfio_iommu_type1_dma_unmap) },
	{ "ENABLE", VFIO_IOMMU_ENABLE, 0 },
	{ "DISABLE", VFIO_IOMMU_DISABLE, 0 },
	{ "REGISTER", VFIO_IOMMU_SPAPR_REGISTER_MEMORY, sizeof(struct vfio_iommu_spapr_register_memory) },
	{ "UNREGISTER", VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, sizeof(struct vfio_iommu_spapr_register_memory) },
	{ "TCE_CREATE", VFIO_IOMMU_SPAPR_TCE_CREATE, sizeof(struct vfio_iommu_spapr_tce_create) },
	{ "TCE_REMOVE", VFIO_IOMMU_SPAPR_TCE_REMOVE, sizeof(struct vfio_iommu_spapr_tce_remove) },
	{ "EEH_PE_OP", VFIO_EEH_PE_OP, sizeof(struct vfio_eeh_pe_op) },
};

static void pointers(int c, size_t i)
{
	static const struct {
		const char *name;
		unsigned long value;
	} bad[] = { { "NULL", 0 }, { "1", 1 }, { "-1", -1ul }, { "unmapped", 0x40000000000ul },
		{ "kernel", 0xc000000000000000ul }, { "2^63", 1ul << 63 }, { "2^63 - 1", ~0ul >> 1 } };
	for (size_t p = 0; p < COUNT(bad); p++) {
		if ((long)bad[p].value < 0 && !hypervised())
			continue;
		call(ioctl(c, ioctls[i].nr, bad[p].value), "%s(%s)", ioctls[i].name, bad[p].name);
		locked();
	}
	for (unsigned n = 1; ioctls[i].size && n <= ioctls[i].size; n += n < 4 ? 3 : 4) {
		unsigned char *p = edge(n);
		memset(p, 0, n);
		unsigned size = ioctls[i].size;
		memcpy(p, &size, n < 4 ? n : 4);
		call(ioctl(c, ioctls[i].nr, p), "%s(zeros but for argsz, %u of %u bytes accessible)", ioctls[i].name, n, size);
		locked();
	}
	unsigned char *p = pages(1);
	memcpy(p, &ioctls[i].size, 4);
	mprotect(p, PAGE, PROT_READ);
	call(ioctl(c, ioctls[i].nr, p), "%s(zeros but for argsz, read-only)", ioctls[i].name);
	locked();
	p = pages(1);
	memset(p, 0xff, PAGE);
	call(ioctl(c, ioctls[i].nr, p), "%s(all ones)", ioctls[i].name);
	locked();
	memcpy(p, &ioctls[i].size, 4);
	call(ioctl(c, ioctls[i].nr, p), "%s(all ones but for argsz)", ioctls[i].name);
	locked();
	memset(p + 4, 0, 4);
	call(ioctl(c, ioctls[i].nr, p), "%s(all ones but for argsz and flags)", ioctls[i].name);
	locked();
	mprotect(p, PAGE, PROT_NONE);
	call(ioctl(c, ioctls[i].nr, p), "%s(inaccessible)", ioctls[i].name);
	locked();
	/* At an odd address. */
	p = pages(1);
	memcpy(p + 1, &ioctls[i].size, 4);
	call(ioctl(c, ioctls[i].nr, p + 1), "%s(zeros but for argsz, at an odd address)", ioctls[i].name);
	locked();
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	section("a container without a group");
	int c = open_container();
	for (size_t i = 0; i < COUNT(ioctls); i++)
		call(ioctl(c, ioctls[i].nr, 0), "%s(NULL)", ioctls[i].name);
	close(c);
	for (int type = T_SPAPR_TCE; type <= T_SPAPR_TCE_v2; type += T_SPAPR_TCE_v2 - T_SPAPR_TCE) {
		for (int round = 0; round < 2; round++) {
			note("== version %d%s", type == T_SPAPR_TCE ? 1 : 2, round ? ", enabled" : "");
			struct setup s = spapr_attach(type);
			if (round && type == T_SPAPR_TCE)
				enable(s.container);
			else if (round)
				reg(s.container, memory(1), 0, 1);
			for (size_t i = 0; i < COUNT(ioctls); i++)
				pointers(s.container, i);
			spapr_detach(&s);
		}
	}
	section("a group and a device, asked what is the container's");
	struct setup s = attach_device(T_SPAPR_TCE_v2);
	for (size_t i = 0; i < COUNT(ioctls); i++) {
		call(ioctl(s.group, ioctls[i].nr, 0), "group: %s(NULL)", ioctls[i].name);
		/* MAP's number is also the device's PCI hot reset information's. */
		if (_IOC_NR(ioctls[i].nr) > VFIO_BASE + 17)
			call(ioctl(s.device, ioctls[i].nr, 0), "device: %s(NULL)", ioctls[i].name);
	}
	spapr_detach(&s);
	return finish();
}
