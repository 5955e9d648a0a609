using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Tests.Infrastructure;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class RegionTests
{
    private const uint Config = 7;
    private const ulong Liveness = 4;

    [Fact]
    public void GetInfo_SaysWhatTheCoreSays()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(VfioUserCommand.VFIO_USER_DEVICE_GET_INFO, [16, 0, 0, 0, .. new byte[12]]);
        Assert.Equal(16, reply.Payload.Length);
        Assert.Equal((16u, 2u, 9u, 5u), (reply.As<uint>(0), reply.As<uint>(4) & ~1u, reply.As<uint>(8), reply.As<uint>(12)));
    }

    [Fact]
    public void GetRegionInfo_OfABar_HasItsSizeAndNoMapping()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO, WireClient.Bytes(new VfioRegionInfo { ArgSz = 4096, Index = 0 }));
        var info = reply.As<VfioRegionInfo>();
        Assert.Equal((32u, 3u, 0u, 1UL << 20), (info.ArgSz, (uint)info.Flags, info.CapOffset, info.Size));
        Assert.Empty(reply.Descriptors);
    }

    [Theory]
    [InlineData(31, 0, Errno.EINVAL)]
    [InlineData(32, 9, Errno.EINVAL)]
    [InlineData(32, uint.MaxValue, Errno.EINVAL)]
    [InlineData(32, 6, Errno.None)]
    public void GetRegionInfo_OfNothing_IsTheCoresErrno(uint argSz, uint index, Errno expected)
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO, WireClient.Bytes(new VfioRegionInfo { ArgSz = argSz, Index = index }));
        Assert.Equal(expected, reply.Error);
    }

    [Fact]
    public void GetRegionInfo_OfEachThatIsCounted_IsAnswered()
    {
        using var served = new Served();
        using var client = served.Connect();
        for (var index = 0u; index < VfioConstants.VFIO_PCI_NUM_REGIONS; index++)
        {
            var reply = client.Ask(
                VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO, WireClient.Bytes(new VfioRegionInfo { ArgSz = 32, Index = index }));
            Assert.Equal((Errno.None, index), (reply.Error, reply.As<VfioRegionInfo>().Index));
        }

        var vga = client.Ask(VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO, WireClient.Bytes(
            new VfioRegionInfo { ArgSz = 32, Flags = (VfioRegionInfoFlags)3, Index = VfioConstants.VFIO_PCI_VGA_REGION_INDEX, Size = 1 }));
        var info = vga.As<VfioRegionInfo>();
        Assert.Equal((32u, 0u, 0u, 0UL, 0UL), (info.ArgSz, (uint)info.Flags, info.CapOffset, info.Size, info.Offset));
    }

    [Fact]
    public void Read_WholeConfigurationSpace_IsOneMessage()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(
            VfioUserCommand.VFIO_USER_REGION_READ, WireClient.Bytes(new VfioUserRegionAccess { Region = Config, Count = 256 }));
        Assert.Equal(256u, reply.As<VfioUserRegionAccess>().Count);
        Assert.Equal(0x11e81234u, reply.As<uint>(VfioUserRegionAccess.StructSize));
    }

    [Fact]
    public void Write_ARegister_ReachesTheModelWithMemoryDecodingOff()
    {
        using var served = new Served();
        using var client = served.Connect();
        client.Write(0, Liveness, 4, 0x12345678);
        Assert.Equal(~0x12345678u, client.Read(0, Liveness, 4));
    }

    [Fact]
    public void Write_Posted_IsDoneBeforeTheNextCommand()
    {
        using var served = new Served();
        using var client = served.Connect();
        for (var i = 0u; i < 100; i++)
        {
            client.Send(VfioUserCommand.VFIO_USER_REGION_WRITE, WireClient.WriteOf(0, Liveness, 4, i), VfioUserFlags.NoReply);
        }

        Assert.Equal(~99u, client.Read(0, Liveness, 4));
    }

    [Theory]
    [InlineData(0x0deadbeefu, 0UL, 4u)]
    [InlineData(0u, 1UL << 40, 4u)]
    [InlineData(0u, 1UL << 20, 4u)]
    [InlineData(0u, ulong.MaxValue, 4u)]
    [InlineData(0u, 0UL, 0xffffffffu)]
    [InlineData(0u, 0UL, (1u << 20) + 1)]
    [InlineData(1u, 0UL, 4u)]
    [InlineData(8u, 0UL, 4u)]
    public void Read_OfNothing_IsEINVAL(uint region, ulong offset, uint count)
    {
        using var served = new Served();
        using var client = served.Connect();
        var access = WireClient.Bytes(new VfioUserRegionAccess { Region = region, Offset = offset, Count = count });
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_REGION_READ, access).Error);
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_REGION_WRITE, access).Error);
    }

    [Fact]
    public void Read_AcrossTheEnd_IsWhatThereIs()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(
            VfioUserCommand.VFIO_USER_REGION_READ, WireClient.Bytes(new VfioUserRegionAccess { Offset = (1 << 20) - 4, Count = 64 }));
        Assert.Equal(4u, reply.As<VfioUserRegionAccess>().Count);
        Assert.Equal(VfioUserRegionAccess.StructSize + 4, reply.Payload.Length);
    }

    [Fact]
    public void Write_WithLessDataThanItSays_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        var write = WireClient.Bytes(new VfioUserRegionAccess { Offset = Liveness, Count = 8 }, 1, 2, 3, 4);
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_REGION_WRITE, write).Error);
    }

    [Fact]
    public void WriteMulti_WritesInOrderAndCounts()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(VfioUserCommand.VFIO_USER_REGION_WRITE_MULTI, [
            .. BitConverter.GetBytes(2UL),
            .. StructBytes.Of(new VfioUserMultiWrite { Offset = Liveness, Count = 4, Data = 1 }),
            .. StructBytes.Of(new VfioUserMultiWrite { Offset = Liveness, Count = 4, Data = 2 }),
        ]);
        Assert.Equal(2UL, reply.As<ulong>());
        Assert.Equal(~2u, client.Read(0, Liveness, 4));
    }

    [Fact]
    public void WriteMulti_WithABadOne_StopsThere()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(VfioUserCommand.VFIO_USER_REGION_WRITE_MULTI, [
            .. BitConverter.GetBytes(3UL),
            .. StructBytes.Of(new VfioUserMultiWrite { Offset = Liveness, Count = 4, Data = 1 }),
            .. StructBytes.Of(new VfioUserMultiWrite { Offset = Liveness, Count = 9, Data = 2 }),
            .. StructBytes.Of(new VfioUserMultiWrite { Offset = Liveness, Count = 4, Data = 3 }),
        ]);
        Assert.Equal(1UL, reply.As<ulong>());
        Assert.Equal(~1u, client.Read(0, Liveness, 4));
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL)]
    [InlineData(768614336404564651UL)] // times 24 it wraps
    public void WriteMulti_WithMoreThanItHas_IsEINVAL(ulong count)
    {
        using var served = new Served();
        using var client = served.Connect();
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_REGION_WRITE_MULTI, BitConverter.GetBytes(count)).Error);
    }

    [Fact]
    public void GetRegionIoFds_HasNone()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_IO_FDS, WireClient.Bytes(new VfioUserRegionIoFds { ArgSz = 1000 }));
        Assert.Equal((16u, 0u), (reply.As<VfioUserRegionIoFds>().ArgSz, reply.As<VfioUserRegionIoFds>().Count));
    }

    [Theory]
    [InlineData(VfioUserCommand.None, Errno.EINVAL)]
    [InlineData((VfioUserCommand)14, Errno.EINVAL)]
    [InlineData((VfioUserCommand)999, Errno.EINVAL)]
    [InlineData(VfioUserCommand.VFIO_USER_DMA_READ, Errno.EINVAL)]
    [InlineData(VfioUserCommand.VFIO_USER_MIG_DATA_READ, Errno.EOPNOTSUPP)]
    public void Ask_WhatNobodyKnows_IsAnErrno(VfioUserCommand command, Errno expected)
    {
        using var served = new Served();
        using var client = served.Connect();
        Assert.Equal(expected, client.Ask(command, new byte[64]).Error);
        client.Write(0, Liveness, 4, 5);
    }
}
