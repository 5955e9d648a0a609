using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver.Tests.VfioUser;

/// <summary>What the client sends, and what it answers.</summary>
public sealed class VfioUserClientTests
{
    [Fact]
    public void Open_NobodyThere_SaysWhatToDo()
    {
        var seen = Assert.Throws<VfioException>(() => VfioUserDevice.Open("/nonexistent/n0.sock"));
        Assert.Equal(Errno.ENOENT, seen.Errno);
        Assert.Contains("viaduct serve", seen.Help);
    }

    [Fact]
    public void Open_Path_LongerThanASocketsMayBe_IsENAMETOOLONG() =>
        Assert.Equal(
            Errno.ENAMETOOLONG, Assert.Throws<VfioException>(() => VfioUserDevice.Open(new string('x', 200))).Errno);

    [Fact]
    public void Open_ServerThatSaysNothingOfItself_GetsTheDefaults()
    {
        using var server = new ScriptedServer { Json = "{}" };
        using var device = server.Open();
        Assert.Equal(0xABAB, device.Config.VendorId);
        Assert.Equal(0xABAB_ABABu, device.MapBar(0).Read32(8));
    }

    [Fact]
    public void Map_Memory_SendsItsFile_AndWithoutSharing_None()
    {
        foreach (var share in new[] { true, false })
        {
            using var server = new ScriptedServer();
            using var device = server.Open(new VfioUserOptions { ShareMemory = share });
            device.AllocateDma(4096).Dispose();
            var map = Assert.Single(server.Seen, static seen => seen.Command == VfioUserCommand.VFIO_USER_DMA_MAP);
            Assert.Equal(share ? 1 : 0, map.Descriptors);
            Assert.Single(server.Seen, static seen => seen.Command == VfioUserCommand.VFIO_USER_DMA_UNMAP);
        }
    }

    [Fact]
    public void Map_MoreThanTheServerKeeps_IsENOSPC()
    {
        using var server = new ScriptedServer { Json = """{"capabilities":{"max_dma_maps":2}}""" };
        using var device = server.Open();
        using var first = device.AllocateDma(4096);
        var second = device.AllocateDma(4096);
        Assert.Equal(Errno.ENOSPC, Assert.Throws<VfioException>(() => device.AllocateDma(4096)).Errno);
        second.Dispose();
        device.AllocateDma(4096).Dispose();
    }

    [Fact]
    public void Map_PagesOfTheServers_AreTheUnit()
    {
        using var server = new ScriptedServer { Json = """{"capabilities":{"pgsizes":2097152}}""" };
        using var device = server.Open();
        using var buffer = device.AllocateDma(4096);
        Assert.Equal(1UL << 21, buffer.Size);
        Assert.Equal(0UL, buffer.Iova % (1 << 21));
    }

    [Fact]
    public void Interrupts_MoreThanOneMessagesDescriptors_GoInSeveral_TheLastFirst()
    {
        using var server = new ScriptedServer();
        using var device = server.Open();
        device.EnableInterrupts(InterruptKind.Msix, 10).Dispose();
        var sent = server.Seen.Where(static seen => seen.Command == VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS && seen.Descriptors > 0)
            .Select(static seen => (BitConverter.ToInt32(seen.Payload, 12), BitConverter.ToInt32(seen.Payload, 16), seen.Descriptors));
        Assert.Equal([(6, 4, 4), (2, 4, 4), (0, 2, 2)], sent);
    }

    [Fact]
    public void Interrupts_RefusedInTheMiddle_AreDisabledAgain()
    {
        var sets = 0;
        using var server = new ScriptedServer
        {
            Instead = (s, header, payload) =>
            {
                if (header.Command != VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS || ++sets != 2)
                {
                    return false;
                }

                s.Refuse(header, (uint)Errno.ENOSPC);
                return true;
            },
        };
        using var device = server.Open();
        Assert.Equal(Errno.ENOSPC, Assert.Throws<VfioException>(() => device.EnableInterrupts(InterruptKind.Msix, 10)).Errno);
        var last = server.Seen.Last(static seen => seen.Command == VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS);
        Assert.Equal(0, BitConverter.ToInt32(last.Payload, 16));
    }

    [Fact]
    public void Region_LongerThanOneTransfer_IsReadInSeveral()
    {
        using var server = new ScriptedServer { Json = """{"capabilities":{"max_data_xfer_size":100}}""" };
        using var device = server.Open();
        var all = new byte[256];
        device.Config.Read(0, all);
        Assert.DoesNotContain(all, static value => value != 0xAB);
        var counts = server.Seen.Where(static seen => seen.Command == VfioUserCommand.VFIO_USER_REGION_READ)
            .Select(static seen => BitConverter.ToInt32(seen.Payload, 12));
        Assert.Equal([100, 100, 56], counts);
    }

    [Fact]
    public void Dma_AskedBeforeTheServerAnswers_IsDoneMeanwhile()
    {
        DmaBuffer? buffer = null;
        using var server = new ScriptedServer
        {
            Instead = (s, header, _) =>
            {
                if (header.Command != VfioUserCommand.VFIO_USER_DEVICE_RESET)
                {
                    return false;
                }

                var read = s.Dma(VfioUserCommand.VFIO_USER_DMA_READ, buffer!.Iova + 1, 2);
                Assert.Equal([2, 3], read.Payload.AsSpan(16).ToArray());
                Assert.False(s.Dma(VfioUserCommand.VFIO_USER_DMA_WRITE, buffer.Iova + 3, 2, 8, 9).Header.IsError);
                s.Reply(header, []);
                return true;
            },
        };
        using var device = server.Open();
        buffer = device.AllocateDma(4096);
        new byte[] { 1, 2, 3 }.CopyTo(buffer.Span);
        device.Reset();
        Assert.Equal([1, 2, 3, 8, 9], buffer.Span[..5].ToArray());
    }

    [Fact]
    public void Dma_OutsideOfWhatIsMapped_IsEFAULT_AndBadRequests_EINVAL()
    {
        ulong start = 0, readOnly = 0;
        using var server = new ScriptedServer
        {
            Instead = (s, header, _) =>
            {
                if (header.Command != VfioUserCommand.VFIO_USER_DEVICE_RESET)
                {
                    return false;
                }

                const VfioUserCommand Read = VfioUserCommand.VFIO_USER_DMA_READ, Write = VfioUserCommand.VFIO_USER_DMA_WRITE;
                Assert.Equal((uint)Errno.EFAULT, s.Dma(Read, start + 4095, 2).Header.Error);
                Assert.Equal((uint)Errno.EFAULT, s.Dma(Read, start - 1, 2).Header.Error);
                Assert.Equal((uint)Errno.EFAULT, s.Dma(Read, ulong.MaxValue, 1).Header.Error);
                Assert.Equal((uint)Errno.EFAULT, s.Dma(Write, readOnly, 1, 1).Header.Error);
                Assert.Equal((uint)Errno.EINVAL, s.Dma(Read, start, 1UL << 40).Header.Error);
                Assert.Equal((uint)Errno.EINVAL, s.Dma(Write, start, 2, 1).Header.Error);
                Assert.Equal((uint)Errno.EOPNOTSUPP, s.Dma(VfioUserCommand.VFIO_USER_DEVICE_RESET, 0, 0).Header.Error);
                s.Reply(header, []);
                return true;
            },
        };
        using var device = server.Open();
        using var buffer = device.AllocateDma(4096, new DmaOptions { Iova = 0x10_0000 });
        using var other = device.AllocateDma(4096, new DmaOptions { Iova = 0x20_0000, Access = DmaAccess.Read });
        (start, readOnly) = (buffer.Iova, other.Iova);
        device.Reset();
    }

    [Fact]
    public void Dma_OverTwoBuffersThatAdjoin_IsOne()
    {
        using var server = new ScriptedServer
        {
            Instead = static (s, header, _) =>
            {
                if (header.Command != VfioUserCommand.VFIO_USER_DEVICE_RESET)
                {
                    return false;
                }

                Assert.Equal([7, 8], s.Dma(VfioUserCommand.VFIO_USER_DMA_READ, 0x10_0FFF, 2).Payload.AsSpan(16).ToArray());
                s.Reply(header, []);
                return true;
            },
        };
        using var device = server.Open();
        using var low = device.AllocateDma(4096, new DmaOptions { Iova = 0x10_0000 });
        using var high = device.AllocateDma(4096, new DmaOptions { Iova = 0x10_1000 });
        low.Span[^1] = 7;
        high.Span[0] = 8;
        device.Reset();
    }

    [Fact]
    public void Bar_WithAFile_IsMappedInItsAreas_AndReadByMessagesElsewhere()
    {
        Assert.False(MemoryMapping.Allocate(4096, HugePageSize.None, out var memory).IsError);
        using (memory)
        {
            memory!.GetSpan(0, 4)[0] = 0x42;
            using var server = MappableServer(memory, size: ScriptedServer.BarSize);
            using var device = server.Open();
            var bar = device.MapBar(0);
            Assert.True(bar.IsMapped);
            Assert.Equal(0x42, bar.Read8(0));
            bar.Write8(1, 0x24);
            Assert.Equal(0x24, memory.GetSpan(1, 1)[0]);
        }
    }

    [Fact]
    public void Bar_WhoseFileIsTooShort_IsRefused_AndWithoutMappings_Works()
    {
        Assert.False(MemoryMapping.Allocate(4096, HugePageSize.None, out var memory).IsError);
        using (memory)
        {
            using (var server = MappableServer(memory!, size: 2 * ScriptedServer.BarSize))
            using (var device = server.Open())
            {
                var seen = Assert.Throws<VfioException>(() => device.MapBar(0));
                Assert.Equal(Errno.EPROTO, seen.Errno);
                Assert.Contains("MapRegions", seen.Help);
            }

            using (var server = MappableServer(memory!, size: 2 * ScriptedServer.BarSize))
            using (var device = server.Open(new VfioUserOptions { MapRegions = false }))
            {
                Assert.Equal(0xAB, device.MapBar(0).Read8(0));
            }
        }
    }

    [Fact]
    public void Registers_InSteadyState_AllocateNothing()
    {
        using var server = new ScriptedServer();
        using var device = server.Open();
        var bar = device.MapBar(0);
        Assert.Equal(0, Allocations.Least(() => bar.Write32(0, bar.Read32(4))));
    }

    private static ScriptedServer MappableServer(MemoryMapping memory, ulong size) => new()
    {
        Instead = (s, header, payload) =>
        {
            if (header.Command != VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO || BitConverter.ToUInt32(payload, 8) != 0)
            {
                return false;
            }

            const uint ReadWriteMmap = 7;
            byte[] info =
            [
                .. BitConverter.GetBytes(32u), .. BitConverter.GetBytes(ReadWriteMmap), .. new byte[8],
                .. BitConverter.GetBytes(size), .. new byte[8],
            ];
            s.Reply(header, info, memory.File!);
            return true;
        },
    };
}
