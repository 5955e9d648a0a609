using Viaduct.Abi;
using Viaduct.Kvm.Tests.Infrastructure;

namespace Viaduct.Kvm.Tests;

/// <summary>What a processor remembers of its last H_PUT_TCE is good until the machine changes, and for what it was found for.</summary>
public sealed class PutShortcutTests : IDisposable
{
    private const ulong Entry = 0x100003;
    private const ulong Next = PowerRig.Dynamic + 0x10000;
    private static readonly HypercallResult s_fast = new(HypercallStage.Fast, Hcall.H_SUCCESS);
    private static readonly HypercallResult s_nobody = new(HypercallStage.Vmm, Hcall.H_TOO_HARD);

    private readonly PowerRig _rig = new(2);
    private readonly KvmVfioDevice _device;
    private readonly GuestTceTable _table;
    private readonly TceHypercalls _cpu;

    public PutShortcutTests()
    {
        Assert.Equal(SysResult.Success, _rig.Vm.CreateVfioDevice(out var device));
        _device = device!;
        _table = _rig.Create(PowerRig.Wide, 16, PowerRig.Dynamic >> 16, PowerRig.DynamicPages);
        Attach(0);
        _cpu = new TceHypercalls(_rig.Vm);

        // It is found by the second one: the first takes memory.
        _cpu.Put(PowerRig.Wide, Next, Entry);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(s_fast, _cpu.Put(PowerRig.Wide, PowerRig.Dynamic, Entry));
        }
    }

    public void Dispose()
    {
        _cpu.Dispose();
        _rig.Dispose();
    }

    [Fact]
    public void SlotGone_IsNotMapped()
    {
        Assert.Equal(SysResult.Success, _rig.SetSlot(0, 0, 0, _rig.Caller.Base));
        AssertNobodyMaps(0x110003);
    }

    [Fact]
    public void SlotMoved_IsNotMappedWhereItWas()
    {
        Assert.Equal(SysResult.Success, _rig.SetSlot(0, 1UL << 32, PowerRig.GuestBytes, _rig.Caller.Base));
        AssertNobodyMaps(0x110003);
        Assert.Equal(s_fast, _cpu.Put(PowerRig.Wide, Next, (1UL << 32) | 0x110003));
        Assert.Equal(_rig.Caller.Base + 0x110003, Hardware(0, 1));
    }

    [Fact]
    public void MemoryUnregistered_IsNotMapped()
    {
        Assert.Equal(s_fast, _cpu.Put(PowerRig.Wide, Next, 0));
        Assert.Equal(s_fast, _cpu.Put(PowerRig.Wide, PowerRig.Dynamic, 0));
        Assert.Equal(SysResult.Success, _rig.Unregister());
        Assert.Equal(SysResult.Success, Unregister(1));
        AssertNobodyMaps(0x110003);
    }

    [Fact]
    public void GroupGone_OnlyTheGuestsTableIsWritten()
    {
        var before = Hardware(0, 1);
        Assert.Equal(SysResult.Success, _device.Remove(_rig.GroupOf(0)));
        Assert.Equal(s_fast, _cpu.Put(PowerRig.Wide, Next, 0x110003));
        Assert.Equal(0x110003UL, _table.Get(1));
        Assert.Equal(before, Hardware(0, 1));
    }

    [Fact]
    public void AnotherGroup_IsWrittenToo()
    {
        Attach(1);
        Assert.Equal(Hcall.H_SUCCESS, _cpu.Put(PowerRig.Wide, Next, 0x110003).ReturnCode);
        Assert.Equal((_rig.Caller.Base + 0x110003, _rig.Caller.Base + 0x110003), (Hardware(0, 1), Hardware(1, 1)));
    }

    [Fact]
    public void WindowRemoved_IsTheVmms()
    {
        var window = _rig.WindowOf(0, 1);
        var remove = new VfioIommuSpaprTceRemove { ArgSz = VfioIommuSpaprTceRemove.MinSize, StartAddr = PowerRig.Dynamic };
        Assert.Equal(SysResult.Success, _rig.Caller.Call(_rig.Container, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE, remove));
        Assert.True(window.IsRevoked);
        AssertNobodyMaps(0x110003);
    }

    [Fact]
    public void TableReleased_IsTheVmms()
    {
        _rig.Vm.Release(_table);
        Assert.Equal(s_nobody, _cpu.Put(PowerRig.Wide, Next, 0x110003));
    }

    [Fact]
    public void HypercallSwitchedOff_IsTheVmms()
    {
        Assert.Equal(SysResult.Success, _rig.Vm.EnableHcall(Hcall.H_PUT_TCE, 0));
        AssertNobodyMaps(0x110003);
        Assert.Equal(SysResult.Success, _rig.Vm.EnableHcall(Hcall.H_PUT_TCE, 1));
        Assert.Equal(s_fast, _cpu.Put(PowerRig.Wide, Next, 0x110003));
    }

    [Theory]
    [InlineData(PowerRig.Dynamic - 0x10000, Entry, Hcall.H_PARAMETER)]
    [InlineData(0UL, Entry, Hcall.H_PARAMETER)]
    [InlineData(PowerRig.Dynamic + (PowerRig.DynamicPages << 16), Entry, Hcall.H_PARAMETER)]
    [InlineData(PowerRig.Dynamic + ((PowerRig.DynamicPages - 1) << 16), Entry, Hcall.H_SUCCESS)]
    [InlineData(PowerRig.Dynamic + 1, Entry, Hcall.H_PARAMETER)]
    [InlineData(PowerRig.Dynamic + 0x8000, Entry, Hcall.H_PARAMETER)]
    [InlineData(Next | (1UL << 63), Entry, Hcall.H_PARAMETER)]
    [InlineData(Next, 0x3UL, Hcall.H_SUCCESS)]
    [InlineData(Next, 0x1UL, Hcall.H_SUCCESS)]
    [InlineData(Next, 0x100007UL, Hcall.H_TOO_HARD)]
    [InlineData(Next, 0x108003UL, Hcall.H_TOO_HARD)]
    [InlineData(Next, PowerRig.Registered - 0x10000 + 3, Hcall.H_SUCCESS)]
    [InlineData(Next, PowerRig.Registered + 3, Hcall.H_TOO_HARD)]
    [InlineData(Next, (1UL << 63) + 3, Hcall.H_TOO_HARD)]
    [InlineData(Next, ulong.MaxValue, Hcall.H_TOO_HARD)]
    public void AnyArguments_AreAnsweredAsIfNothingWereRemembered(ulong ioba, ulong tce, long returnCode)
    {
        using var slow = new TceHypercalls(_rig.Vm) { HasFastStage = false };
        Assert.Equal(returnCode, slow.Put(PowerRig.Wide, ioba, tce).ReturnCode);
        Assert.Equal(returnCode, _cpu.Put(PowerRig.Wide, ioba, tce).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, _cpu.Put(PowerRig.Wide + (1UL << 32), ioba, tce).ReturnCode);
    }

    [Theory]
    [InlineData((long)PowerRig.Registered - 0x20000, 0x40000UL, 0x10000UL, 0x20000UL)]
    [InlineData(-0x20000, 0x40000UL, 0x20000UL, 0x10000UL)]
    [InlineData(0x20000, 0x20000UL, 0x10000UL, 0x20000UL)]
    [InlineData(0x20000, 0x20000UL, 0UL, ulong.MaxValue - 0xffff)]
    public void SlotBesideTheRegion_OnlyWhatBothHoldIsMapped(long slotAt, ulong size, ulong good, ulong bad)
    {
        const ulong Slot = 1UL << 32;
        Assert.Equal(SysResult.Success, _rig.SetSlot(1, Slot, size, _rig.Caller.Base + (ulong)slotAt));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(s_fast, _cpu.Put(PowerRig.Wide, Next, (Slot + good) | 3));
        }

        Assert.Equal(s_nobody, _cpu.Put(PowerRig.Wide, Next, (Slot + bad) | 3));
        Assert.Equal(_rig.Caller.Base + (ulong)slotAt + good + 3, Hardware(0, 1));
    }

    private void Attach(int group)
    {
        Assert.Equal(SysResult.Success, _device.Add(_rig.GroupOf(group)));
        Assert.Equal(SysResult.Success, _device.SetSpaprTce(_rig.GroupOf(group), _table));
    }

    private SysResult Unregister(int group)
        => _rig.Caller.Call(_rig.ContainerOf(group), VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, new VfioIommuSpaprRegisterMemory
        {
            ArgSz = VfioIommuSpaprRegisterMemory.MinSize,
            Vaddr = _rig.Caller.Base,
            Size = PowerRig.Registered,
        });

    private ulong Hardware(int group, ulong index) => _rig.WindowOf(group, 1).Get(index);

    private void AssertNobodyMaps(ulong tce)
    {
        var before = _table.Get(1);
        Assert.Equal(s_nobody, _cpu.Put(PowerRig.Wide, Next, tce));
        Assert.Equal(before, _table.Get(1));
    }
}
