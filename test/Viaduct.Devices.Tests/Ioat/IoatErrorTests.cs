using Viaduct.Devices.Ioat;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Iommu;

namespace Viaduct.Devices.Tests.Ioat;

public sealed class IoatErrorTests
{
    private const uint Xor = 0x8700_0000;
    private const uint Pq = 0x8900_0000;
    private readonly IoatRig _rig = new();

    [Theory]
    [InlineData(8u, 0u, IoatRig.Unmapped, IoatRig.Destination, IoatErrors.ReadData)]
    [InlineData(8u, 0u, IoatRig.Source, IoatRig.Unmapped, IoatErrors.WriteData)]
    [InlineData(8u, IoatRig.FillOperation, 0UL, IoatRig.Unmapped, IoatErrors.WriteData)]
    [InlineData(8u, 0u, 1UL << 48, IoatRig.Destination, IoatErrors.SourceAddress)]
    [InlineData(8u, 0u, (1UL << 48) - 7, IoatRig.Destination, IoatErrors.SourceAddress)]
    [InlineData(8u, 0u, ulong.MaxValue, IoatRig.Destination, IoatErrors.SourceAddress)]
    [InlineData(8u, 0u, IoatRig.Source, 1UL << 63, IoatErrors.DestinationAddress)]
    [InlineData(8u, IoatRig.FillOperation, ulong.MaxValue, ulong.MaxValue - 3, IoatErrors.DestinationAddress)]
    [InlineData(0u, 0u, IoatRig.Source, IoatRig.Destination, IoatErrors.DescriptorLength)]
    [InlineData(0u, IoatRig.Null, 0UL, 0UL, IoatErrors.DescriptorLength)]
    [InlineData(IoatRig.Size + 1, 0u, IoatRig.Source, IoatRig.Destination, IoatErrors.DescriptorLength)]
    [InlineData(uint.MaxValue, IoatRig.FillOperation, 0UL, IoatRig.Destination, IoatErrors.DescriptorLength)]
    [InlineData(8u, Xor, IoatRig.Source, IoatRig.Destination, IoatErrors.DescriptorControl)]
    [InlineData(8u, Pq, IoatRig.Source, IoatRig.Destination, IoatErrors.DescriptorControl)]
    [InlineData(8u, 0x0200_0000u, IoatRig.Source, IoatRig.Destination, IoatErrors.DescriptorControl)]
    [InlineData(8u, 0x0000_0800u, IoatRig.Source, IoatRig.Destination, IoatErrors.DescriptorControl)]
    [InlineData(8u, IoatRig.FillOperation | IoatRig.Null, 0UL, IoatRig.Destination, IoatErrors.DescriptorControl)]
    public void Descriptor_Bad_HaltsWithItsError(uint size, uint control, ulong source, ulong destination, IoatErrors expected)
    {
        _rig.Put(0, 8, IoatRig.Null | IoatRig.CompletionWrite, 0, 0);
        _rig.Put(1, size, control, source, destination);
        _rig.Put(2, 8, 0, IoatRig.Source, IoatRig.Destination);
        _rig.Start(3);
        _rig.Run();
        AssertHalted(expected, IoatRig.Ring);
        Assert.Equal(0, _rig.Host.Interrupts.Messages);
        Assert.Equal(IoatRig.Ring, _rig.Written);
        AssertWorksAgain();
    }

    [Theory]
    [InlineData(IoatRig.Unmapped, IoatErrors.Descriptor)]
    [InlineData(1UL << 48, IoatErrors.ChainAddress)]
    [InlineData(IoatRig.Ring + 32, IoatErrors.ChainAddress)]
    public void ChainAddress_Bad_HaltsWithItsError(ulong chain, IoatErrors expected)
    {
        _rig.Start(1, chain);
        _rig.Run();
        AssertHalted(expected, 0);
        AssertWorksAgain();
    }

    [Theory]
    [InlineData(IoatRig.Unmapped, IoatErrors.Descriptor)]
    [InlineData(IoatRig.Ring + 65, IoatErrors.NextDescriptorAddress)]
    [InlineData(1UL << 48, IoatErrors.NextDescriptorAddress)]
    [InlineData(ulong.MaxValue, IoatErrors.NextDescriptorAddress)]
    public void Next_Bad_HaltsWhenItIsNeeded(ulong next, IoatErrors expected)
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0, next);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        _rig.Write(0x86, 2, 2);
        _rig.Run();
        AssertHalted(expected, IoatRig.Ring);
        AssertWorksAgain();
    }

    [Theory]
    [InlineData(IoatRig.Unmapped)]
    [InlineData(IoatRig.Completion + 4)]
    [InlineData(0UL)]
    [InlineData(1UL << 48)]
    public void CompletionAddress_Bad_HaltsWithItsError(ulong completion)
    {
        _rig.Put(0, 8, IoatRig.Null | IoatRig.CompletionWrite, 0, 0);
        _rig.Start(1, completion: completion);
        _rig.Run();
        AssertHalted(IoatErrors.CompletionAddress, 0);
        AssertWorksAgain();
    }

    [Theory]
    [InlineData(0x24)]
    [InlineData(0x30)]
    [InlineData(0x3f)]
    [InlineData(0x05)]
    public void Command_MoreThanOne_HaltsWithItsError(byte command)
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(1);
        _rig.Run();
        _rig.Command(command);
        _rig.Run();
        AssertHalted(IoatErrors.ChannelCommand, IoatRig.Ring);
        AssertWorksAgain();
    }

    [Fact]
    public void Write_WithoutPermission_IsAWriteError()
    {
        var readOnly = new FakeMemory(4096);
        _rig.Host.Map(0x4000_0000, readOnly, DmaAccess.Read);
        _rig.Put(0, 8, 0, 0x4000_0000, 0x4000_0100);
        _rig.Start(1);
        _rig.Run();
        AssertHalted(IoatErrors.WriteData, 0);
    }

    [Fact]
    public void BusMaster_Off_NoDescriptorCanBeRead()
    {
        _rig.Ioat.WriteConfig(4, 2, 2);
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(1);
        _rig.Run();
        AssertHalted(IoatErrors.Descriptor, 0);
        _rig.Ioat.WriteConfig(4, 2, 6);
        AssertWorksAgain();
    }

    [Theory]
    [InlineData(0x0009, 0, 0UL)]
    [InlineData(0x0019, 1, 0UL)]
    [InlineData(0x000d, 0, 3UL)]
    [InlineData(0x001d, 1, 3UL)]
    public void Error_ReportsAsChannelControlSays(ushort control, int messages, ulong written)
    {
        _rig.Put(0, 0, 0, 0, 0);
        _rig.Start(1, control: control);
        _rig.Run();
        Assert.Equal(messages, _rig.Host.Interrupts.Messages);
        Assert.Equal(written, _rig.Written);
    }

    [Fact]
    public void Error_Masked_SkipsTheDescriptorAndGoesOn()
    {
        _rig.Write(0xac, 4, (uint)IoatErrors.ReadData);
        _rig.Put(0, 8, 0, IoatRig.Unmapped, IoatRig.Destination);
        _rig.Put(1, 8, IoatRig.CompletionWrite, IoatRig.Source, IoatRig.Destination);
        _rig.Start(2);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(IoatErrors.ReadData, _rig.Errors);
        Assert.Equal((IoatRig.Ring + 64) | 1, _rig.Written);
    }

    [Fact]
    public void Error_InConfigurationSpace_IsClearedByItself()
    {
        _rig.Put(0, 0, 0, 0, 0);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(0x800u, _rig.Ioat.ReadConfig(0x180, 4));
        Assert.Equal(11u, _rig.Ioat.ReadConfig(0x18c, 4));
        _rig.Write(0xa8, 4, 0x7ff);
        Assert.Equal(IoatErrors.DescriptorLength, _rig.Errors);
        _rig.Write(0xa8, 4, 0xffffffff);
        Assert.Equal(IoatErrors.None, _rig.Errors);
        Assert.Equal(0x800u, _rig.Ioat.ReadConfig(0x180, 4));
        _rig.Ioat.WriteConfig(0x180, 4, 0x800);
        Assert.Equal(0u, _rig.Ioat.ReadConfig(0x180, 4));
    }

    [Fact]
    public void Error_Uncleared_KeepsTheChannelHalted()
    {
        _rig.Put(0, 0, 0, 0, 0);
        _rig.Start(1);
        _rig.Run();
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(1);
        Assert.Equal(IoatState.Halted, _rig.State);
        _rig.Run();
        Assert.Equal(IoatState.Halted, _rig.State);
        _rig.Write(0xa8, 4, 0xffffffff);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
    }

    [Fact]
    public void TransferCapacity_Smaller_BoundsTheSize()
    {
        var rig = new IoatRig(transferCapacity: 10);
        Assert.Equal(10UL, rig.Read(0x01, 1));
        rig.Put(0, 1024, 0, IoatRig.Source, IoatRig.Destination);
        rig.Put(1, 1025, 0, IoatRig.Source, IoatRig.Destination);
        rig.Start(2);
        rig.Run();
        Assert.Equal(IoatErrors.DescriptorLength, rig.Errors);
        Assert.Equal(IoatRig.Ring, rig.LastCompleted);
    }

    private void AssertHalted(IoatErrors error, ulong completed)
    {
        Assert.Equal(IoatState.Halted, _rig.State);
        Assert.Equal(error, _rig.Errors);
        Assert.Equal(completed, _rig.LastCompleted);
        Assert.Equal((uint)error, _rig.Ioat.ReadConfig(IoatRig.ErrorInConfig, 4));
        Assert.Contains(_rig.Host.Mistakes.Mistakes, mistake => mistake.Contains(error.ToString(), StringComparison.Ordinal));
    }

    private void AssertWorksAgain()
    {
        _rig.Recover();
        _rig.Host.At(IoatRig.Source, 8).Fill(0x5a);
        _rig.Put(0, 8, IoatRig.CompletionWrite, IoatRig.Source, IoatRig.Destination);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(IoatRig.Ring | 1, _rig.Status);
        Assert.Equal(0x5a, _rig.Host.At(IoatRig.Destination, 8)[7]);
    }
}
