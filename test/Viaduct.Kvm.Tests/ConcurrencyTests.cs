using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Kvm.Tests.Infrastructure;

namespace Viaduct.Kvm.Tests;

/// <summary>Things leave while processors use them: nobody throws, and what has left stays away.</summary>
public sealed class ConcurrencyTests : IDisposable
{
    private const int Rounds = 30;
    private const ulong List = 0x10000;
    private const ulong ExtraGuest = 1UL << 32;
    private const ulong Extra = PowerRig.Registered;
    private const ulong ExtraBytes = PowerRig.Registered / 2;

    private readonly PowerRig _rig = new(2);
    private readonly KvmVfioDevice _device;

    public ConcurrencyTests()
    {
        _device = _rig.CreateAll();
        for (var i = 0UL; i < 64; i++)
        {
            _rig.Poke(List + (i * 8), ((i % 16) << 16) | 3);
        }
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Slot_TakenAway_NoEntryLeadsThereAnyMore()
    {
        _rig.Register(Extra, ExtraBytes);
        using var cpus = Start(ExtraGuest);
        for (var round = 0; round < Rounds; round++)
        {
            Assert.Equal(SysResult.Success, _rig.SetSlot(1, ExtraGuest, ExtraBytes, _rig.Caller.Base + Extra));
            cpus.LetRun();
            Assert.Equal(SysResult.Success, _rig.SetSlot(1, ExtraGuest, 0, 0));
            ClearAll();
            cpus.LetRun();
            Assert.DoesNotContain(AllEntries(), LeadsToExtra);
        }
    }

    [Fact]
    public void Memory_Unregistered_NoEntryLeadsThereAnyMore()
    {
        _rig.SetSlot(1, ExtraGuest, ExtraBytes, _rig.Caller.Base + Extra);
        var locked = _rig.Caller.Memory.Locked.Pages;
        using var cpus = Start(ExtraGuest, seldom: true);
        for (var round = 0; round < Rounds && _rig.Caller.Memory.Locked.Pages == locked; round++)
        {
            Assert.Equal(SysResult.Success, _rig.Register(Extra, ExtraBytes));
            cpus.LetRun();
            ClearAll();
            Assert.Equal(SysResult.Success, _rig.Unregister(Extra, ExtraBytes));
            cpus.LetRun();

            // Memory that is mapped at that moment stays registered until the process ends, as in the kernel.
            Assert.True(_rig.Caller.Memory.Locked.Pages != locked || !AllEntries().Any(LeadsToExtra));
        }
    }

    [Fact]
    public void Group_Deleted_KeepsWhatItsContainerClears()
    {
        using var cpus = Start(0);
        for (var round = 0; round < Rounds; round++)
        {
            cpus.LetRun();
            Assert.Equal(SysResult.Success, _device.Remove(_rig.GroupOf(1)));
            foreach (var number in (int[])[0, 1])
            {
                var window = _rig.WindowOf(1, number).Window;
                var unmap = new VfioIommuType1DmaUnmap { ArgSz = 24, Iova = window.Start, Size = window.Size };
                Assert.Equal(SysResult.Success, _rig.Caller.Call(_rig.ContainerOf(1), VfioIoctl.VFIO_IOMMU_UNMAP_DMA, unmap));
            }

            cpus.LetRun();
            Assert.Empty(_rig.WindowOf(1, 0).Entries());
            Assert.Empty(_rig.WindowOf(1, 1).Entries());
            Assert.Equal(SysResult.Success, _device.Add(_rig.GroupOf(1)));
            foreach (var table in _rig.Vm.Tables.Where(table => table.Liobn != PowerRig.Emulated))
            {
                Assert.Equal(SysResult.Success, _device.SetSpaprTce(_rig.GroupOf(1), table));
            }
        }
    }

    [Fact]
    public void Window_Removed_DevicesFindNothing()
    {
        using var cpus = Start(0);
        var port = _rig.Port(1);
        for (var round = 0; round < Rounds; round++)
        {
            cpus.LetRun();
            var old = _rig.WindowOf(1, 1);
            var remove = new VfioIommuSpaprTceRemove { ArgSz = 16, StartAddr = PowerRig.Dynamic };
            Assert.Equal(SysResult.Success, _rig.Caller.Call(_rig.ContainerOf(1), VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE, remove));
            cpus.LetRun();
            Assert.Empty(old.Entries());
            Assert.True(FaultsEverywhere(port));

            var create = new VfioIommuSpaprTceCreate { ArgSz = 40, PageShift = 16, WindowSize = PowerRig.DynamicPages << 16, Levels = 1 };
            Assert.Equal(SysResult.Success, _rig.Caller.Call(_rig.ContainerOf(1), VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE, create));
            Assert.True(FaultsEverywhere(port));
            var table = _rig.Vm.Tables.Single(table => table.Liobn == PowerRig.Wide);
            _rig.Vm.Release(table);
            _rig.Create(PowerRig.Wide, 16, PowerRig.Dynamic >> 16, PowerRig.DynamicPages);
            table = _rig.Vm.Tables.Single(table => table.Liobn == PowerRig.Wide);
            Assert.Equal(SysResult.Success, _device.SetSpaprTce(_rig.GroupOf(0), table));
            Assert.Equal(SysResult.Success, _device.SetSpaprTce(_rig.GroupOf(1), table));
        }
    }

    [Fact]
    public void Container_Detached_DevicesFindNothing()
    {
        using var cpus = Start(0);
        var port = _rig.Port(1);
        cpus.LetRun();
        Assert.Equal(SysResult.Success, _rig.GroupOf(1).Ioctl(_rig.Caller, VfioIoctl.VFIO_GROUP_UNSET_CONTAINER, 0));
        cpus.LetRun();
        Assert.True(FaultsEverywhere(port));
    }

    private BusyProcessors Start(ulong guest, bool seldom = false)
        => new(_rig.Vm, 2, (cpu, random) =>
        {
            var liobn = random.Next(3) switch { 0 => PowerRig.Wide, 1 => PowerRig.Narrow, _ => PowerRig.Split };
            var ioba = ((ulong)random.Next(16) << 16) + (liobn == PowerRig.Wide ? PowerRig.Dynamic : 0);
            switch (random.Next(8))
            {
                case 0:
                    cpu.Stuff(liobn, ioba, 0, 16);
                    break;
                case 1:
                    cpu.PutIndirect(liobn, ioba, List, 16);
                    break;
                default:
                    cpu.Put(liobn, ioba, (seldom && random.Next(100) > 0 ? 0 : guest) + ((ulong)random.Next(16) << 16) + (uint)random.Next(4));
                    break;
            }
        });

    private void ClearAll()
    {
        for (var group = 0; group < 2; group++)
        {
            for (var number = 0; number < 2; number++)
            {
                var window = _rig.WindowOf(group, number).Window;
                var unmap = new VfioIommuType1DmaUnmap { ArgSz = 24, Iova = window.Start, Size = window.Size };
                _rig.Caller.Call(_rig.ContainerOf(group), VfioIoctl.VFIO_IOMMU_UNMAP_DMA, unmap);
            }
        }
    }

    private IEnumerable<ulong> AllEntries()
        => from @group in (int[])[0, 1]
           from number in (int[])[0, 1]
           from entry in _rig.WindowOf(@group, number).Entries()
           select entry.Entry;

    private bool LeadsToExtra(ulong entry)
        => (entry & ~Tce.Permissions) - (_rig.Caller.Base + Extra) < ExtraBytes;

    private static bool FaultsEverywhere(DmaPort port)
    {
        Span<byte> one = stackalloc byte[1];
        for (var page = 0UL; page < 32; page++)
        {
            if (port.Read(PowerRig.Dynamic + (page << 16), one).Status == DmaStatus.Ok)
            {
                return false;
            }
        }

        return true;
    }
}
