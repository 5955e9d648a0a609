using Viaduct.Devices.Ioat;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Ioat;

/// <summary>
/// A driver that polls while the engine runs on a thread of its own: the steps of the kernel's VFIO selftest for this
/// device (init and remove, memcpy, unmapped source and destination, interrupt, storm).
/// </summary>
public sealed class IoatDriverTests : IDisposable
{
    private const byte Suspend = 0x04;
    private const byte Reset = 0x20;
    private readonly ThreadExecutor _executor = new();
    private readonly IoatRig _rig;

    public IoatDriverTests() => _rig = new IoatRig(_executor);

    [Fact]
    public void InitAndRemove_Repeat()
    {
        for (var i = 0; i < 10; i++)
        {
            Initialise();
        }
    }

    [Fact]
    public void MixAndMatch_ErrorsDoNotDisturbWhatFollows()
    {
        Initialise();
        for (var i = 0; i < 10; i++)
        {
            _rig.Randomise(i);
            Assert.True(Copy(IoatRig.Source, IoatRig.Destination, 1));
            Assert.Equal(At(IoatRig.Source), At(IoatRig.Destination));
            Assert.False(Copy(IoatRig.Unmapped, IoatRig.Destination, 1));
            Assert.False(Copy(IoatRig.Source, IoatRig.Unmapped, 1));
            Assert.Equal(i, _rig.Host.Interrupts.Messages);
            Assert.True(Copy(IoatRig.Source, IoatRig.Destination, 1, IoatRig.Interrupt));
            Assert.Equal(i + 1, _rig.Host.Interrupts.Messages);
        }
    }

    [Fact]
    public void Storm_OfTheLargestCount_ComesToItsEnd()
    {
        Initialise();
        _rig.Host.At(IoatRig.Source, 8).Fill(0x77);
        Assert.True(Copy(IoatRig.Source, IoatRig.Destination, 65535, size: 8));
        Assert.Equal(0x77, _rig.Host.At(IoatRig.Destination, 8)[7]);
        Assert.Equal(0, _rig.Host.Interrupts.Messages);
    }

    [Fact]
    public void Resets_AtAnyMoment_LeaveAWorkingDevice()
    {
        for (var i = 0; i < 200; i++)
        {
            _rig.Ioat.WriteConfig(4, 2, 6);
            Begin(IoatRig.Source, IoatRig.Destination, 1000, 0, 4096);
            Thread.SpinWait(i * 50);
            if (i % 2 == 0)
            {
                _rig.Ioat.Reset(PciResetKind.Function);
            }
            else
            {
                _rig.Command(Reset);
                Until(() => _rig.Read(0x84, 1) == 0);
            }

            Assert.Equal((ulong)IoatState.Halted, _rig.Status);
            Assert.Equal(IoatErrors.None, _rig.Errors);
        }

        Initialise();
        _rig.Randomise(9);
        Assert.True(Copy(IoatRig.Source, IoatRig.Destination, 1));
        Assert.Equal(At(IoatRig.Source), At(IoatRig.Destination));
    }

    public void Dispose()
    {
        _executor.Dispose();
        Assert.Null(_executor.Failure);
    }

    private void Initialise()
    {
        _rig.Ioat.WriteConfig(4, 2, 0x406);
        Recover();
        _rig.Write(0x03, 1, 8);
        _rig.EnableMsix();
    }

    private void Recover()
    {
        var errors = _rig.Ioat.ReadConfig(IoatRig.ErrorInConfig, 4);
        _rig.Ioat.WriteConfig(IoatRig.ErrorInConfig, 4, errors);
        _rig.Write(0xa8, 4, _rig.Read(0xa8, 4));
        _rig.Command(Reset);
        Until(() => (_rig.Read(0x84, 1) & Reset) == 0);
        Assert.Equal(IoatState.Halted, _rig.State);
    }

    private void Begin(ulong source, ulong destination, ushort count, uint control, uint size)
    {
        _rig.Put(0, size, control, source, destination, IoatRig.Ring);
        _rig.Write(0x90, 8, IoatRig.Ring);
        _rig.Write(0x80, 2, 0x9);
        _rig.Write(0x86, 2, count);
    }

    private bool Copy(ulong source, ulong destination, ushort count, uint control = 0, uint size = IoatRig.Size)
    {
        Begin(source, destination, count, control, size);
        Until(() => _rig.State is IoatState.Idle or IoatState.Halted);
        if (_rig.State == IoatState.Halted)
        {
            Recover();
            return false;
        }

        _rig.Command(Suspend);
        Until(() => _rig.State == IoatState.Suspended);
        return true;
    }

    private byte[] At(ulong address) => _rig.Host.At(address, (int)IoatRig.Size).ToArray();

    // As long as the test host allows: the driver has nothing else to wait for.
    private void Until(Func<bool> condition)
    {
        var spin = default(SpinWait);
        while (!condition())
        {
            Assert.Null(_executor.Failure);
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
