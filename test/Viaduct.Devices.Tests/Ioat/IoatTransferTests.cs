using Viaduct.Devices.Ioat;

namespace Viaduct.Devices.Tests.Ioat;

public sealed class IoatTransferTests
{
    private readonly IoatRig _rig = new();

    [Theory]
    [InlineData(1u)]
    [InlineData(63u)]
    [InlineData(4096u)]
    [InlineData(256u * 1024)]
    [InlineData((256u * 1024) + 1)]
    [InlineData(IoatRig.Size)]
    public void Copy_AnySize_MovesExactlyThoseBytes(uint size)
    {
        _rig.Randomise(1);
        _rig.Put(0, size, 0, IoatRig.Source, IoatRig.Destination + 3);
        _rig.Start(1);
        Assert.Equal(IoatState.Active, _rig.State);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(IoatRig.Ring, _rig.LastCompleted);
        var moved = _rig.Host.At(IoatRig.Destination, (int)size + 7).ToArray();
        Assert.Equal(_rig.Host.At(IoatRig.Source, (int)size).ToArray(), moved[3..^4]);
        Assert.Equal(new byte[3], moved[..3]);
        Assert.Equal(new byte[4], moved[^4..]);
        Assert.Equal(0, _rig.Host.Interrupts.Messages);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(8u)]
    [InlineData(13u)]
    [InlineData((512u * 1024) + 5)]
    public void Fill_RepeatsThePattern(uint size)
    {
        _rig.Put(0, size, IoatRig.FillOperation, 0x8877665544332211, IoatRig.Destination);
        _rig.Start(1);
        _rig.Run();
        var filled = _rig.Host.At(IoatRig.Destination, (int)size + 1).ToArray();
        for (var i = 0; i < (int)size; i++)
        {
            Assert.Equal((byte)(0x11 * ((i % 8) + 1)), filled[i]);
        }

        Assert.Equal(0, filled[^1]);
    }

    [Fact]
    public void Null_MovesNothingAndReports()
    {
        _rig.Put(0, 8, IoatRig.Null | IoatRig.CompletionWrite | IoatRig.Interrupt, 0, 0);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(IoatRig.Ring | 1, _rig.Written);
        Assert.Equal(1, _rig.Host.Interrupts.Messages);
        Assert.Equal(IoatErrors.None, _rig.Errors);
    }

    [Fact]
    public void Completion_IsThereBeforeTheStateSaysSo()
    {
        var seen = new List<(ulong Offset, IoatState State)>();
        _rig.Host.Memory.Accessing = (offset, length, isWrite) =>
        {
            if (isWrite && length == 8)
            {
                seen.Add((offset, _rig.State));
            }
        };
        _rig.Put(0, 64, IoatRig.CompletionWrite, IoatRig.Source, IoatRig.Destination);
        _rig.Start(1);
        _rig.Run();
        Assert.Equal([(IoatRig.Completion - IoatRig.Memory, IoatState.Active)], seen);
        Assert.Equal(IoatState.Idle, _rig.State);
    }

    [Fact]
    public void Chain_IsFollowedAsFarAsTheCountSays()
    {
        _rig.Randomise(2);
        for (var i = 0; i < 4; i++)
        {
            _rig.Put(i, 16, IoatRig.CompletionWrite, IoatRig.Source + (ulong)(16 * i), IoatRig.Destination + (ulong)(16 * i));
        }

        _rig.Start(2);
        _rig.Run();
        Assert.Equal(_rig.Host.At(IoatRig.Source, 32).ToArray(), _rig.Host.At(IoatRig.Destination, 32).ToArray());
        Assert.Equal(new byte[32], _rig.Host.At(IoatRig.Destination + 32, 32).ToArray());
        Assert.Equal(IoatRig.Ring + 64, _rig.LastCompleted);
        Assert.Equal(IoatRig.Ring + 128, _rig.Read(0xa0, 8));
        _rig.Write(0x86, 2, 4);
        _rig.Run();
        Assert.Equal(_rig.Host.At(IoatRig.Source, 64).ToArray(), _rig.Host.At(IoatRig.Destination, 64).ToArray());
        Assert.Equal((IoatRig.Ring + 192) | 1, _rig.Written);
    }

    [Fact]
    public void Count_WrapsAt65536()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0, IoatRig.Ring);
        _rig.Start(65535);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        _rig.Put(0, 8, 0, IoatRig.Source, IoatRig.Destination, IoatRig.Ring);
        var copies = 0;
        _rig.Host.Memory.Accessing = (offset, _, isWrite) => copies += isWrite ? 1 : 0;
        _rig.Write(0x86, 2, 3);
        Assert.Equal(IoatState.Active, _rig.State);
        _rig.Run();
        Assert.Equal(4, copies);
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(3UL, _rig.Read(0x86, 2));
    }

    [Fact]
    public void Count_SameAsBefore_StartsNothing()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0);
        _rig.Start(1);
        _rig.Run();
        _rig.Write(0x86, 2, 1);
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(0, _rig.Host.Executor.Waiting);
    }

    [Fact]
    public void ChainAddress_Written_ArmsAndCountsFromZero()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0, IoatRig.Ring);
        Assert.Equal(IoatState.Halted, _rig.State);
        for (var i = 0; i < 3; i++)
        {
            _rig.Write(0x90, 4, IoatRig.Ring);
            _rig.Write(0x94, 4, 0);
            Assert.Equal((ulong)IoatState.Armed, _rig.Status);
            Assert.Equal(0UL, _rig.Read(0x86, 2));
            _rig.Write(0x86, 2, 1);
            Assert.Equal(IoatState.Active, _rig.State);
            _rig.Run();
            Assert.Equal(IoatState.Idle, _rig.State);
        }
    }

    [Fact]
    public void ChainAddress_WrittenWhileActive_ChangesNothing()
    {
        _rig.Put(0, 8, 0, IoatRig.Source, IoatRig.Destination);
        _rig.Host.At(IoatRig.Source, 8).Fill(7);
        _rig.Start(1);
        _rig.Write(0x90, 8, IoatRig.Unmapped);
        Assert.Equal(IoatRig.Ring, _rig.Read(0x90, 8));
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(7, _rig.Host.At(IoatRig.Destination, 8)[7]);
        Assert.Contains("CHAINADDR", Assert.Single(_rig.Host.Mistakes.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void LongWork_IsCutIntoTurns()
    {
        _rig.Put(0, 8, IoatRig.Null, 0, 0, IoatRig.Ring);
        _rig.Start(1000);
        Assert.True(_rig.Host.Executor.RunOne());
        Assert.Equal(IoatState.Active, _rig.State);
        Assert.Equal(1, _rig.Host.Executor.Waiting);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.InRange(_rig.Host.Executor.Ran, 4, 8);
    }

    [Fact]
    public void Descriptor_ThatDoesItself_IsReadOnce()
    {
        // The copy overwrites its own descriptor: what was fetched counts.
        _rig.PutAt(IoatRig.Source, 99, 0xffffffff, 1, 2, 3);
        _rig.Put(0, 64, 0, IoatRig.Source, IoatRig.Ring, IoatRig.Ring + 64);
        _rig.Put(1, 8, IoatRig.Null, 0, 0);
        _rig.Start(2);
        _rig.Run();
        Assert.Equal(IoatState.Idle, _rig.State);
        Assert.Equal(IoatRig.Ring + 64, _rig.LastCompleted);
    }
}
