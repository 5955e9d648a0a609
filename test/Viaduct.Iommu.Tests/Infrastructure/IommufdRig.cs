using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;

namespace Viaduct.Iommu.Tests;

/// <summary>An iommufd and a client of 64 pages, whose first holds the arguments of its calls.</summary>
internal sealed class IommufdRig
{
    public const ulong Argument = FakeMemory.Base;
    public const ulong PageSize = FakeMemory.PageSize;
    public const IommuIoasMapFlags ReadWrite
        = IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE | IommuIoasMapFlags.IOMMU_IOAS_MAP_WRITEABLE;

    public const IommuIoasMapFlags Fixed = ReadWrite | IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA;

    public IommufdRig(IommuUnit? unit = null)
    {
        Group = new IommuGroup(1, unit ?? Type1Rig.Unit);
        Task = new FakeTask(Memory);
        Context = new IommufdContext(Files);
        Port = new DmaPort(Group) { BusMaster = true };
    }

    public FakeMemory Memory { get; } = new(64);

    public FakeTask Task { get; }

    public FakeFiles Files { get; } = new();

    public IommufdContext Context { get; }

    public IommuGroup Group { get; }

    public DmaPort Port { get; }

    public Errno Call<T>(uint command, T argument)
        where T : unmanaged
        => Call(command, ref argument);

    public Errno Call<T>(uint command, ref T argument)
        where T : unmanaged
    {
        Assert.True(Memory.TryWrite(Argument, argument));
        var error = Context.Ioctl(Task, command, Argument).Errno;
        if (Memory.TryRead(Argument, out T after))
        {
            argument = after;
        }

        return error;
    }

    public uint AllocateIoas()
    {
        var alloc = new IommuIoasAlloc { Size = IommuIoasAlloc.StructSize };
        Assert.Equal(Errno.None, Call(IommufdIoctl.IOMMU_IOAS_ALLOC, ref alloc));
        return alloc.OutIoasId;
    }

    public Errno Destroy(uint id)
        => Call(IommufdIoctl.IOMMU_DESTROY, new IommuDestroy { Size = IommuDestroy.StructSize, Id = id });

    /// <summary>Maps client memory; by default from its page 1 on.</summary>
    public Errno Map(
        uint ioas, ulong iova, ulong length, ulong? address = null, IommuIoasMapFlags flags = Fixed)
    {
        return Map(ioas, ref iova, length, address, flags);
    }

    public Errno Map(
        uint ioas, ref ulong iova, ulong length, ulong? address = null, IommuIoasMapFlags flags = Fixed)
    {
        var map = new IommuIoasMap
        {
            Size = IommuIoasMap.StructSize,
            Flags = flags,
            IoasId = ioas,
            UserVa = address ?? FakeMemory.Page(1),
            Length = length,
            Iova = iova,
        };
        var error = Call(IommufdIoctl.IOMMU_IOAS_MAP, ref map);
        iova = map.Iova;
        return error;
    }

    public Errno Copy(uint to, uint from, ulong length, ulong toIova, ulong fromIova, IommuIoasMapFlags flags = Fixed)
        => Call(IommufdIoctl.IOMMU_IOAS_COPY, new IommuIoasCopy
        {
            Size = IommuIoasCopy.StructSize,
            Flags = flags,
            DstIoasId = to,
            SrcIoasId = from,
            Length = length,
            DstIova = toIova,
            SrcIova = fromIova,
        });

    public Errno Unmap(uint ioas, ulong iova, ulong length, out ulong unmapped)
    {
        var unmap = new IommuIoasUnmap
        {
            Size = IommuIoasUnmap.StructSize,
            IoasId = ioas,
            Iova = iova,
            Length = length,
        };
        var error = Call(IommufdIoctl.IOMMU_IOAS_UNMAP, ref unmap);
        unmapped = unmap.Length;
        return error;
    }

    public Errno Ranges(uint ioas, int room, out IommuIoasIovaRanges answer, out IommuIovaRange[] ranges)
    {
        var array = FakeMemory.Page(60);
        answer = new IommuIoasIovaRanges
        {
            Size = IommuIoasIovaRanges.StructSize,
            IoasId = ioas,
            NumIovas = (uint)room,
            AllowedIovas = array,
        };
        var error = Call(IommufdIoctl.IOMMU_IOAS_IOVA_RANGES, ref answer);
        ranges = new IommuIovaRange[Math.Min(room, (int)answer.NumIovas)];
        for (var i = 0; i < ranges.Length; i++)
        {
            Assert.True(Memory.TryRead(array + ((ulong)i * IommuIovaRange.Size), out ranges[i]));
        }

        return error;
    }

    public Errno Allow(uint ioas, params (ulong First, ulong Last)[] ranges)
    {
        var array = FakeMemory.Page(61);
        for (var i = 0; i < ranges.Length; i++)
        {
            var range = new IommuIovaRange { Start = ranges[i].First, Last = ranges[i].Last };
            Assert.True(Memory.TryWrite(array + ((ulong)i * IommuIovaRange.Size), range));
        }

        return Call(IommufdIoctl.IOMMU_IOAS_ALLOW_IOVAS, new IommuIoasAllowIovas
        {
            Size = IommuIoasAllowIovas.StructSize,
            IoasId = ioas,
            NumIovas = (uint)ranges.Length,
            AllowedIovas = array,
        });
    }

    public IommufdDevice Bind(IommuGroup? group = null)
    {
        Assert.Equal(Errno.None, Context.Bind(group ?? Group, out var device).Errno);
        return device!;
    }

    public Errno Attach(IommufdDevice device, uint id) => Attach(device, ref id);

    public Errno Attach(IommufdDevice device, ref uint id) => device.Attach(Task, ref id).Errno;

    /// <summary>What the device reads at an address: the byte there, or null where it cannot.</summary>
    public byte? Fetch(ulong iova)
    {
        var buffer = new byte[1];
        return Port.Read(iova, buffer).IsOk ? buffer[0] : null;
    }
}
