using System.Buffers.Binary;
using Viaduct.Driver;

namespace NvmeDisk.Nvme;

/// <summary>
/// An NVMe controller: brought up, asked what it is, and given I/O queues. Disposing stops it at once; end with
/// <see cref="ShutDown"/> before. It does not own the device. Its methods belong to one thread; each I/O queue to one of its own.
/// </summary>
internal sealed class NvmeController : IDisposable
{
    private const int AdminEntries = 32;
    private const int IdentifySize = 4096;
    private const int LongestTransfer = 1 << 20;

    private readonly PciDevice _device;
    private readonly NvmeRegisters _registers;
    private readonly TimeSpan _patience;
    private readonly InterruptSet? _interrupts;
    private readonly List<NvmeIoQueue> _queues = [];
    private readonly NvmeQueue _admin;
    private readonly DmaBuffer _answers;
    private ushort _nextId;
    private bool _disposed;

    /// <param name="device">The function; a class code of 010802h.</param>
    /// <param name="queues">How many I/O queues are wanted; the controller may grant fewer.</param>
    /// <param name="useInterrupts">True for MSI-X, a vector for each queue; false polls.</param>
    /// <param name="patience">How long a command may take.</param>
    internal NvmeController(PciDevice device, int queues, bool useInterrupts, TimeSpan patience)
    {
        if (device.Config.ClassCode != 0x010802)
        {
            throw new NvmeException(
                $"{device.Name} has class code {device.Config.ClassCode:x6}, an NVMe controller has 010802");
        }

        _device = device;
        _patience = patience;
        device.Config.EnableBusMaster();
        _registers = new NvmeRegisters(device.Name, device.MapBar(0));
        _registers.Disable();
        try
        {
            _interrupts = useInterrupts ? EnableInterrupts(queues) : null;
            _answers = device.AllocateDma(IdentifySize, new DmaOptions { Alignment = (ulong)PageSize });
            _admin = new NvmeQueue(
                device, _registers, 0, Math.Min(AdminEntries, Capabilities.MaxQueueEntries), _interrupts?[0]);
            _registers.Enable(_admin);
            Identity = IdentifyController();
            QueueCount = SetQueueCount(queues);
        }
        catch
        {
            Stop();
            throw;
        }
    }

    internal NvmeCapabilities Capabilities => _registers.Capabilities;

    /// <summary>VS: major 31:16, minor 15:8, tertiary 7:0.</summary>
    internal uint Version => _registers.Version;

    internal ControllerIdentity Identity { get; }

    /// <summary>How many I/O queues can be opened.</summary>
    internal int QueueCount { get; }

    /// <summary>True where registers are loads and stores, false where they are calls.</summary>
    internal bool IsMapped => _registers.IsMapped;

    /// <summary>MPS: the controller's page in bytes.</summary>
    internal int PageSize => Capabilities.SmallestPage;

    /// <summary>The most bytes that a command of this driver moves: MDTS, and what one page of a PRP list describes.</summary>
    internal int MaxTransfer => Math.Min(
        LongestTransfer,
        Identity.MaxTransferShift is 0 or > 12 ? LongestTransfer : PageSize << Identity.MaxTransferShift);

    /// <summary>The numbers (NSID) of the active namespaces, ascending; the first 1,024.</summary>
    internal IReadOnlyList<uint> GetNamespaceNumbers()
    {
        // A list of the numbers above the command's NSID; 0 ends it.
        Identify(NvmeOpcode.IdentifyActiveNamespaces, 0);
        List<uint> numbers = [];
        for (var at = 0; at < IdentifySize; at += sizeof(uint))
        {
            var number = BinaryPrimitives.ReadUInt32LittleEndian(_answers.GetSpan((ulong)at, sizeof(uint)));
            if (number == 0)
            {
                break;
            }

            numbers.Add(number);
        }

        return numbers;
    }

    /// <summary>One namespace.</summary>
    /// <exception cref="NvmeException">It is not there, or has a format that this driver cannot use.</exception>
    internal NamespaceIdentity GetNamespace(uint number)
    {
        Identify(NvmeOpcode.IdentifyNamespace, number);
        return NamespaceIdentity.Parse(number, _answers.Span);
    }

    /// <summary>Turns the volatile write cache on or off. While it is off, a write that is done survives a loss of power.</summary>
    /// <exception cref="NvmeException">The controller refuses; one without such a cache may.</exception>
    internal void SetVolatileCache(bool isOn) => Execute(
        new NvmeCommand
        {
            Opcode = NvmeOpcode.SetFeatures,
            Dword10 = NvmeOpcode.VolatileWriteCache,
            Dword11 = isOn ? 1u : 0,
        },
        "Set Features Volatile Write Cache");

    /// <summary>Makes an I/O queue. Disposed with the controller.</summary>
    /// <param name="depth">How many commands can be under way, 1 to CAP.MQES.</param>
    /// <param name="transfer">The most bytes of a command, up to <see cref="MaxTransfer"/>.</param>
    internal NvmeIoQueue OpenQueue(int depth, int transfer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transfer, MaxTransfer);
        if (_queues.Count == QueueCount)
        {
            throw new NvmeException($"{_device.Name} granted {QueueCount} I/O queues, and all are open");
        }

        // One entry of a ring stays free, since a full one would look like an empty one.
        if (depth + 1 > Capabilities.MaxQueueEntries)
        {
            throw new NvmeException(
                $"a queue of {_device.Name} has at most {Capabilities.MaxQueueEntries} entries: use a depth of up to "
                + $"{Capabilities.MaxQueueEntries - 1}");
        }

        var number = _queues.Count + 1;
        var ring = new NvmeQueue(_device, _registers, number, depth + 1, _interrupts?[number]);
        try
        {
            Create(ring);
            var queue = new NvmeIoQueue(_device, this, ring, depth, transfer, _patience);
            _queues.Add(queue);
            return queue;
        }
        catch
        {
            // The controller may know of it: no memory of a queue is freed before it is stopped.
            Stop();
            ring.Dispose();
            throw;
        }
    }

    /// <summary>What to say of a command that did not come back.</summary>
    internal NvmeException Unanswered(string what, int queue) => new(
        $"{_device.Name} did not complete {what} in queue {queue} within {_patience.TotalSeconds:0.###} s; "
        + _registers.Explain());

    /// <summary>Ends the controller's work in order, when no command is under way. Without it, what is in a volatile
    /// cache may be lost with the power.</summary>
    /// <exception cref="NvmeException">It was not done within the time.</exception>
    internal void ShutDown() => _registers.ShutDown(_patience);

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Stop();
        _queues.ForEach(static queue => queue.Dispose());
    }

    private InterruptSet EnableInterrupts(int queues)
    {
        var vectors = _device.GetInterruptCount(InterruptKind.Msix);
        return vectors >= 2
            ? _device.EnableInterrupts(InterruptKind.Msix, Math.Min(queues + 1, vectors))
            : throw new NvmeException(
                $"{_device.Name} has {vectors} MSI-X vectors, and two queues need two: use it without interrupts");
    }

    // Where it does not obey, bus mastering ends before the memory is freed: it reaches nothing of it any more.
    private void Stop()
    {
        try
        {
            _registers.Disable();
        }
        catch (NvmeException)
        {
            _device.Config.DisableBusMaster();
        }
        catch (VfioException)
        {
            // Whoever has the device has gone, and it reaches no memory of ours any more.
        }

        _interrupts?.Dispose();
        _admin?.Dispose();
        _answers?.Dispose();
    }

    private ControllerIdentity IdentifyController()
    {
        Identify(NvmeOpcode.IdentifyController, 0);
        return ControllerIdentity.Parse(_answers.Span);
    }

    private void Identify(uint what, uint number) => Execute(
        new NvmeCommand
        {
            Opcode = NvmeOpcode.Identify,
            Namespace = number,
            Data = _answers.Iova,
            Dword10 = what,
        },
        number == 0 ? $"Identify {what:X2}h" : $"Identify {what:X2}h of namespace {number}");

    private int SetQueueCount(int wanted)
    {
        var last = (uint)Math.Clamp(wanted, 1, ushort.MaxValue - 1) - 1;
        var granted = Execute(
            new NvmeCommand
            {
                Opcode = NvmeOpcode.SetFeatures,
                Dword10 = NvmeOpcode.NumberOfQueues,
                Dword11 = last << 16 | last,
            },
            "Set Features Number of Queues").Result;

        // The controller may grant more than was asked for.
        var count = (int)Math.Min(Math.Min(granted & 0xFFFF, granted >> 16), last) + 1;
        return _interrupts is null ? count : Math.Min(count, _interrupts.Count - 1);
    }

    private void Create(NvmeQueue queue)
    {
        const uint Contiguous = 1;
        const uint InterruptsEnabled = 2;
        var size = ((uint)queue.Entries - 1) << 16 | (uint)queue.Number;
        Execute(
            new NvmeCommand
            {
                Opcode = NvmeOpcode.CreateCompletionQueue,
                Data = queue.CompletionIova,
                Dword10 = size,
                Dword11 = queue.Vector is { } vector ? (uint)vector << 16 | InterruptsEnabled | Contiguous : Contiguous,
            },
            $"Create I/O Completion Queue {queue.Number}");
        Execute(
            new NvmeCommand
            {
                Opcode = NvmeOpcode.CreateSubmissionQueue,
                Data = queue.SubmissionIova,
                Dword10 = size,
                Dword11 = (uint)queue.Number << 16 | Contiguous,
            },
            $"Create I/O Submission Queue {queue.Number}");
    }

    private NvmeCompletion Execute(in NvmeCommand command, string what)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var id = _nextId++;
        _admin.Submit(command, id);
        _admin.Announce();
        if (!_admin.Wait(_patience, out var completion))
        {
            throw Unanswered(what, 0);
        }

        // Only one is ever under way.
        return completion.Id != id
            ? throw new NvmeException($"{_device.Name} completed command {completion.Id}, not {id}, which is {what}")
            : completion.Status.IsSuccess
                ? completion
                : throw new NvmeException($"{_device.Name} refused {what}: {completion.Status}");
    }
}
