using Viaduct.Driver;

namespace NvmeDisk.Nvme;

/// <summary>
/// A submission queue and its completion queue: two rings in memory, and a doorbell each. Commands are put into the
/// first and announced by its doorbell; completions appear in the second, where a bit (the phase) that changes with each
/// lap tells new from old. A queue belongs to one thread. Submitting and taking allocate nothing.
/// </summary>
internal sealed class NvmeQueue : IDisposable
{
    private readonly NvmeRegisters _registers;
    private readonly DmaBuffer _memory;
    private readonly InterruptVector? _interrupt;
    private readonly ulong _completions;
    private uint _tail;
    private uint _head;
    private uint _phase = 1;
    private bool _unannounced;
    private bool _untold;

    /// <param name="device">Gives the memory.</param>
    /// <param name="registers">Has the doorbells.</param>
    /// <param name="number">0 for the admin queue.</param>
    /// <param name="entries">Of either ring, 2 to CAP.MQES + 1; one fewer can be under way.</param>
    /// <param name="interrupt">Null for a queue that is polled.</param>
    internal NvmeQueue(
        PciDevice device, NvmeRegisters registers, int number, int entries, InterruptVector? interrupt)
    {
        Number = number;
        Entries = entries;
        _registers = registers;
        _interrupt = interrupt;
        var page = (ulong)registers.Capabilities.SmallestPage;
        _completions = RoundUp((ulong)entries * NvmeCommand.Size, page);
        _memory = device.AllocateDma(
            _completions + ((ulong)entries * NvmeCompletion.Size), new DmaOptions { Alignment = page });
    }

    internal int Number { get; }

    internal int Entries { get; }

    internal ulong SubmissionIova => _memory.IovaOf(0);

    internal ulong CompletionIova => _memory.IovaOf(_completions);

    /// <summary>The MSI-X vector; null for a queue that is polled.</summary>
    internal int? Vector => _interrupt?.Index;

    /// <summary>Puts a command into the queue. The controller sees it with <see cref="Announce"/>.</summary>
    /// <param name="command">The command.</param>
    /// <param name="id">Comes back with its completion. Fewer than <see cref="Entries"/> may be under way, which keeps
    /// the tail from the head.</param>
    internal void Submit(in NvmeCommand command, ushort id)
    {
        command.WriteTo(_memory.Words, _tail * (ulong)NvmeCommand.Size, id);
        _tail = Next(_tail);
        _unannounced = true;
    }

    /// <summary>Tells the controller of the commands since the last time: one register write for all.</summary>
    internal void Announce()
    {
        if (_unannounced)
        {
            _unannounced = false;
            _registers.Ring(2 * (uint)Number, _tail);
        }
    }

    /// <summary>Takes the next completion. After the last one the controller is told that their places are free.</summary>
    /// <returns>False where there is none yet.</returns>
    internal bool TryTake(out NvmeCompletion completion)
    {
        var at = _completions + (_head * (ulong)NvmeCompletion.Size);
        var last = _memory.Words.Read32(at + 12);
        if ((last >> 16 & 1) != _phase)
        {
            completion = default;
            Free();
            return false;
        }

        // After the phase: the controller writes all of an entry before it.
        completion = new NvmeCompletion(_memory.Words.Read32(at), (ushort)last, new NvmeStatus((ushort)(last >> 17)));
        _head = Next(_head);
        _phase ^= _head == 0 ? 1u : 0;
        _untold = true;
        return true;
    }

    /// <summary>Waits for a completion, by reading memory or for the interrupt, and takes it.</summary>
    /// <returns>False when the time is over.</returns>
    internal bool Wait(TimeSpan patience, out NvmeCompletion completion)
    {
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        var spinner = default(SpinWait);
        while (!TryTake(out completion))
        {
            var left = deadline - Environment.TickCount64;
            if (left <= 0)
            {
                return TryTake(out completion);
            }

            if (_interrupt is null)
            {
                // Gives the processor away now and then: there may be more queues than processors.
                spinner.SpinOnce(sleep1Threshold: -1);
            }
            else
            {
                // Several completions may share one interrupt: the ring says which there are.
                _interrupt.Wait(TimeSpan.FromMilliseconds(left));
            }
        }

        return true;
    }

    public void Dispose() => _memory.Dispose();

    private static ulong RoundUp(ulong value, ulong unit) => (value + unit - 1) / unit * unit;

    private void Free()
    {
        if (_untold)
        {
            _untold = false;
            _registers.Ring((2 * (uint)Number) + 1, _head);
        }
    }

    private uint Next(uint index) => index + 1 == (uint)Entries ? 0 : index + 1;
}
