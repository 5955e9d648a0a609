using Viaduct.Driver;

namespace EduDriver;

/// <summary>A driver for QEMU's edu device. It does not own the device.</summary>
internal sealed class Edu
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Bar _registers;

    internal Edu(PciDevice device)
    {
        if (device.Config is not { VendorId: 0x1234, DeviceId: 0x11E8 })
        {
            throw new ArgumentException(
                $"{device.Name} is {device.Config.VendorId:x4}:{device.Config.DeviceId:x4}, not edu (1234:11e8).",
                nameof(device));
        }

        device.Config.EnableBusMaster();
        _registers = device.MapBar(0);
    }

    /// <summary>0xRRrr00ed: major and minor version.</summary>
    internal uint Identification => _registers.Read32(EduRegister.Identification);

    internal bool IsMapped => _registers.IsMapped;

    /// <summary>The device inverts what it is given.</summary>
    internal bool IsAlive(uint probe)
    {
        _registers.Write32(EduRegister.Liveness, probe);
        return _registers.Read32(EduRegister.Liveness) == ~probe;
    }

    /// <summary>n!, modulo 2^32; waits by reading the status.</summary>
    internal uint Factorial(uint n)
    {
        _registers.Write32(EduRegister.Status, 0);
        _registers.Write32(EduRegister.Factorial, n);
        WaitWhile(EduRegister.Status, EduRegister.Computing);
        return _registers.Read32(EduRegister.Factorial);
    }

    /// <summary>n!, modulo 2^32; waits for the device's interrupt.</summary>
    internal async Task<uint> FactorialAsync(uint n, InterruptVector interrupt, CancellationToken cancellationToken)
    {
        _registers.Write32(EduRegister.Status, EduRegister.InterruptWhenComputed);
        _registers.Write32(EduRegister.Factorial, n);
        await interrupt.WaitAsync(cancellationToken);
        Acknowledge(interrupt, EduRegister.FactorialDone);
        return _registers.Read32(EduRegister.Factorial);
    }

    /// <summary>Raises an interrupt with a reason of the caller's, waits for it, and says what the device gave as the
    /// reason.</summary>
    internal uint RaiseAndWait(uint reason, InterruptVector interrupt)
    {
        _registers.Write32(EduRegister.InterruptRaise, reason);
        var seen = interrupt.Wait(s_patience) ? _registers.Read32(EduRegister.InterruptStatus) : 0;
        Acknowledge(interrupt, reason);
        return seen;
    }

    /// <summary>Copies memory into the device; waits by reading the command.</summary>
    internal void CopyIn(DmaBuffer buffer, int count)
    {
        StartDma(buffer.Iova, EduRegister.BufferAddress, count, EduRegister.Start);
        WaitWhile(EduRegister.DmaCommand, EduRegister.Start);
    }

    /// <summary>Begins to copy the device's memory out; no interrupt comes.</summary>
    internal void StartCopyOut(DmaBuffer buffer, int count) =>
        StartDma(EduRegister.BufferAddress, buffer.Iova, count, EduRegister.Start | EduRegister.ToMemory);

    /// <summary>Waits until no copy is under way.</summary>
    internal void WaitForDma() => WaitWhile(EduRegister.DmaCommand, EduRegister.Start);

    /// <summary>Copies the device's memory out; waits for the interrupt.</summary>
    internal bool CopyOut(DmaBuffer buffer, int count, InterruptVector interrupt)
    {
        StartDma(
            EduRegister.BufferAddress,
            buffer.Iova,
            count,
            EduRegister.Start | EduRegister.ToMemory | EduRegister.InterruptWhenDone);
        var came = interrupt.Wait(s_patience);
        Acknowledge(interrupt, EduRegister.DmaDone);
        return came;
    }

    private void StartDma(ulong source, ulong destination, int count, uint command)
    {
        _registers.Write64(EduRegister.DmaSource, source);
        _registers.Write64(EduRegister.DmaDestination, destination);
        _registers.Write64(EduRegister.DmaCount, (ulong)count);
        _registers.Write64(EduRegister.DmaCommand, command);
    }

    private void Acknowledge(InterruptVector interrupt, uint reason)
    {
        _registers.Write32(EduRegister.InterruptAcknowledge, reason);
        interrupt.Unmask();
    }

    private void WaitWhile(ulong register, uint bit)
    {
        var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while ((_registers.Read32(register) & bit) != 0)
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new TimeoutException($"edu still has bit 0x{bit:x} set in register 0x{register:x}.");
            }
        }
    }
}
