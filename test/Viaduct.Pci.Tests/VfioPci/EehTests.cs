using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Eeh;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Pci.VfioPci;

namespace Viaduct.Pci.Tests.VfioPci;

/// <summary>A device of a POWER machine whose endpoint freezes.</summary>
public sealed class EehTests : IDisposable
{
    private const int InterruptLine = 0x3c;
    private readonly EehPe _pe;
    private readonly Client _client;

    public EehTests()
    {
        var unit = TestFunction.NewGroup().Unit with { TcePlatform = new PowerNvPlatform(16) };
        var group = new IommuGroup(0, unit);
        Assert.True(PciAddress.TryParse("0000:01:00.0", out var address));
        _pe = group.Endpoint!;
        _client = new Client(new VfioPciDevice(new PciDevice(TestFunction.Edu(group: group), address, group, new PciHostBridge())));
        _client.PutConfig(4, 2, 6);
        _client.Put(0x40, 4, 77);
    }

    private ulong Bar => _client.Device.Pci.Resources.Starts[0];

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Load_ThatAnInjectedErrorWaitsFor_ReadsOnesAndSoDoesAllAfterIt()
    {
        Inject(EehFunction.LoadMemoryData, Bar + 0x40);
        Assert.Equal(77u, _client.Get(0x40 + 0x40, 4) + 77);
        Assert.Equal(uint.MaxValue, _client.Get(0x40, 4));
        Assert.True(_client.Device.TryLoad(0x40, 8, out var value));
        Assert.Equal(ulong.MaxValue, value);
        Assert.Equal(0xffu, _client.GetConfig(InterruptLine + 0x20, 1));
    }

    [Fact]
    public void Store_WhileFrozen_IsLost()
    {
        Freeze();
        _client.Put(0x40, 4, 5);
        Assert.True(_client.Device.TryStore(0x44, 4, 5));
        _pe.Operate(VfioEeh.VFIO_EEH_PE_ENABLE);
        Assert.Equal(77u, _client.Get(0x40, 4));
        Assert.Equal(0u, _client.Get(0x44, 4));
    }

    [Fact]
    public void Reset_ResetsTheChip_AndGivesItsBarsBack()
    {
        var bar = _client.Function.ReadConfig(0x10, 4);
        _client.Function.Resets.Clear();
        _pe.Operate(VfioEeh.VFIO_EEH_PE_RESET_HOT);
        Assert.Equal([PciResetKind.Bus], _client.Function.Resets);
        Assert.Equal(Errno.ENODEV, _client.Device.Read(_client.Caller, Client.Argument, 1, Client.Config + 0x60).Errno);
        Assert.NotEqual(bar, _client.Function.ReadConfig(0x10, 4));
        _pe.Operate(VfioEeh.VFIO_EEH_PE_RESET_DEACTIVATE);
        Assert.Equal(bar, _client.Function.ReadConfig(0x10, 4));
        Assert.Equal(6u, _client.Function.ReadConfig(4, 2) & 6);
    }

    [Fact]
    public void OpenDevice_DuringAReset_ENODEV_AndAfterAFreezeWorks()
    {
        _client.Device.CloseDevice();
        _pe.Operate(VfioEeh.VFIO_EEH_PE_RESET_HOT);
        Assert.Equal(Errno.ENODEV, _client.Device.OpenDevice().Errno);
        _pe.Operate(VfioEeh.VFIO_EEH_PE_RESET_DEACTIVATE);
        Freeze();
        Assert.Equal(SysResult.Success, _client.Device.OpenDevice());
        Assert.Equal(VfioEeh.VFIO_EEH_PE_STATE_NORMAL, _pe.Operate(VfioEeh.VFIO_EEH_PE_GET_STATE).Raw);
    }

    private void Freeze()
    {
        Inject(EehFunction.StoreMemoryData, Bar);
        Assert.False(_pe.Passes(EehAccess.StoreMemory, Bar));
    }

    private void Inject(EehFunction function, ulong address)
        => Assert.Equal(SysResult.Success, _pe.Inject(new VfioEehPeErr { Func = (uint)function, Addr = address, Mask = ~7UL }));
}
