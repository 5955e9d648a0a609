using System.Numerics;
using Viaduct.Devices.Registers;
using static Viaduct.Devices.Ioat.IoatRegisters;

namespace Viaduct.Devices.Ioat;

/// <content>Interrupts and errors. The gate is held everywhere.</content>
public sealed partial class IoatFunction
{
    private ulong ReadInterruptControl(in RegisterRead read)
    {
        var value = read.Stored;
        if (_attention.Value != 0)
        {
            value |= InterruptStatus | ((value & MasterInterruptEnable) != 0 ? Interrupt : 0);
        }

        _interruptControl.Value &= ~(read.Mask & MasterInterruptEnable);
        UpdateIntx();
        return value;
    }

    private void InterruptControlWritten(in RegisterWrite write) => UpdateIntx();

    private ulong ReadAttention(in RegisterRead read)
    {
        _attention.Value &= ~read.Mask;
        UpdateIntx();
        return read.Stored;
    }

    /// <summary>The channel interrupts, unless it did so already and software has not written to INTP_DIS since.</summary>
    private void Signal()
    {
        if ((_control.Value & InterruptDisable) != 0)
        {
            return;
        }

        _control.Value |= InterruptDisable;
        _attention.Value |= 1;
        if (!SendMessage(0))
        {
            UpdateIntx();
        }
    }

    private void UpdateIntx()
        => SetIntx(
            _attention.Value != 0 && (_interruptControl.Value & MasterInterruptEnable) != 0 && Msix is not { IsEnabled: true });

    /// <summary>Shows an error to software.</summary>
    private void Record(IoatErrors errors)
    {
        if (errors == IoatErrors.None)
        {
            return;
        }

        _errors.Value |= (uint)errors;
        var reported = (uint)errors & ~Config.Read(IoatConfig.ChannelErrorMask, 4);
        if (reported == 0)
        {
            return;
        }

        if (Config.Read(IoatConfig.ChannelError, 4) == 0)
        {
            Config.Set(IoatConfig.ChannelErrorPointer, 1, (uint)BitOperations.TrailingZeroCount(reported));
        }

        Config.SetBits(IoatConfig.ChannelError, 4, reported, on: true);
    }
}
