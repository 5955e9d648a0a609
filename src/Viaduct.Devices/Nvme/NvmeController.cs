using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <summary>
/// The controller behind the registers: queues, commands, namespaces. Only the function's engine calls it, with the bus held, and never
/// with the gate; what is marked so is for other threads too.
/// </summary>
internal sealed partial class NvmeController
{
    // After so much the engine looks at registers again, interrupts, and lets others run.
    private const int CommandsPerTurn = 64;
    private const long BytesPerTurn = 2 << 20;

    // CC.
    private const int AllCommandSets = 6;
    private const uint SubmissionEntryLog2 = 6;
    private const uint CompletionEntryLog2 = 4;

    private NvmeOptions _options;
    private readonly NvmeNamespace[] _namespaces;
    private readonly IControllerHost _host;
    private readonly DmaPort _dma;
    private readonly TimeProvider _time;
    private readonly HostData _data;
    private readonly BackgroundWork _background;
    private volatile bool _stopRequested;
    private uint _configuration;
    private bool _isShuttingDown;
    private int _shutdownJobs;

    /// <summary>A controller that is not enabled.</summary>
    public NvmeController(NvmeOptions options, NvmeNamespace[] namespaces, PciServices services, IControllerHost host)
    {
        _options = options;
        _namespaces = namespaces;
        _host = host;
        _dma = services.Dma;
        _time = services.Time;
        _data = new HostData(services.Dma);
        _background = new BackgroundWork(namespaces.Length, services.Background, host.Kick);
        _features = new NvmeFeatures(_time);
        _health = new HealthCounters(_time);
    }

    /// <summary>Where in its life it is.</summary>
    public ControllerPhase Phase { get; private set; }

    /// <summary>A shutdown is complete.</summary>
    public bool IsShutDown { get; private set; }

    /// <summary>Software wants something else: what is under way ends with the command that is. Any thread sets it.</summary>
    public bool StopRequested
    {
        get => _stopRequested;
        set => _stopRequested = value;
    }

    /// <summary>CC.EN became one.</summary>
    /// <param name="configuration">CC.</param>
    /// <param name="attributes">AQA.</param>
    /// <param name="submissions">ASQ.</param>
    /// <param name="completions">ACQ.</param>
    public void Enable(uint configuration, uint attributes, ulong submissions, ulong completions)
    {
        _configuration = configuration;
        var submissionSize = (attributes & 0xfff) + 1;
        var completionSize = ((attributes >> 16) & 0xfff) + 1;
        if (WrongIn(configuration, submissionSize, completionSize) is { } mistake)
        {
            Fail(mistake);
            return;
        }

        _data.PageSize = 4096UL << (int)((configuration >> 7) & 0xf);
        AddCompletions(new CompletionQueue(0, completions, completionSize, vector: 0, interrupts: true));
        _submissions[0] = new SubmissionQueue(0, submissions, submissionSize, _completions[0]!);
        Phase = ControllerPhase.Ready;
    }

    /// <summary>CC.EN became zero, or the function was reset: nothing of the queues stays.</summary>
    public void Disable()
    {
        ForgetQueues();
        ForgetEvents();
        _features.Reset();
        _background.CancelAll();
        if (Phase == ControllerPhase.Ready && !IsShutDown)
        {
            _health.UnsafeShutdowns++;
        }

        _isShuttingDown = false;
        IsShutDown = false;
        Phase = ControllerPhase.Draining;
        TakeFinished();
        Drain();
    }

    /// <summary>CC.SHN asks for a shutdown: no command is fetched any more, and what was written is made durable.</summary>
    public void BeginShutdown()
    {
        if (Phase != ControllerPhase.Ready || _isShuttingDown)
        {
            return;
        }

        _isShuttingDown = true;
        _shutdownJobs = 0;
        foreach (var ns in _namespaces)
        {
            if (ns.Storage is { IsSlow: true, IsReadOnly: false })
            {
                _shutdownJobs++;
                _background.StartShutdown(ns);
            }
        }

        IsShutDown = _shutdownJobs == 0;
    }

    /// <summary>Takes what the background has finished, and a round of commands.</summary>
    /// <returns>True where there is more to do at once.</returns>
    public bool Turn()
    {
        _commandsLeft = CommandsPerTurn;
        _bytesLeft = BytesPerTurn;
        TakeFinished();
        Drain();
        if (Phase == ControllerPhase.Ready && !_isShuttingDown)
        {
            ServeReady();
        }

        if (Phase == ControllerPhase.Ready && !_isShuttingDown)
        {
            DeliverEvents();
        }

        return _background.HasFinished || (Phase == ControllerPhase.Ready && !_isShuttingDown && !_ready.IsEmpty);
    }

    private void ServeReady()
    {
        while (_commandsLeft > 0 && _bytesLeft > 0 && !_stopRequested && Phase == ControllerPhase.Ready)
        {
            var queue = _ready.NextFrom(_cursor);
            if (queue < 0)
            {
                return;
            }

            _cursor = queue + 1;
            Serve(_submissions[queue]!);
        }
    }

    private static string? WrongIn(uint configuration, uint submissionSize, uint completionSize)
    {
        var pageSize = (configuration >> 7) & 0xf;
        var commandSet = (configuration >> 4) & 7;
        var submissionEntry = (configuration >> 16) & 0xf;
        var completionEntry = (configuration >> 20) & 0xf;
        return pageSize > NvmeRegisters.LargestPageSize ? "CC.MPS is above CAP.MPSMAX"
            : commandSet is not (0 or AllCommandSets) ? "CC.CSS is a command set that CAP.CSS does not have"
            : (configuration & 0x3800) != 0 ? "CC.AMS is an arbitration that CAP.AMS does not have"
            : submissionEntry is not (0 or SubmissionEntryLog2) ? "CC.IOSQES is not 6"
            : completionEntry is not (0 or CompletionEntryLog2) ? "CC.IOCQES is not 4"
            : submissionSize < 2 || completionSize < 2 ? "AQA has a queue of one entry" : null;
    }

    /// <summary>CSTS.CFS: nothing moves until software disables the controller.</summary>
    private void Fail(string mistake)
    {
        Phase = ControllerPhase.Failed;
        _host.Mistake(mistake + "; the controller reports a fatal status (CSTS.CFS)");
    }

    // A read that has not ended changes nothing any more, neither here nor in the host's memory.
    private void Drain()
    {
        if (Phase == ControllerPhase.Draining && !_background.IsChanging)
        {
            Phase = ControllerPhase.Disabled;
        }
    }

    private NvmeNamespace? Find(uint id) => id >= 1 && id <= (uint)_namespaces.Length ? _namespaces[id - 1] : null;
}
