using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>What to say when memory cannot be had or mapped.</summary>
internal static class DmaErrors
{
    internal static VfioException CannotAllocate(Errno errno, ulong size, HugePageSize pages)
    {
        var problem = $"cannot allocate {Sizes.Format(size)} of DMA memory";
        return pages == HugePageSize.None
            ? new VfioException(errno, "memfd_create", problem)
            : new VfioException(
                errno,
                "memfd_create(MFD_HUGETLB)",
                problem + $" in pages of {Sizes.Format(1UL << (int)pages)}",
                "there are too few free huge pages of that size (see HugePages_Free in /proc/meminfo)",
                $"echo {(size >> (int)pages) + 8} > "
                + $"/sys/kernel/mm/hugepages/hugepages-{1UL << (int)pages >> 10}kB/nr_hugepages as root, or ask for HugePageSize.None");
    }

    internal static VfioException NoIova(ulong size, DmaOptions options, IReadOnlyList<IovaRange> usable) => new(
        Errno.ENOSPC,
        "allocate IOVA",
        $"no I/O address is free for {Sizes.Format(size)} below 2^{options.AddressBits}",
        $"the IOMMU translates {Ranges(usable)}; the rest is reserved, in use or out of the device's reach",
        "dispose buffers that are not needed, or raise DmaOptions.AddressBits where the device can do more");

    internal static VfioException IovaTaken(ulong iova, ulong size, IReadOnlyList<IovaRange> usable) => new(
        Errno.EEXIST,
        "reserve IOVA",
        $"I/O addresses 0x{iova:x} + {Sizes.Format(size)} cannot be used",
        $"part of them is mapped already, or outside of what the IOMMU translates: {Ranges(usable)}",
        "leave DmaOptions.Iova null to get a free address");

    internal static VfioException CannotMap(
        string call, Errno errno, ulong iova, ulong size, DmaAccess access, string? memlock)
    {
        var (why, help) = errno switch
        {
            Errno.ENOMEM => (
                $"memory for DMA is locked, and your limit of locked memory (RLIMIT_MEMLOCK) is {memlock ?? "unknown"}",
                "raise it: 'ulimit -l unlimited', memlock in /etc/security/limits.conf, LimitMEMLOCK= in a systemd unit, "
                + "--ulimit memlock=-1 for docker"),
            Errno.ENOSPC => (
                "the container has no mapping left (vfio_iommu_type1.dma_entry_limit, 65535 by default)",
                "map fewer and larger buffers"),
            Errno.EEXIST or Errno.EADDRINUSE => (
                "a mapping that this library did not make covers part of the range", "use one DmaSpace a container"),
            Errno.EFAULT => (
                "the memory cannot be pinned: it is gone, or mapped for reading while the device may write",
                "use DmaAccess.Read for memory that is mapped for reading"),
            Errno.EINVAL => ("the IOMMU does not translate the whole range, or it is not page aligned", ""),
            Errno.EBUSY => ("the container waits for new addresses of its mappings (VFIO_DMA_UNMAP_FLAG_VADDR)", ""),
            _ => ("", ""),
        };
        return new VfioException(
            errno,
            call,
            $"cannot map {Sizes.Format(size)} at I/O address 0x{iova:x} for {access}",
            why,
            help);
    }

    private static string Ranges(IReadOnlyList<IovaRange> ranges) =>
        ranges.Count == 0 ? "nothing" : string.Join(", ", ranges);
}
