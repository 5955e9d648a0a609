using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;
using static Viaduct.Devices.Edu.EduRegisters;

namespace Viaduct.Devices.Edu;

/// <summary>
/// QEMU's device for teaching, 1234:11e8: a factorial, interrupts by INTx or MSI, and DMA to and from 4 KiB of its own.
/// Its specification is QEMU's docs/specs/edu.rst; where that is silent it does as QEMU's does.
/// </summary>
/// <remarks>A transfer starts as soon as the executor comes to it; QEMU waits 100 ms first.</remarks>
public sealed partial class EduFunction : DeviceFunction
{
    /// <summary>The name in the catalog.</summary>
    public const string Name = "edu";

    /// <summary>Where the device's own memory is, in its own addresses.</summary>
    public const ulong BufferAddress = 0x40000;

    /// <summary>Bytes of the device's own memory.</summary>
    public const int BufferSize = 4096;

    /// <summary>Addresses that reach memory by default: 28 bits.</summary>
    public const ulong DefaultDmaMask = (1UL << 28) - 1;

    private const ulong BarSize = 1 << 20;

    // MSI ends at 0x4d; the rest of configuration space is memory that nothing but power on clears.
    private const int ScratchOffset = 0x4e;
    private const int ConfigEnd = 0x100;
    private const int MsiOffset = 0x40;

    // 2^32 divides the factorial of every number from here on.
    private const uint FactorialIsZeroFrom = 34;

    private readonly ulong _dmaMask;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly Action _compute;
    private readonly Action _transfer;
    private readonly Register _factorial;
    private readonly Register _status;
    private readonly Register _interrupts;
    private readonly Register _source;
    private readonly Register _destination;
    private readonly Register _count;
    private readonly Register _command;
    private uint _resets;

    /// <summary>The device after power on.</summary>
    /// <param name="services">What the outside gives it.</param>
    /// <param name="dmaMask">The bits of an address that reach memory; the others are dropped.</param>
    public EduFunction(PciServices services, ulong dmaMask = DefaultDmaMask)
        : base(Name, EduIdentity(), services, new RegisterBlock(All, EduRules()))
    {
        _dmaMask = dmaMask;
        _compute = Compute;
        _transfer = Transfer;
        _factorial = Registers[Factorial].OnWrite(FactorialWritten);
        _status = Registers[Status];
        _interrupts = Registers[InterruptStatus];
        _source = LockedWhileRunning(DmaSource);
        _destination = LockedWhileRunning(DmaDestination);
        _count = LockedWhileRunning(DmaCount);
        _command = Registers[DmaCommand].OnWrite(CommandWritten);
        var liveness = Registers[Liveness];
        liveness.OnWrite((in RegisterWrite write) => liveness.Value = ~write.New);
        Registers[InterruptRaise].OnRead(AllOnes).OnWrite((in RegisterWrite write) => Raise(write.Written));
        Registers[InterruptAcknowledge].OnRead(AllOnes).OnWrite((in RegisterWrite write) => Acknowledge(write.Written));

        AddBar(new PciBar(0, PciBarKind.Memory32, BarSize, Registers));
        AddCapability(new MsiCapability(1), MsiOffset);
        Config.DeclareScratch(ScratchOffset, ConfigEnd - ScratchOffset);
    }

    /// <summary>The device has no reset but power on: what a bus or bridge does to it leaves its registers, and work under
    /// way, as they are.</summary>
    protected override void OnReset(PciResetKind kind)
    {
        if (kind == PciResetKind.Cold)
        {
            _resets++;
            Registers.Reset();
            Array.Clear(_buffer);
        }
    }

    private static PciIdentity EduIdentity() => new()
    {
        VendorId = 0x1234,
        DeviceId = 0x11e8,
        Revision = 0x10,
        ClassCode = 0x00ff00,
        SubsystemVendorId = 0x1af4,
        SubsystemId = 0x1100,
        InterruptPin = 1,
    };

    // QEMU refuses accesses of one and two bytes on the bus, which read zero; the device answers all ones to others that
    // it does not know, and takes a store of four bytes to a register of eight as its whole value.
    private static RegisterBlockRules EduRules() => new()
    {
        MinimumWidth = 4,
        ExactOffset = true,
        NarrowWriteExtends = true,
        UnknownValue = ulong.MaxValue,
    };

    private static ulong AllOnes(in RegisterRead read) => ulong.MaxValue;

    private void FactorialWritten(in RegisterWrite write)
    {
        if ((_status.Value & StatusComputing) != 0)
        {
            _factorial.Value = write.Old;
            return;
        }

        _status.Value |= StatusComputing;
        Executor.Post(_compute);
    }

    private void Compute()
    {
        lock (Gate)
        {
            if ((_status.Value & StatusComputing) == 0)
            {
                return;
            }

            _factorial.Value = FactorialOf((uint)_factorial.Value);
            _status.Value &= ~StatusComputing;
            if ((_status.Value & StatusInterrupt) != 0)
            {
                Raise(FactorialInterrupt);
            }
        }
    }

    private static uint FactorialOf(uint number)
    {
        if (number >= FactorialIsZeroFrom)
        {
            return 0;
        }

        var product = 1u;
        for (var i = 2u; i <= number; i++)
        {
            product *= i;
        }

        return product;
    }

    private void Raise(ulong bits)
    {
        _interrupts.Value |= bits;
        if (_interrupts.Value != 0 && !SendMessage(0))
        {
            SetIntx(asserted: true);
        }
    }

    private void Acknowledge(ulong bits)
    {
        _interrupts.Value &= ~bits;
        if (_interrupts.Value == 0 && Msi is not { IsEnabled: true })
        {
            SetIntx(asserted: false);
        }
    }
}
