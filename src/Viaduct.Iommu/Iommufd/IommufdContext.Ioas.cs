using System.Diagnostics.CodeAnalysis;
using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>Address spaces: drivers/iommu/iommufd/ioas.c.</content>
public sealed partial class IommufdContext
{
    private const IommuIoasMapFlags AccessFlags
        = IommuIoasMapFlags.IOMMU_IOAS_MAP_WRITEABLE | IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE;

    private const IommuIoasMapFlags MapFlags = AccessFlags | IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA;

    /// <summary>More ranges than anybody needs; the kernel charges them to the client's cgroup.</summary>
    private const int MostAllowedRanges = 65536;

    private readonly IoasSparePages _sparePages = new();

    private SysResult AllocateIoas(IommufdCall call)
    {
        var read = call.Read(IommuIoasAlloc.StructSize, out IommuIoasAlloc command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Flags != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            var ioas = new Ioas();
            if (!_objects.TryAdd(ioas))
            {
                return Errno.ENOMEM;
            }

            command.OutIoasId = ioas.Id;
            var responded = call.Respond(IommuIoasAlloc.StructSize, command);
            if (responded.IsError)
            {
                _objects.Remove(ioas);
            }

            return responded;
        }
    }

    private SysResult IovaRanges(IommufdCall call)
    {
        var read = call.Read(IommuIoasIovaRanges.StructSize, out IommuIoasIovaRanges command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            if (!TryFindIoas(command.IoasId, out var ioas))
            {
                return Errno.ENOENT;
            }

            var room = command.NumIovas;
            command.NumIovas = 0;
            command.OutIovaAlignment = ioas.Alignment;
            foreach (var (first, last) in ioas.UsableRanges())
            {
                var range = new IommuIovaRange { Start = first, Last = last };
                if (command.NumIovas < room && !call.Caller.Memory.TryWrite(
                    command.AllowedIovas + ((ulong)command.NumIovas * IommuIovaRange.Size), range))
                {
                    return Errno.EFAULT;
                }

                command.NumIovas++;
            }

            var responded = call.Respond(IommuIoasIovaRanges.StructSize, command);
            return !responded.IsError && command.NumIovas > room ? Errno.EMSGSIZE : responded;
        }
    }

    private SysResult AllowIovas(IommufdCall call)
    {
        var read = call.Read(IommuIoasAllowIovas.StructSize, out IommuIoasAllowIovas command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            if (!TryFindIoas(command.IoasId, out var ioas))
            {
                return Errno.ENOENT;
            }

            var loaded = LoadRanges(call, command, out var allowed);
            return loaded.IsError ? loaded : ioas.Allow(allowed);
        }
    }

    private static SysResult LoadRanges(
        in IommufdCall call, in IommuIoasAllowIovas command, out IovaMap<bool> allowed)
    {
        allowed = new IovaMap<bool>();
        for (var i = 0u; i < command.NumIovas; i++)
        {
            if (i == MostAllowedRanges)
            {
                return Errno.ENOMEM;
            }

            var address = command.AllowedIovas + ((ulong)i * IommuIovaRange.Size);
            if (!call.Caller.Memory.TryRead(address, out IommuIovaRange range))
            {
                return Errno.EFAULT;
            }

            if (range.Start >= range.Last || !allowed.TryAdd(range.Start, range.Last, true))
            {
                return Errno.EINVAL;
            }
        }

        return SysResult.Success;
    }

    private SysResult Map(IommufdCall call)
    {
        var read = call.Read(IommuIoasMap.StructSize, out IommuIoasMap command);
        if (read.IsError)
        {
            return read;
        }

        var valid = Check(command);
        if (valid.IsError)
        {
            return valid;
        }

        lock (_lock)
        {
            if (!TryFindIoas(command.IoasId, out var ioas))
            {
                return Errno.ENOENT;
            }

            var mapped = MapUser(
                call.Caller,
                ioas,
                command.UserVa,
                command.Length,
                AccessOf(command.Flags),
                IsFixed(command.Flags),
                ref command.Iova);
            return mapped.IsError ? mapped : call.Respond(IommuIoasMap.StructSize, command);
        }
    }

    /// <summary>iopt_map_user_pages.</summary>
    private SysResult MapUser(
        ClientTask caller, Ioas ioas, ulong address, ulong length, DmaAccess access, bool isFixed, ref ulong iova)
    {
        if (address + length < address)
        {
            return Errno.EOVERFLOW;
        }

        if (length == 0)
        {
            return Errno.EINVAL;
        }

        var pages = IoasUserPages.Get(
            _sparePages, IoasPayer.Of(caller, _countsByProcess), caller.Memory, (access & DmaAccess.Write) != 0);
        return MapPages(caller, ioas, pages, address, length, access, isFixed, ref iova);
    }

    /// <summary>What is mapped keeps its pages; this lets them go.</summary>
    private static SysResult MapPages(
        ClientTask caller, Ioas ioas, IoasPages pages, ulong address, ulong length, DmaAccess access, bool isFixed, ref ulong iova)
    {
        var mapped = ioas.Map(caller, [new IoasSlice(pages, address, length)], length, access, isFixed, ref iova);
        pages.Put();
        return mapped;
    }

    /// <summary>What depends on nothing but the numbers.</summary>
    private static SysResult Check(in IommuIoasMap command)
    {
        if ((command.Flags & ~MapFlags) != 0 || command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (command.Iova == ulong.MaxValue || command.Length == ulong.MaxValue)
        {
            return Errno.EOVERFLOW;
        }

        return (command.Flags & AccessFlags) == 0 ? Errno.EINVAL : SysResult.Success;
    }

    private SysResult Copy(IommufdCall call)
    {
        var read = call.Read(IommuIoasCopy.StructSize, out IommuIoasCopy command);
        if (read.IsError)
        {
            return read;
        }

        var valid = Check(command);
        if (valid.IsError)
        {
            return valid;
        }

        lock (_lock)
        {
            if (!TryFindIoas(command.SrcIoasId, out var source))
            {
                return Errno.ENOENT;
            }

            var got = source.GetSlices(command.SrcIova, command.Length, out var slices);
            if (got.IsError)
            {
                return got;
            }

            if (!TryFindIoas(command.DstIoasId, out var destination))
            {
                return Errno.ENOENT;
            }

            var mapped = destination.Map(
                call.Caller,
                slices,
                command.Length,
                AccessOf(command.Flags),
                IsFixed(command.Flags),
                ref command.DstIova);
            return mapped.IsError ? mapped : call.Respond(IommuIoasCopy.StructSize, command);
        }
    }

    private static SysResult Check(in IommuIoasCopy command)
    {
        if ((command.Flags & ~MapFlags) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (command.Length == ulong.MaxValue || command.SrcIova == ulong.MaxValue || command.DstIova == ulong.MaxValue)
        {
            return Errno.EOVERFLOW;
        }

        return (command.Flags & AccessFlags) == 0 ? Errno.EINVAL : SysResult.Success;
    }

    private SysResult Unmap(IommufdCall call)
    {
        var read = call.Read(IommuIoasUnmap.StructSize, out IommuIoasUnmap command);
        if (read.IsError)
        {
            return read;
        }

        lock (_lock)
        {
            if (!TryFindIoas(command.IoasId, out var ioas))
            {
                return Errno.ENOENT;
            }

            var result = command is { Iova: 0, Length: ulong.MaxValue }
                ? ioas.UnmapAll(out command.Length)
                : UnmapRange(ioas, ref command);
            return result.IsError ? result : call.Respond(IommuIoasUnmap.StructSize, command);
        }
    }

    private static SysResult UnmapRange(Ioas ioas, ref IommuIoasUnmap command)
    {
        if (command.Iova == ulong.MaxValue || command.Length == ulong.MaxValue)
        {
            return Errno.EOVERFLOW;
        }

        if (command.Length == 0)
        {
            return Errno.EINVAL;
        }

        var last = command.Iova + (command.Length - 1);
        if (last < command.Iova)
        {
            return Errno.EOVERFLOW;
        }

        var result = ioas.Unmap(command.Iova, last, out command.Length);
        return !result.IsError && command.Length == 0 ? Errno.ENOENT : result;
    }

    private static bool IsFixed(IommuIoasMapFlags flags) => (flags & IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA) != 0;

    private static DmaAccess AccessOf(IommuIoasMapFlags flags)
        => ((flags & IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE) != 0 ? DmaAccess.Read : DmaAccess.None)
            | ((flags & IommuIoasMapFlags.IOMMU_IOAS_MAP_WRITEABLE) != 0 ? DmaAccess.Write : DmaAccess.None);

    private bool TryFindIoas(uint id, [NotNullWhen(true)] out Ioas? ioas)
    {
        ioas = _objects.TryFind(id, out var found) ? found as Ioas : null;
        return ioas is not null;
    }
}
