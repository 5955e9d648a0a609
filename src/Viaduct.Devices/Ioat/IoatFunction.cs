using System.Numerics;
using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;
using static Viaduct.Devices.Ioat.IoatRegisters;

namespace Viaduct.Devices.Ioat;

/// <summary>
/// Intel's QuickData DMA engine (I/OAT, Crystal Beach) as in the Sky Lake-E servers, 8086:2021: one channel that copies and fills
/// memory as chains of descriptors say.
/// </summary>
/// <remarks>
/// The gate protects registers and channel state. The engine runs on the executor, holds <see cref="_bus"/> while it moves
/// bytes, and takes the gate only between: never both. Commands of software are carried out by the engine, so that nothing
/// moves any more once a register says so.
/// </remarks>
public sealed partial class IoatFunction : DeviceFunction
{
    /// <summary>The name in the catalog.</summary>
    public const string Name = "ioat";

    /// <summary>Log2 of the largest size of a descriptor: the least that a model can have.</summary>
    public const int LeastTransferCapacity = 10;

    /// <summary>Log2 of the largest size of a descriptor: what the hardware has.</summary>
    public const int DefaultTransferCapacity = 20;

    /// <summary>Virtual functions that there can be, so that they are all on the bus of the physical one.</summary>
    public const int MostVirtualFunctions = 64;

    private const ulong BarSize = 16 * 1024;
    private const byte Commands = Suspend | Abort | Resume | ChannelReset;
    private const byte CommandBits = 0x3f;
    private const ulong DescriptorAlignment = IoatDescriptor.Length - 1;

    // How long a reset waits for what is on the bus. PCI Express gives a function 100 ms for its reset (6.6.2).
    private const int ResetMilliseconds = 100;

    private readonly int _transferCapacity;
    private readonly Register _interruptControl;
    private readonly Register _attention;
    private readonly Register _control;
    private readonly Register _descriptorCount;
    private readonly Register _chainAddress;
    private readonly Register _completionAddress;
    private readonly Register _errors;
    private readonly Register _errorMask;
    private readonly Action _run;

    // The channel, protected by the gate. The engine looks at the volatile ones without it.
    private volatile IoatState _state = IoatState.Halted;
    private volatile uint _pendingCommands;
    private volatile uint _pendingErrors;
    private volatile uint _generation;
    private ulong _completed;
    private ulong _next;
    private bool _isFirst;
    private ushort _done;
    private bool _isQueued;

    /// <summary>The device after power on.</summary>
    /// <param name="services">What the outside gives it.</param>
    /// <param name="transferCapacity">Log2 of the largest size of a descriptor, 10 to 20.</param>
    /// <param name="virtualFunctions">Virtual functions that there can be, 0 to 64: each is an engine of its own.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity or the number is not in its range.</exception>
    public IoatFunction(PciServices services, int transferCapacity = DefaultTransferCapacity, int virtualFunctions = 0)
        : this(services, transferCapacity, virtualFunctions, isVirtual: false)
    {
    }

    private IoatFunction(PciServices services, int transferCapacity, int virtualFunctions, bool isVirtual)
        : base(Name, IoatIdentity(isVirtual), services, new RegisterBlock(All), isVirtual)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(virtualFunctions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(virtualFunctions, MostVirtualFunctions);
        ArgumentOutOfRangeException.ThrowIfLessThan(transferCapacity, LeastTransferCapacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transferCapacity, DefaultTransferCapacity);
        _transferCapacity = transferCapacity;
        _run = Run;
        _interruptControl = Registers[InterruptControl].OnRead(ReadInterruptControl).OnWrite(InterruptControlWritten);
        _attention = Registers[AttentionStatus].OnRead(ReadAttention);
        _control = Registers[ChannelControl].OnRead(ReadControl);
        _descriptorCount = Registers[DescriptorCount].OnWrite(DescriptorCountWritten);
        _chainAddress = Registers[ChainAddress].OnWrite(ChainAddressWritten);
        _completionAddress = Registers[CompletionAddress];
        _errors = Registers[ChannelError];
        _errorMask = Registers[ChannelErrorMask];
        Registers[ChannelCommand].OnRead(ReadCommand).OnWrite(CommandWritten);
        Registers[ChannelStatus].OnRead(ReadStatus);
        Registers[CurrentDescriptor].OnRead(ReadCurrentDescriptor);
        Registers[TransferCapacity].Value = (ulong)transferCapacity;

        AddBar(new PciBar(0, PciBarKind.Memory64, BarSize, Registers));
        AddCapability(new MsixCapability(1, 0, IoatConfig.MsixTable, 0, IoatConfig.MsixPending), IoatConfig.Msix);
        AddCapability(new PciExpressCapability(hasFunctionLevelReset: true), IoatConfig.Express);
        AddCapability(new PowerManagementCapability(noSoftReset: true), IoatConfig.PowerManagement);
        Config.Declare(IoatConfig.UncorrectableStatus, 4, 0, 0, IoatConfig.UncorrectableBits);
        Config.Declare(IoatConfig.UncorrectableMask, 4, 0, IoatConfig.UncorrectableBits);
        Config.Declare(IoatConfig.UncorrectableSeverity, 4, 0, IoatConfig.UncorrectableBits);
        Config.Declare(IoatConfig.ChannelError, 4, 0, 0, IoatConfig.ChannelErrorBits);
        Config.Declare(IoatConfig.ChannelErrorMask, 4, 0, IoatConfig.ChannelErrorBits);
        Config.Declare(IoatConfig.ChannelErrorSeverity, 4, 0, IoatConfig.ChannelErrorBits);
        if (virtualFunctions > 0)
        {
            AddVirtualFunctions(virtualFunctions);
        }
    }

    /// <summary>No hardware of this kind has virtual functions; where they are is as with Intel's network cards.</summary>
    private void AddVirtualFunctions(int count)
    {
        PciBar?[] bars = [SriovCapability.Bar(0, PciBarKind.Memory64, BarSize), null, null, null, null, null];
        var at = AddExtendedCapability(SriovCapability.Registers(
            (ushort)count, IoatConfig.FirstVirtualFunction, vfStride: 1, Identity.DeviceId, bars));
        SetSriov(new SriovCapability(
            at, bars, (_, services) => new IoatFunction(services, _transferCapacity, virtualFunctions: 0, isVirtual: true)));
    }

    /// <inheritdoc/>
    protected override void OnReset(PciResetKind kind)
    {
        Registers.Reset();
        Registers[TransferCapacity].Value = (ulong)_transferCapacity;
        Forget();
        _pendingCommands = 0;
        _pendingErrors = 0;

        // The engine sees the new generation before it moves anything else. What is on the bus now must end first; if
        // memory does not answer in time, the reset goes on without it.
        if (_bus.TryEnter(ResetMilliseconds))
        {
            _bus.Exit();
        }
    }

    private static PciIdentity IoatIdentity(bool isVirtual) => new()
    {
        VendorId = 0x8086,
        DeviceId = 0x2021,
        Revision = 0x04,
        ClassCode = 0x088000,
        SubsystemVendorId = 0x8086,
        SubsystemId = 0x0000,
        InterruptPin = isVirtual ? (byte)0 : (byte)1,
    };

    /// <summary>The channel has no chain any more.</summary>
    private void Forget()
    {
        _generation++;
        _state = IoatState.Halted;
        _completed = 0;
        _next = 0;
        _done = 0;
    }

    private void ChainAddressWritten(in RegisterWrite write)
    {
        if (_state == IoatState.Active)
        {
            DriverMistake("CHAINADDR was written while the channel is active; it keeps its chain");
            _chainAddress.Value = write.Old;
        }
        else if ((write.New & DescriptorAlignment) != 0)
        {
            Fail(IoatErrors.ChainAddress);
        }
        else if (_state == IoatState.Halted && (_errors.Value & ~_errorMask.Value) != 0)
        {
            DriverMistake("CHAINADDR was written while CHANERR holds an error; the channel stays halted");
        }
        else
        {
            Forget();
            _state = IoatState.Armed;
            _next = write.New;
            _isFirst = true;
            _descriptorCount.Value = 0;
        }
    }

    private void DescriptorCountWritten(in RegisterWrite write)
    {
        switch (_state)
        {
            case IoatState.Armed or IoatState.Idle or IoatState.Active when (ushort)write.New != _done:
                _state = IoatState.Active;
                Kick();
                break;
            case IoatState.Halted when write.New != 0:
                DriverMistake("DMACOUNT was written while the channel is halted; nothing was started");
                break;
            default:
                break;
        }
    }

    private void CommandWritten(in RegisterWrite write)
    {
        var command = (uint)write.Written & CommandBits;
        if (BitOperations.PopCount(command) > 1)
        {
            Fail(IoatErrors.ChannelCommand);
        }
        else if ((command & Commands) != 0)
        {
            _pendingCommands |= command;
            Kick();
        }
        else if (command != 0)
        {
            DriverMistake("CHANCMD has no START and APPEND since version 2; nothing was started");
        }
    }

    /// <summary>Has the engine halt with an error that a register access made.</summary>
    private void Fail(IoatErrors error)
    {
        _pendingErrors |= (uint)error;
        Kick();
    }

    private void Kick()
    {
        if (!_isQueued)
        {
            _isQueued = true;
            Executor.Post(_run);
        }
    }

    private ulong ReadStatus(in RegisterRead read) => _completed | (ulong)_state;

    private ulong ReadCommand(in RegisterRead read) => _pendingCommands;

    private ulong ReadCurrentDescriptor(in RegisterRead read) => _next;

    private ulong ReadControl(in RegisterRead read)
    {
        _control.Value |= read.Mask & InUse;
        return read.Stored;
    }
}
