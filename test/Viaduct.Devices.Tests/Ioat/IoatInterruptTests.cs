using Viaduct.Devices.Ioat;

namespace Viaduct.Devices.Tests.Ioat;

public sealed class IoatInterruptTests
{
    private readonly IoatRig _rig = new();

    [Fact]
    public void Interrupt_OnceUntilRearmed()
    {
        _rig.Put(0, 8, IoatRig.Null | IoatRig.Interrupt, 0, 0, IoatRig.Ring);
        _rig.Start(3);
        _rig.Run();
        Assert.Equal(1, _rig.Host.Interrupts.Messages);
        Assert.Equal(9UL, _rig.Read(0x80, 2));
        _rig.Write(0x80, 2, 0x0009);
        Assert.Equal(8UL, _rig.Read(0x80, 2));
        _rig.Write(0x86, 2, 4);
        _rig.Run();
        Assert.Equal(2, _rig.Host.Interrupts.Messages);
        _rig.Write(0x80, 2, 0x0008);
        _rig.Write(0x86, 2, 5);
        _rig.Run();
        Assert.Equal(2, _rig.Host.Interrupts.Messages);
    }

    [Fact]
    public void Interrupt_FindsTheDescriptorCompleted()
    {
        _rig.Put(0, 8, IoatRig.Null | IoatRig.Interrupt | IoatRig.CompletionWrite, 0, 0);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(1UL, _rig.Read(0x04, 4));
        Assert.Equal(0UL, _rig.Read(0x04, 4));
        Assert.Equal(IoatRig.Ring | 1, _rig.Written);
    }

    [Fact]
    public void Intx_FollowsAttentionAndMasterEnable()
    {
        _rig.Ioat.WriteConfig(0x82, 2, 0);
        _rig.Write(0x03, 1, 1);
        _rig.Put(0, 8, IoatRig.Null | IoatRig.Interrupt, 0, 0);
        _rig.Start(1);
        _rig.Run();
        Assert.True(_rig.Host.Interrupts.Intx);

        // What Linux' handler does: read INTRCTRL, which lowers the line, then ATTNSTATUS, then enable again.
        Assert.Equal(7UL, _rig.Read(0x03, 1));
        Assert.False(_rig.Host.Interrupts.Intx);
        Assert.Equal(2UL, _rig.Read(0x03, 1));
        Assert.Equal(1UL, _rig.Read(0x04, 4));
        _rig.Write(0x03, 1, 1);
        Assert.False(_rig.Host.Interrupts.Intx);
        Assert.Equal(0, _rig.Host.Interrupts.Messages);
    }

    [Fact]
    public void Intx_WithoutMasterEnable_IsQuiet()
    {
        _rig.Ioat.WriteConfig(0x82, 2, 0);
        _rig.Put(0, 8, IoatRig.Null | IoatRig.Interrupt, 0, 0);
        _rig.Start(1);
        _rig.Run();
        Assert.False(_rig.Host.Interrupts.Intx);
        _rig.Write(0x03, 1, 1);
        Assert.True(_rig.Host.Interrupts.Intx);
    }

    [Fact]
    public void InUse_IsClaimedByTheFirstRead()
    {
        Assert.Equal(0UL, _rig.Read(0x80, 2));
        Assert.Equal(0x100UL, _rig.Read(0x80, 2));
        _rig.Write(0x80, 2, 0);
        Assert.Equal(0UL, _rig.Read(0x80, 1));
        Assert.Equal(0UL, _rig.Read(0x80, 2));
        Assert.Equal(0x100UL, _rig.Read(0x80, 2));
    }

    [Fact]
    public void Registers_AnswerPartsAndWholes()
    {
        Assert.Equal(0x1401UL, _rig.Read(0x00, 2));
        Assert.Equal(0x00001401UL, _rig.Read(0x00, 8));
        Assert.Equal(0x32UL, _rig.Read(0x08, 1));
        Assert.Equal(0x41UL, _rig.Read(0x10, 4));
        Assert.Equal(0x6UL, _rig.Read(0x82, 2));
        Assert.Equal((ulong)IoatState.Halted, _rig.Read(0x88, 8));
        Assert.Equal(0UL, _rig.Read(0x8c, 4));
        Assert.Equal(0UL, _rig.Read(0x1000, 8));
        _rig.Write(0x98, 4, 0x11223340);
        _rig.Write(0x9c, 4, 0x55);
        Assert.Equal(0x5511223340UL, _rig.Read(0x98, 8));
    }

    [Fact]
    public void Config_IsSkyLakes()
    {
        Assert.Equal(0x20218086u, _rig.Ioat.ReadConfig(0x00, 4));
        Assert.Equal(0x08800004u, _rig.Ioat.ReadConfig(0x08, 4));
        Assert.Equal(0x04u, _rig.Ioat.ReadConfig(0x10, 4));
        Assert.Equal(0x80u, _rig.Ioat.ReadConfig(0x34, 1));
        Assert.Equal(0x9011u, _rig.Ioat.ReadConfig(0x80, 2));
        Assert.Equal(0x2000u, _rig.Ioat.ReadConfig(0x84, 4));
        Assert.Equal(0x3000u, _rig.Ioat.ReadConfig(0x88, 4));
        Assert.Equal(0xe010u, _rig.Ioat.ReadConfig(0x90, 2));
        Assert.Equal(0x0001u, _rig.Ioat.ReadConfig(0xe0, 2));
        Assert.Equal(4096, _rig.Ioat.ConfigSize);
        Assert.Equal(0u, _rig.Ioat.ReadConfig(0x148, 4));
    }
}
