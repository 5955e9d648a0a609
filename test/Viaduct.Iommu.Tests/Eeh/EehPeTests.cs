using Viaduct.Abi;
using Viaduct.Iommu.Eeh;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Iommu.Tests;

public sealed class EehPeTests
{
    private const uint ArgSz = VfioEehPeOp.Size;

    private readonly SpaprRig _rig = new(platform: new PowerNvPlatform(12));
    private readonly FakeEehDevice _device = new();

    public EehPeTests()
    {
        _rig.NumberPages();
        _rig.Register(1, 47);
        _rig.Map(0, 9, 1);
        Pe.Add(_device);
    }

    private EehPe Pe => _rig.Group.Endpoint!;

    [Fact]
    public void Operate_OnAMachineWithoutEeh_ENODEV()
        => Assert.Equal(Errno.ENODEV, new SpaprRig().Call(VfioIoctl.VFIO_EEH_PE_OP, new VfioEehPeOp { ArgSz = ArgSz, Op = 4 }).Errno);

    [Fact]
    public void Inject_ALoadFromABar_FreezesAtThatLoad()
    {
        Assert.Equal(SysResult.Success, Inject(EehFunction.LoadMemoryData, 0x8000_1000, ~0xfffUL));
        Assert.True(Pe.Passes(EehAccess.LoadMemory, 0x8000_2000));
        Assert.True(Pe.Passes(EehAccess.StoreMemory, 0x8000_1000));
        Assert.Equal(VfioEeh.VFIO_EEH_PE_STATE_NORMAL, State());
        Assert.False(Pe.Passes(EehAccess.LoadMemory, 0x8000_1ff8));
        Assert.Equal(VfioEeh.VFIO_EEH_PE_STATE_STOPPED, State());
        Assert.False(Pe.Passes(EehAccess.StoreConfig, 0));
    }

    [Fact]
    public void Frozen_TransfersFault_UntilDmaIsThawed()
    {
        Freeze();
        Assert.Null(_rig.Read(0));
        Assert.Equal(SysResult.Success, Operate(VfioEeh.VFIO_EEH_PE_UNFREEZE_IO));
        Assert.Equal(VfioEeh.VFIO_EEH_PE_STATE_STOPPED_DMA, State());
        Assert.True(Pe.Passes(EehAccess.LoadMemory, 0));
        Assert.Null(_rig.Read(0));
        Assert.Equal(SysResult.Success, Operate(VfioEeh.VFIO_EEH_PE_UNFREEZE_DMA));
        Assert.Equal(VfioEeh.VFIO_EEH_PE_STATE_NORMAL, State());
        Assert.Equal((byte)9, _rig.Read(0));
    }

    [Fact]
    public void Frozen_DmaAloneThawed_Unavailable()
    {
        Freeze();
        Operate(VfioEeh.VFIO_EEH_PE_UNFREEZE_DMA);
        Assert.Equal(VfioEeh.VFIO_EEH_PE_STATE_UNAVAIL, State());
    }

    [Theory]
    [InlineData(VfioEeh.VFIO_EEH_PE_ENABLE)]
    [InlineData(VfioEeh.VFIO_EEH_PE_RESET_DEACTIVATE)]
    public void Frozen_ByTheseOperations_Recovers(uint operation)
    {
        Freeze();
        Assert.Equal(SysResult.Success, Operate(operation));
        Assert.Equal(VfioEeh.VFIO_EEH_PE_STATE_NORMAL, State());
        Assert.Equal((byte)9, _rig.Read(0));
    }

    [Fact]
    public void Reset_HoldsTheDevice_UntilItIsDeactivated()
    {
        Assert.Equal(SysResult.Success, Operate(VfioEeh.VFIO_EEH_PE_RESET_HOT));
        Assert.Equal((1, 0, true), (_device.Resets, _device.Restorations, Pe.IsConfigBlocked));
        Assert.Null(_rig.Read(0));
        Assert.Equal(SysResult.Success, Operate(VfioEeh.VFIO_EEH_PE_RESET_DEACTIVATE));
        Assert.Equal((1, 1, false), (_device.Resets, _device.Restorations, Pe.IsConfigBlocked));
        Assert.Equal((byte)9, _rig.Read(0));
    }

    [Fact]
    public void Map_WhileFrozen_IsThereAfterwards()
    {
        Freeze();
        Assert.Equal(SysResult.Success, _rig.Map(0x1000, 12, 1));
        Assert.Null(_rig.Read(0x1000));
        Operate(VfioEeh.VFIO_EEH_PE_ENABLE);
        Assert.Equal((byte)12, _rig.Read(0x1000));
    }

    [Fact]
    public void DetachGroup_WhileFrozen_LeavesNothingBehind()
    {
        Freeze();
        _rig.Iommu.DetachGroup(_rig.Group);
        Pe.ChangeOwner();
        Assert.Null(_rig.Read(0));
    }

    [Fact]
    public void ChangeOwner_ForgetsAnErrorThatWaits()
    {
        Inject(EehFunction.LoadConfigData, 0, 0);
        Pe.ChangeOwner();
        Assert.True(Pe.Passes(EehAccess.LoadConfig, 0));
    }

    [Theory]
    [InlineData(0u, 0u, 0UL, Errno.EIO)]
    [InlineData(0u, 0u, 0x1_8000_0000UL, Errno.EIO)]
    [InlineData(1u, 2u, 0x8000_0000UL, Errno.EIO)]
    [InlineData(1u, 19u, 0UL, Errno.EIO)]
    [InlineData(2u, 4u, 0UL, Errno.ERANGE)]
    [InlineData(2u, 20u, 0UL, Errno.EINVAL)]
    [InlineData(1u, 10u, 0UL, Errno.None)]
    [InlineData(1u, 7u, 0x8000_0ff8UL, Errno.None)]
    public void Inject_ChecksFunctionTypeAndPlace(uint type, uint function, ulong address, Errno expected)
        => Assert.Equal(expected, Pe.Inject(new VfioEehPeErr { Type = type, Func = function, Addr = address }).Errno);

    private void Freeze()
    {
        Inject(EehFunction.LoadConfigData, 0, 0);
        Assert.False(Pe.Passes(EehAccess.LoadConfig, 0));
    }

    private SysResult Inject(EehFunction function, ulong address, ulong mask)
        => _rig.Call(VfioIoctl.VFIO_EEH_PE_OP, new VfioEehPeOp
        {
            ArgSz = ArgSz,
            Op = VfioEeh.VFIO_EEH_PE_INJECT_ERR,
            Err = new VfioEehPeErr { Func = (uint)function, Addr = address, Mask = mask },
        });

    private SysResult Operate(uint operation) => _rig.Call(VfioIoctl.VFIO_EEH_PE_OP, new VfioEehPeOp { ArgSz = ArgSz, Op = operation });

    private long State() => Operate(VfioEeh.VFIO_EEH_PE_GET_STATE).Raw;
}
