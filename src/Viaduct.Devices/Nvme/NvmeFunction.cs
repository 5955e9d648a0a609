using System.Diagnostics.CodeAnalysis;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;
using static Viaduct.Devices.Nvme.NvmeRegisters;

namespace Viaduct.Devices.Nvme;

/// <summary>An NVM Express 2.0 I/O controller on PCI Express, with namespaces in memory or in files.</summary>
/// <remarks>
/// The gate protects registers, doorbells that were written, and what interrupts are made of. The engine runs on the executor. It takes
/// the gate, copies, lets go; takes <see cref="_bus"/> and runs the controller, which fetches, moves and completes; lets go, takes the
/// gate and publishes status and interrupts: never both at once. Whoever holds the gate and needs the bus free (a reset) asks the
/// controller to stop first.
/// </remarks>
public sealed partial class NvmeFunction : DeviceFunction, IControllerHost, IDeviceStorage, IDisposable
{
    /// <summary>The name in the catalog.</summary>
    public const string Name = "nvme";

    /// <summary>Red Hat's, whose device IDs from 10f0 to 10ff are for experiments without registration.</summary>
    public const ushort VendorId = 0x1af4;

    /// <summary>No driver has quirks for it.</summary>
    public const ushort DeviceId = 0x10f0;

    /// <summary>Namespaces that there can be.</summary>
    public const int MostNamespaces = 32;

    private const ulong RegistersSize = 16 * 1024;
    private const ulong MessagesSize = 4 * 1024;
    private const int MessagesBar = 4;
    private const uint PendingOffset = 0x800;

    // How long a reset waits for the command that is under way. PCI Express gives a function 100 ms for its reset (6.6.2).
    private const int ResetMilliseconds = 100;

    private readonly NvmeController _controller;
    private readonly NvmeNamespace[] _namespaces;
    private readonly Register _configuration;
    private readonly Register _status;
    private readonly Register _adminAttributes;
    private readonly Register _adminSubmissions;
    private readonly Register _adminCompletions;
    private readonly Action _run;

    // Under the gate.
    private readonly DoorbellBox _doorbells = new();
    private bool _isQueued;
    private bool _wantsDisable;
    private bool _wasReset;
    private bool _isAlive;
    private bool _isInTurn;
    private bool _isPaused;
    private bool _isLoaded;
    private bool _isResuming;
    private uint _shutdownStatus;

    /// <summary>The device after power on.</summary>
    /// <param name="services">What the outside gives it.</param>
    /// <param name="options">What it is.</param>
    /// <param name="storage">The namespaces' bytes, 1 to 32, in the order of their identifiers; it owns them.</param>
    /// <exception cref="ArgumentException">An option or the number of namespaces is not in its range.</exception>
    public NvmeFunction(PciServices services, NvmeOptions options, IReadOnlyList<NvmeStorage> storage)
        : base(Name, Ids, services, new RegisterBlock(All))
    {
        Check(options, storage);
        var format = options.BlockSize == NvmeNamespace.SmallestBlock ? 0 : 1;
        _namespaces = [.. storage.Select((bytes, i) => new NvmeNamespace((uint)i + 1, bytes, format))];
        _controller = new NvmeController(options, _namespaces, services, this);
        _run = Run;
        _configuration = Registers[Configuration].OnWrite(ConfigurationWritten);
        _status = Registers[Status];
        _adminAttributes = Registers[AdminQueueAttributes];
        _adminSubmissions = Registers[AdminSubmissionQueue];
        _adminCompletions = Registers[AdminCompletionQueue];
        Registers[InterruptMaskSet].OnWrite(MaskSetWritten).OnRead(ReadMask);
        Registers[InterruptMaskClear].OnWrite(MaskClearWritten).OnRead(ReadMask);
        for (var queue = 0; queue <= MostQueues; queue++)
        {
            Registers[SubmissionTails, queue].OnWrite(TailWritten);
            Registers[CompletionHeads, queue].OnWrite(HeadWritten);
        }

        AddBar(new PciBar(0, PciBarKind.Memory64, RegistersSize, Registers));
        AddBar(new PciBar(MessagesBar, PciBarKind.Memory64, MessagesSize, new RegisterBlock([])));
        AddCapability(new PowerManagementCapability(noSoftReset: true));
        AddCapability(new PciExpressCapability(hasFunctionLevelReset: true, linkSpeed: 4, linkWidth: 4));
        AddCapability(new MsixCapability(options.Queues + 1, MessagesBar, 0, MessagesBar, PendingOffset));
    }

    private static PciIdentity Ids => new()
    {
        VendorId = VendorId,
        DeviceId = DeviceId,
        Revision = 0x01,
        ClassCode = 0x010802,
        SubsystemVendorId = VendorId,
        SubsystemId = DeviceId,
        InterruptPin = 1,
    };

    bool IControllerHost.HearsMistakes => ModelObserver is not null;

    bool IControllerHost.IsMsixEnabled => _isMsixEnabled;

    /// <inheritdoc/>
    public bool TryClose([NotNullWhen(false)] out string? error)
    {
        var failed = _namespaces.Where(ns => !ns.Storage.IsReadOnly && ns.Storage.Flush() != StorageResult.Ok).ToList();
        Dispose();
        error = failed.Count == 0 ? null
            : $"{failed.Count} of {_namespaces.Length} namespaces could not be synchronised: what was written since the last flush may be lost.";
        return error is null;
    }

    /// <summary>Closes the namespaces' storage as it is. Nothing of the function may run any more.</summary>
    public void Dispose()
    {
        foreach (var ns in _namespaces)
        {
            ns.Storage.Dispose();
        }
    }

    void IControllerHost.Kick()
    {
        lock (Gate)
        {
            Kick();
        }
    }

    void IControllerHost.Mistake(string mistake) => DriverMistake(mistake);

    /// <inheritdoc/>
    protected override void OnReset(PciResetKind kind)
    {
        Registers.Reset();
        _doorbells.Clear();
        _wantsDisable = true;
        _wasReset = true;
        _isLoaded = false;
        _shutdownStatus = 0;
        ForgetInterrupts();
        _controller.StopRequested = true;
        Kick();

        // The command that is under way ends first; if memory or a disk does not answer in time, the reset goes on without it.
        if (_bus.TryEnter(ResetMilliseconds))
        {
            _bus.Exit();
        }
    }

    private static void Check(NvmeOptions options, IReadOnlyList<NvmeStorage> storage)
    {
        var isGood = options.Queues is >= 1 and <= MostQueues
            && options.BlockSize is NvmeNamespace.SmallestBlock or NvmeNamespace.LargestBlock
            && options.Serial.Length is > 0 and <= NvmeOptions.LongestSerial
            && options.Serial.All(character => character is > ' ' and <= '~')
            && storage.Count is >= 1 and <= MostNamespaces
            && storage.All(bytes => bytes.Length > 0 && bytes.Length % NvmeNamespace.LargestBlock == 0);
        if (!isGood)
        {
            throw new ArgumentException("The controller cannot be like that.", nameof(options));
        }
    }

    private void Kick()
    {
        if (!_isQueued)
        {
            _isQueued = true;
            Executor.Post(_run);
        }
    }

    private void ConfigurationWritten(in RegisterWrite write)
    {
        if (((write.Old ^ write.New) & Enable) != 0)
        {
            // Doorbells before this moment are of another life.
            _doorbells.Clear();
            if ((write.New & Enable) == 0)
            {
                _wantsDisable = true;
                _controller.StopRequested = true;
            }
            else
            {
                _shutdownStatus = 0;
            }
        }

        if ((write.New & ShutdownNotification) != 0 && _shutdownStatus == 0)
        {
            // Without queues there is nothing to end.
            var isRunning = (_status.Value & Ready) != 0 && !_wantsDisable;
            _shutdownStatus = isRunning ? ShutdownOccurring : ShutdownComplete;
            _status.Value = (_status.Value & ~(ulong)ShutdownStatus) | _shutdownStatus;
        }

        Kick();
    }

    private void TailWritten(in RegisterWrite write)
    {
        if ((_status.Value & Ready) != 0)
        {
            _doorbells.SetTail(write.Index, (uint)write.Written & ushort.MaxValue);
            Kick();
        }
        else
        {
            DriverMistake("a submission doorbell was written while the controller is not ready; it was ignored");
        }
    }

    private void HeadWritten(in RegisterWrite write)
    {
        if ((_status.Value & Ready) != 0)
        {
            _doorbells.SetHead(write.Index, (uint)write.Written & ushort.MaxValue);
            UpdateIntx();
            Kick();
        }
        else
        {
            DriverMistake("a completion doorbell was written while the controller is not ready; it was ignored");
        }
    }
}
