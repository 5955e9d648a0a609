using Viaduct.Driver;

namespace CopyEngine;

/// <summary>
/// One DMA channel. <see cref="Add"/> copies to a chain of descriptors, then <see cref="Run"/> runs it; a chain is
/// run once. Not thread safe: a channel belongs to one thread.
/// </summary>
internal sealed class IoatChannel : IDisposable
{
    private const ulong StateMask = 0x7;
    private const ulong CompletedMask = ~0x3FUL;
    private const ulong CompletionAt = 0;
    private const ulong DescriptorsAt = 64;
    private const ushort RunControl = IoatRegister.InterruptRearm | IoatRegister.ErrorCompletion
        | IoatRegister.AbortOnAnyError | IoatRegister.ErrorInterrupt;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ConfigSpace _config;
    private readonly Bar _registers;
    private readonly ulong _base;
    private readonly InterruptVector _interrupt;
    private readonly uint _maxTransfer;
    private readonly int _depth;

    // The completion word, then the descriptors.
    private readonly DmaBuffer _memory;

    internal IoatChannel(
        PciDevice device, Bar registers, int number, InterruptVector interrupt, uint maxTransfer, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(depth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, ushort.MaxValue);
        _config = device.Config;
        _registers = registers;
        _base = IoatRegister.ChannelSize * (ulong)(number + 1);
        _interrupt = interrupt;
        _maxTransfer = maxTransfer;
        _depth = depth;
        _memory = device.AllocateDma(DescriptorsAt + ((ulong)depth * IoatDescriptor.Size));
        Reset();
    }

    /// <summary>How many descriptors the chain has.</summary>
    internal int Count { get; private set; }

    internal IoatState State => (IoatState)(_registers.Read64(_base + IoatRegister.Status) & StateMask);

    internal IoatErrors Errors => (IoatErrors)_registers.Read32(_base + IoatRegister.Error);

    /// <summary>Stops the channel whatever it does and clears its errors and its chain. It is halted then.</summary>
    internal void Reset()
    {
        if (_config.Size > IoatRegister.ConfigErrors)
        {
            _config.WriteUInt32(IoatRegister.ConfigErrors, _config.ReadUInt32(IoatRegister.ConfigErrors));
        }

        _registers.Write32(_base + IoatRegister.Error, (uint)Errors);
        _registers.Write8(_base + IoatRegister.Command, IoatRegister.Reset);
        WaitUntil(() => (_registers.Read8(_base + IoatRegister.Command) & IoatRegister.Reset) == 0, "come out of reset");

        // The reset forgets it.
        _registers.Write64(_base + IoatRegister.CompletionAddress, _memory.IovaOf(CompletionAt));
        Count = 0;
    }

    /// <summary>Adds a copy to the chain, in as many descriptors as its size needs.</summary>
    /// <param name="source">The source's IOVA.</param>
    /// <param name="destination">The destination's IOVA.</param>
    /// <param name="size">Bytes.</param>
    /// <returns>The bytes that found room in the chain; the rest goes into the next one.</returns>
    internal ulong Add(ulong source, ulong destination, ulong size)
    {
        ulong done = 0;
        while (done < size && Count < _depth)
        {
            var part = (uint)Math.Min(size - done, _maxTransfer);

            // The last descriptor's successor is never fetched, but it must be an address that could be.
            IoatDescriptor.Write(
                _memory.Words, At(Count), part, 0, source + done, destination + done, NextOf(Count));
            Count++;
            done += part;
        }

        return done;
    }

    /// <summary>Runs the chain and waits for its interrupt.</summary>
    /// <exception cref="IoatException">The channel halted with an error, or did not finish.</exception>
    internal void Run()
    {
        var last = Start();
        do
        {
            if (!_interrupt.Wait(s_patience))
            {
                throw new IoatException(
                    $"the channel did not interrupt within {s_patience.TotalSeconds} s: {State}, errors {Errors}");
            }
        }
        while (!IsFinished(last));

        Count = 0;
    }

    public void Dispose()
    {
        // The engine must not use the memory any more when it is freed.
        Reset();
        _memory.Dispose();
    }

    private ulong NextOf(int descriptor) => _memory.IovaOf(At((descriptor + 1) % _depth));

    private static ulong At(int descriptor) => DescriptorsAt + ((ulong)descriptor * IoatDescriptor.Size);

    // The address of the chain's last descriptor, which the engine writes as the completed one at the end.
    private ulong Start()
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("The chain is empty.");
        }

        // A new chain is taken only by a channel that stands still.
        if (State is not (IoatState.Halted or IoatState.Suspended))
        {
            _registers.Write8(_base + IoatRegister.Command, IoatRegister.Suspend);
            WaitUntil(() => State is IoatState.Suspended or IoatState.Halted, "suspend");
        }

        var last = At(Count - 1);
        IoatDescriptor.SetControl(
            _memory.Words, last, IoatDescriptor.InterruptWhenDone | IoatDescriptor.WriteCompletion);
        _memory.Words.Write64(CompletionAt, 0);
        _registers.Write64(_base + IoatRegister.ChainAddress, _memory.IovaOf(At(0)));
        _registers.Write16(_base + IoatRegister.Control, RunControl);
        _registers.Write16(_base + IoatRegister.DescriptorCount, (ushort)Count);
        return _memory.IovaOf(last);
    }

    private bool IsFinished(ulong last)
    {
        var completion = _memory.Words.Read64(CompletionAt);
        if ((completion & CompletedMask) == last)
        {
            return true;
        }

        if (State != IoatState.Halted)
        {
            return false;
        }

        var errors = Errors;
        Reset();
        throw new IoatException(
            $"the channel halted: {errors} (CHANERR 0x{(uint)errors:x}), "
            + $"last completed descriptor 0x{completion & CompletedMask:x}");
    }

    private static void WaitUntil(Func<bool> done, string what)
    {
        var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!done())
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new IoatException($"the channel did not {what} within {s_patience.TotalSeconds} s");
            }
        }
    }
}
