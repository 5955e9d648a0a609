using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// Maps memory into an I/O address space of iommufd: by its file, where it has one and the kernel can (Linux 6.14), so that
/// the mapping does not hang on this process's addresses; else by its address.
/// </summary>
/// <param name="iommufd">/dev/iommu.</param>
/// <param name="ioas">The address space.</param>
internal sealed class IoasMapper(FileDescriptorHandle iommufd, uint ioas) : IDmaMapper
{
    private volatile bool _cannotMapFiles;

    public void Map(ulong iova, MemoryMapping memory, DmaAccess access)
    {
        var call = "IOMMU_IOAS_MAP_FILE";
        var result = memory.File is { } file && !_cannotMapFiles
            ? MapFile(iova, memory, file, access)
            : Errno.ENOTTY;
        if (result.Errno == Errno.ENOTTY)
        {
            _cannotMapFiles |= memory.File is not null;
            call = "IOMMU_IOAS_MAP";
            result = MapAddress(iova, memory, access);
        }

        if (result.IsError)
        {
            throw DmaErrors.CannotMap(call, result.Errno, iova, memory.Length, access, Sysfs.LockedMemoryLimit());
        }
    }

    public bool Unmap(ulong iova, ulong size)
    {
        var unmap = new IommuIoasUnmap
        {
            Size = IommuIoasUnmap.StructSize,
            IoasId = ioas,
            Iova = iova,
            Length = size,
        };
        return !FileCalls.Ioctl(iommufd, IommufdIoctl.IOMMU_IOAS_UNMAP, ref unmap).IsError && unmap.Length == size;
    }

    private SysResult MapFile(ulong iova, MemoryMapping memory, FileDescriptorHandle file, DmaAccess access)
    {
        // The memory, and with it the file, is the caller's until this returns.
        var map = new IommuIoasMapFile
        {
            Size = IommuIoasMapFile.StructSize,
            Flags = ToFlags(access),
            IoasId = ioas,
            Fd = (int)file.DangerousGetHandle(),
            Length = memory.Length,
            Iova = iova,
        };
        return FileCalls.Ioctl(iommufd, IommufdIoctl.IOMMU_IOAS_MAP_FILE, ref map);
    }

    private SysResult MapAddress(ulong iova, MemoryMapping memory, DmaAccess access)
    {
        var map = new IommuIoasMap
        {
            Size = IommuIoasMap.StructSize,
            Flags = ToFlags(access),
            IoasId = ioas,
            UserVa = memory.Address,
            Length = memory.Length,
            Iova = iova,
        };
        return FileCalls.Ioctl(iommufd, IommufdIoctl.IOMMU_IOAS_MAP, ref map);
    }

    internal static IommuIoasMapFlags ToFlags(DmaAccess access) =>
        IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA
        | (access.HasFlag(DmaAccess.Read) ? IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE : IommuIoasMapFlags.None)
        | (access.HasFlag(DmaAccess.Write) ? IommuIoasMapFlags.IOMMU_IOAS_MAP_WRITEABLE : IommuIoasMapFlags.None);
}
