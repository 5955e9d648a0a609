/*
 * What the programs need of <linux/vfio.h> and the distribution's header may be too old to have. Names of our own, so
 * that a newer header does not clash. Facts: the public uAPI of Linux 7.3.
 */
#ifndef TRANSCRIPTS_UAPI_H
#define TRANSCRIPTS_UAPI_H

#include <linux/types.h>
#include <linux/vfio.h>

/* vfio_device_info has had a cap_offset since 6.6; with the padding that follows it, it is 24 bytes long. */
struct t_device_info {
	__u32 argsz, flags, num_regions, num_irqs, cap_offset, pad;
};

/* vfio_iommu_type1_info, spelled with its padding. */
struct t_type1_info {
	__u32 argsz, flags;
	__u64 iova_pgsizes;
	__u32 cap_offset, pad;
};

#define T_IO(nr) _IO(';', nr) /* 0x3b00 | nr on most machines */

/* Ids that VFIO_CHECK_EXTENSION and VFIO_SET_IOMMU take. */
enum {
	T_TYPE1 = 1,
	T_SPAPR_TCE = 2,
	T_TYPE1v2 = 3,
	T_DMA_CC = 4,
	T_EEH = 5,
	T_NESTING = 6,
	T_SPAPR_TCE_v2 = 7,
	T_NOIOMMU = 8,
	T_UNMAP_ALL = 9,
	T_UPDATE_VADDR = 10,
};

enum { T_MAP_READ = 1, T_MAP_WRITE = 2, T_MAP_VADDR = 4 };
enum { T_UNMAP_DIRTY = 1, T_UNMAP_ALL_FLAG = 2, T_UNMAP_VADDR = 4 };
enum { T_DIRTY_START = 1, T_DIRTY_STOP = 2, T_DIRTY_GET = 4 };

/* KVM's tables of TCEs: POWER's header only. */
struct t_kvm_spapr_tce {
	__u64 liobn;
	__u32 window_size;
};

struct t_kvm_spapr_tce_64 {
	__u64 liobn;
	__u32 page_shift, flags;
	__u64 offset, size;
};

#define T_KVM_CREATE_SPAPR_TCE _IOW(0xae, 0xa8, struct t_kvm_spapr_tce)
#define T_KVM_CREATE_SPAPR_TCE_64 _IOW(0xae, 0xa8, struct t_kvm_spapr_tce_64)

#endif
