using Viaduct.Devices.Ioat;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Ioat;

/// <summary>Commands that come while the engine works: a hook in the memory gives them in the middle of a transfer.</summary>
public sealed class IoatCommandTests
{
    private const byte Suspend = 0x04;
    private const byte Abort = 0x08;
    private const byte Resume = 0x10;
    private const byte Reset = 0x20;
    private const int Piece = 256 * 1024;
    private readonly IoatRig _rig = new();

    [Fact]
    public void Suspend_WhenIdle_SuspendsAndReports()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(1);
        _rig.Run();
        _rig.Command(Suspend);
        Assert.Equal(Suspend, (byte)_rig.Read(0x84, 1));
        Assert.Equal(IoatState.Idle, _rig.State);
        _rig.Run();
        Assert.Equal(0UL, _rig.Read(0x84, 1));
        Assert.Equal(IoatState.Suspended, _rig.State);
        Assert.Equal(IoatRig.Ring | 2, _rig.Written);
    }

    [Fact]
    public void Suspend_WithoutCompletionAddress_WritesNothing()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(1, completion: 0);
        _rig.Run();
        _rig.Command(Suspend);
        _rig.Run();
        Assert.Equal(IoatState.Suspended, _rig.State);
        Assert.Equal(IoatErrors.None, _rig.Errors);
    }

    [Fact]
    public void Suspend_InADescriptor_StopsAfterAPieceAndResumeFinishes()
    {
        _rig.Randomise(3);
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Put(1, IoatRig.Size, 0, IoatRig.Source, IoatRig.Destination);
        GiveCommandAtFirstPiece(Suspend);
        _rig.Start(2);
        _rig.Run();
        Assert.Equal(IoatState.Suspended, _rig.State);
        Assert.Equal(IoatRig.Ring, _rig.LastCompleted);
        Assert.Equal(IoatRig.Ring + 64, _rig.Read(0xa0, 8));
        Assert.Equal(new byte[8], _rig.Host.At(IoatRig.Destination + Piece, 8).ToArray());
        Assert.NotEqual(new byte[8], _rig.Host.At(IoatRig.Destination + Piece - 8, 8).ToArray());

        _rig.Command(Resume);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(
            _rig.Host.At(IoatRig.Source, (int)IoatRig.Size).ToArray(),
            _rig.Host.At(IoatRig.Destination, (int)IoatRig.Size).ToArray());
    }

    [Fact]
    public void Suspended_NewChain_StartsFromItsBeginning()
    {
        _rig.Randomise(4);
        _rig.Put(0, IoatRig.Size, 0, IoatRig.Source, IoatRig.Destination);
        GiveCommandAtFirstPiece(Suspend);
        _rig.Start(1);
        _rig.Run();
        _rig.Put(4, 16, 0, IoatRig.Source + 5, IoatRig.Destination);
        _rig.Start(1, IoatRig.Ring + 256);
        Assert.Equal(IoatState.Active, _rig.State);
        _rig.Run();
        Assert.Equal((IoatRig.Ring + 256) | 1, _rig.Status);
        Assert.Equal(_rig.Host.At(IoatRig.Source + 5, 16).ToArray(), _rig.Host.At(IoatRig.Destination, 16).ToArray());
    }

    [Fact]
    public void Resume_OfWhatIsDone_IsIdleOrArmed()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(0);
        _rig.Command(Suspend);
        _rig.Run();
        Assert.Equal(IoatState.Suspended, _rig.State);
        _rig.Command(Resume);
        _rig.Run();
        Assert.Equal(IoatState.Armed, _rig.State);
        _rig.Write(0x86, 2, 1);
        _rig.Run();
        _rig.Command(Suspend);
        _rig.Run();
        _rig.Command(Resume);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        _rig.Command(Resume);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
    }

    [Fact]
    public void DescriptorCount_WhileSuspended_WaitsForResume()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0, IoatRig.Ring);
        _rig.Start(1);
        _rig.Run();
        _rig.Command(Suspend);
        _rig.Run();
        _rig.Write(0x86, 2, 2);
        _rig.Run();
        Assert.Equal(IoatState.Suspended, _rig.State);
        _rig.Command(Resume);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
    }

    [Theory]
    [InlineData(Abort)]
    [InlineData(Reset)]
    public void Stop_InADescriptor_HaltsWithoutAnError(byte command)
    {
        _rig.Randomise(5);
        _rig.Put(0, IoatRig.Size, IoatRig.Interrupt, IoatRig.Source, IoatRig.Destination);
        GiveCommandAtFirstPiece(command);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal((ulong)IoatState.Halted, _rig.Status);
        Assert.Equal(IoatErrors.None, _rig.Errors);
        Assert.Equal(0UL, _rig.Read(0x84, 1));
        Assert.Equal(new byte[8], _rig.Host.At(IoatRig.Destination + Piece, 8).ToArray());
        Assert.Equal(0, _rig.Host.Interrupts.Messages);
        Assert.Equal(command == Abort ? 3UL : 0UL, _rig.Written);
        _rig.Command(Resume);
        _rig.Run();
        Assert.Equal(IoatState.Halted, _rig.State);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
    }

    [Fact]
    public void Reset_ClearsTheChannelsRegistersButItsErrors()
    {
        _rig.Write(0xac, 4, 0x1000);
        _rig.Put(0, 0, 0, 0, 0);
        _rig.Start(1);
        _rig.Run();
        _rig.Command(Reset);
        _rig.Run();
        Assert.Equal(0UL, _rig.Read(0x86, 2));
        Assert.Equal(0UL, _rig.Read(0x90, 8));
        Assert.Equal(0UL, _rig.Read(0x98, 8));
        Assert.Equal(IoatErrors.DescriptorLength, _rig.Errors);
        Assert.Equal(0x1000UL, _rig.Read(0xac, 4));
    }

    [Theory]
    [InlineData(PciResetKind.Function)]
    [InlineData(PciResetKind.Cold)]
    [InlineData(PciResetKind.Bus)]
    public void FunctionReset_InADescriptor_MovesNothingMore(PciResetKind kind)
    {
        _rig.Randomise(6);
        _rig.Put(0, IoatRig.Size, IoatRig.Interrupt | IoatRig.CompletionWrite, IoatRig.Source, IoatRig.Destination);
        OnFirstPiece(() => _rig.Ioat.Reset(kind));
        _rig.Start(1);
        _rig.Run();
        Assert.Equal((ulong)IoatState.Halted, _rig.Status);
        Assert.Equal(0UL, _rig.Read(0x90, 8));
        Assert.Equal(20UL, _rig.Read(0x01, 1));
        Assert.Equal(0UL, _rig.Written);
        Assert.Equal(new byte[8], _rig.Host.At(IoatRig.Destination + Piece, 8).ToArray());
        Assert.Equal(0, _rig.Host.Interrupts.Messages);
        Assert.Equal(IoatErrors.None, _rig.Errors);

        // A driver that starts over at once finds the whole engine.
        _rig.Ioat.WriteConfig(4, 2, 6);
        _rig.EnableMsix();
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(IoatRig.Ring | 1, _rig.Status);
        Assert.Equal(1, _rig.Host.Interrupts.Messages);
    }

    [Fact]
    public void FunctionReset_ByItsRegister_IsOffered()
    {
        Assert.Equal(0x10u, _rig.Ioat.ReadConfig(0x90, 1));
        Assert.NotEqual(0u, _rig.Ioat.ReadConfig(0x94, 4) & (1u << 28));
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(1);
        _rig.Run();
        _rig.Ioat.WriteConfig(0x98, 2, 0x8000);
        Assert.Equal((ulong)IoatState.Halted, _rig.Status);
    }

    private void GiveCommandAtFirstPiece(byte command) => OnFirstPiece(() => _rig.Command(command));

    private void OnFirstPiece(Action action)
    {
        _rig.Host.Memory.Accessing = (offset, _, isWrite) =>
        {
            if (isWrite && offset == IoatRig.Destination - IoatRig.Memory)
            {
                _rig.Host.Memory.Accessing = null;
                action();
            }
        };
    }
}
