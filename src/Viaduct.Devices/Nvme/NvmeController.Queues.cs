using System.Buffers.Binary;
using Viaduct.Iommu;

namespace Viaduct.Devices.Nvme;

/// <content>Queues: doorbells, arbitration, fetching, completing.</content>
internal sealed partial class NvmeController
{
    // Entries that one read fetches.
    private const int MostFetched = 32;
    private const ushort DoNotRetry = 0x4000;
    private const ushort MoreInLog = 0x2000;

    private readonly SubmissionQueue?[] _submissions = new SubmissionQueue?[NvmeRegisters.MostQueues + 1];
    private readonly CompletionQueue?[] _completions = new CompletionQueue?[NvmeRegisters.MostQueues + 1];
    private readonly byte[] _fetched = new byte[MostFetched * NvmeCommand.Length];
    private readonly byte[] _entry = new byte[CompletionQueue.EntryLength];
    private QueueSet _ready;
    private QueueSet _waitForBackground;
    private QueueSet _changed;
    private QueueSet _posted;
    private int _cursor;
    private int _commandsLeft;
    private long _bytesLeft;

    /// <summary>Takes out a completion queue that was made, deleted, or written; -1 where there is none.</summary>
    public int TakeChanged() => _changed.Take();

    /// <summary>A completion queue; null where there is none.</summary>
    public CompletionQueue? Completions(int queue) => _completions[queue];

    /// <summary>True once after something was written to a completion queue.</summary>
    public bool TakePosted(int queue)
    {
        var was = _posted.Contains(queue);
        _posted.Remove(queue);
        return was;
    }

    /// <summary>Does what doorbells say. Where the host has them in memory, what is there can be newer: heads are taken from there, tails when the
    /// queue is served.</summary>
    public void Ring(DoorbellBox doorbells)
    {
        while (doorbells.TryTakeHead(out var queue, out var head))
        {
            if (_completions[queue] is not { } completions)
            {
                InvalidDoorbell(queue, isValue: false);
            }
            else if (!LookAtHead(completions) && !completions.TrySetHead(head))
            {
                InvalidDoorbell(queue, isValue: true);
            }
            else
            {
                RoomMade(completions);
            }
        }

        while (doorbells.TryTakeTail(out var queue, out var tail))
        {
            if (_submissions[queue] is not { } submissions)
            {
                InvalidDoorbell(queue, isValue: false);
            }
            else if (tail >= submissions.Size)
            {
                InvalidDoorbell(queue, isValue: true);
            }
            else
            {
                submissions.Tail = tail;
                if (queue == 0)
                {
                    FindAdminDoorbells();
                }

                MarkReady(submissions);
            }
        }
    }

    private void MarkReady(SubmissionQueue queue)
    {
        if (queue is { IsBroken: false, IsDeleting: false, Completions.IsBroken: false })
        {
            _ready.Add(queue.Id);
        }
    }

    private void RoomMade(CompletionQueue completions)
    {
        if (!completions.HasWaiters || completions.Free == 0)
        {
            return;
        }

        completions.HasWaiters = false;
        foreach (var queue in _submissions)
        {
            if (queue is not null && queue.Completions == completions && queue.Waiting > 0)
            {
                MarkReady(queue);
            }
        }
    }

    /// <summary>A burst of commands of one queue.</summary>
    private void Serve(SubmissionQueue queue)
    {
        LookAtShadow(queue);
        var count = Math.Min(Math.Min(queue.Contiguous, queue.Completions.Free), (uint)Math.Min(_features.Burst, MostFetched));
        count = Math.Min(count, (uint)_commandsLeft);
        if (count == 0)
        {
            Park(queue);
            return;
        }

        var bytes = _fetched.AsSpan(0, (int)count * NvmeCommand.Length);
        if (!Fetch(queue.Address + ((ulong)queue.Head * NvmeCommand.Length), bytes))
        {
            Break(queue);
            return;
        }

        for (; bytes.Length > 0 && queue.Completions.Free > 0 && !_stopRequested && Phase == ControllerPhase.Ready;
            bytes = bytes[NvmeCommand.Length..])
        {
            var command = NvmeCommand.Read(bytes);
            if (!HasRoom(queue, command))
            {
                _ready.Remove(queue.Id);
                _waitForBackground.Add(queue.Id);
                return;
            }

            queue.Advance();
            _commandsLeft--;
            Execute(queue, command);
        }

        if (queue.Waiting == 0)
        {
            Park(queue);
        }
    }

    private bool Fetch(ulong address, Span<byte> destination)
    {
        if (_dma.TryGetSpan(address, destination.Length, DmaAccess.Read, out var lease))
        {
            lease.Span.CopyTo(destination);
            lease.Dispose();
            return true;
        }

        return _dma.Read(address, destination).IsOk;
    }

    /// <summary>Nothing of the queue can be served now.</summary>
    private void Park(SubmissionQueue queue)
    {
        _ready.Remove(queue.Id);
        if (queue.Waiting == 0)
        {
            AskForDoorbell(queue);
        }
        else
        {
            queue.Completions.HasWaiters = true;
            AskForDoorbell(queue.Completions);
        }
    }

    private void Execute(SubmissionQueue queue, in NvmeCommand command)
    {
        var result = 0u;
        var status = queue.Id == 0 ? ExecuteAdmin(queue, command, ref result) : ExecuteIo(queue, command);
        if (status != NvmeStatus.Deferred)
        {
            Complete(queue, command, status, result);
        }
    }

    /// <summary>Tells the host that a command is done. There is room.</summary>
    private void Complete(SubmissionQueue queue, in NvmeCommand command, NvmeStatus status, uint result = 0)
    {
        var field = (ushort)status;
        if (status != NvmeStatus.Success)
        {
            field |= (ushort)(MoreInLog | (MayWorkLater(status) ? 0 : DoNotRetry));
            _errors.Add(new ErrorEntry(
                (ushort)queue.Id, command.Identifier, (ushort)(field << 1), queue.Id == 0 ? 0 : command.FirstBlock, command.Nsid));
        }

        Post(queue, command.Identifier, field, result);
    }

    private void Post(SubmissionQueue queue, ushort identifier, ushort status, uint result)
    {
        var completions = queue.Completions;
        BinaryPrimitives.WriteUInt32LittleEndian(_entry, result);
        BinaryPrimitives.WriteUInt32LittleEndian(_entry.AsSpan(4), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(_entry.AsSpan(8), queue.Head | ((uint)queue.Id << 16));
        var last = identifier | ((uint)status << 17) | (completions.Phase ? 1u << 16 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(_entry.AsSpan(12), last);
        if (completions.IsBroken || !WriteEntry(completions.Address + (completions.Tail * (ulong)CompletionQueue.EntryLength), last))
        {
            Break(completions);
            return;
        }

        completions.Advance();
        _changed.Add(completions.Id);
        _posted.Add(completions.Id);
    }

    /// <summary>Writes an entry so that its phase tag is there last: the host may be looking at it.</summary>
    private bool WriteEntry(ulong address, uint last)
    {
        const int LastWord = CompletionQueue.EntryLength - sizeof(uint);
        if (_dma.TryGetSpan(address, CompletionQueue.EntryLength, DmaAccess.Write, out var lease))
        {
            _entry.AsSpan(0, LastWord).CopyTo(lease.Span);
            Volatile.WriteBarrier();
            BinaryPrimitives.WriteUInt32LittleEndian(lease.Span[LastWord..], last);
            lease.Dispose();
            return true;
        }

        return _dma.Write(address, _entry.AsSpan(0, LastWord)).IsOk
            && _dma.Write(address + LastWord, _entry.AsSpan(LastWord)).IsOk;
    }

    /// <summary>The queue cannot be read: the others go on without it, unless it is the admin queue.</summary>
    private void Break(SubmissionQueue queue)
    {
        _ready.Remove(queue.Id);
        queue.IsBroken = true;
        if (queue.Id == 0)
        {
            Fail("the admin submission queue cannot be read");
            return;
        }

        _host.Mistake($"submission queue {queue.Id} cannot be read; nothing of it is served any more");
        QueueFailed(queue.Id);
    }

    private void Break(CompletionQueue queue)
    {
        if (queue.IsBroken)
        {
            return;
        }

        queue.IsBroken = true;
        foreach (var user in _submissions)
        {
            if (user is not null && user.Completions == queue)
            {
                _ready.Remove(user.Id);
                _waitForBackground.Remove(user.Id);
            }
        }

        if (queue.Id == 0)
        {
            Fail("the admin completion queue cannot be written");
            return;
        }

        _host.Mistake($"completion queue {queue.Id} cannot be written; nothing that completes there is served any more");
        QueueFailed(queue.Id);
    }

    private void AddCompletions(CompletionQueue queue)
    {
        _completions[queue.Id] = queue;
        _posted.Remove(queue.Id);
        _changed.Add(queue.Id);
    }

    private void ForgetQueues()
    {
        for (var i = 0; i < _submissions.Length; i++)
        {
            _submissions[i] = null;
            if (_completions[i] is not null)
            {
                _completions[i] = null;
                _changed.Add(i);
            }
        }

        _ready = default;
        _posted = default;
        _waitForBackground = default;
        _toRepeat.Clear();
        _cursor = 0;
        _shadow = 0;
        _eventIndex = 0;
        _adminDoorbells = AdminDoorbells.Unknown;
        _adminTail = 0;
        _adminHead = 0;
    }

    private static bool MayWorkLater(NvmeStatus status) => status is NvmeStatus.DataTransferError or NvmeStatus.InternalError
        or NvmeStatus.AbortRequested or NvmeStatus.AbortedSqDeletion or NvmeStatus.AbortedFailedFused
        or NvmeStatus.AbortedMissingFused or NvmeStatus.FormatInProgress or NvmeStatus.WriteFault or NvmeStatus.UnrecoveredReadError;
}
