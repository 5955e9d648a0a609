using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Doorbells in memory (NVMe base 2.0, 5.8 and B.5): the host writes them there, and to the register only where the value passes what the
/// controller has written beside it. Only I/O queues use them: no driver does for the admin queue.</content>
internal sealed partial class NvmeController
{
    private readonly byte[] _word = new byte[sizeof(uint)];
    private ulong _shadow;
    private ulong _eventIndex;

    /// <summary>The heads of I/O completion queues are in memory, and not in registers.</summary>
    public bool HasShadow => _shadow != 0;

    private NvmeStatus ConfigureDoorbellBuffers(in NvmeCommand command)
    {
        var mask = _data.PageSize - 1;
        if (command.Prp1 == 0 || command.Prp2 == 0 || ((command.Prp1 | command.Prp2) & mask) != 0)
        {
            return NvmeStatus.InvalidField;
        }

        _shadow = command.Prp1;
        _eventIndex = command.Prp2;

        // Queues that are there already begin where their registers were.
        for (var id = 1; id < _submissions.Length; id++)
        {
            if (_submissions[id] is { } submissions
                && !(TryStore(_shadow + TailAt(id), submissions.Tail) && TryStore(_eventIndex + TailAt(id), submissions.Tail)))
            {
                return NoShadow();
            }

            if (_completions[id] is { } completions
                && !(TryStore(_shadow + HeadAt(id), completions.Head) && TryStore(_eventIndex + HeadAt(id), completions.Head)))
            {
                return NoShadow();
            }
        }

        return NvmeStatus.Success;
    }

    private NvmeStatus NoShadow()
    {
        _shadow = 0;
        _eventIndex = 0;
        return NvmeStatus.DataTransferError;
    }

    private static ulong TailAt(int queue) => (ulong)queue * 8;

    private static ulong HeadAt(int queue) => ((ulong)queue * 8) + 4;

    /// <summary>Takes the tail that is in memory, and the head of a completion queue that seems full.</summary>
    private void LookAtShadow(SubmissionQueue queue)
    {
        if (_shadow == 0 || queue.Id == 0)
        {
            return;
        }

        LookAtTail(queue);
        if (queue.Completions.Free == 0)
        {
            LookAtHead(queue.Completions);
        }
    }

    private void LookAtTail(SubmissionQueue queue)
    {
        if (!TryLoad(_shadow + TailAt(queue.Id), out var tail))
        {
            return;
        }

        if (tail < queue.Size)
        {
            queue.Tail = tail;
        }
        else
        {
            InvalidDoorbell(queue.Id, isValue: true);
        }
    }

    private void LookAtHead(CompletionQueue queue)
    {
        if (TryLoad(_shadow + HeadAt(queue.Id), out var head) && !queue.TrySetHead(head))
        {
            InvalidDoorbell(queue.Id, isValue: true);
        }
    }

    /// <summary>Nothing waits: has the host write to the register when there is something, unless there is by now.</summary>
    private void AskForDoorbell(SubmissionQueue queue)
    {
        if (_shadow == 0 || queue.Id == 0 || !TryStore(_eventIndex + TailAt(queue.Id), queue.Tail))
        {
            return;
        }

        Interlocked.MemoryBarrier();
        LookAtTail(queue);
        if (queue.Waiting > 0)
        {
            MarkReady(queue);
        }
    }

    private void AskForDoorbell(CompletionQueue queue)
    {
        if (_shadow == 0 || queue.Id == 0 || !TryStore(_eventIndex + HeadAt(queue.Id), queue.Head))
        {
            return;
        }

        Interlocked.MemoryBarrier();
        LookAtHead(queue);
        RoomMade(queue);
    }

    private bool TryLoad(ulong address, out uint value)
    {
        var isRead = _dma.Read(address, _word).IsOk;
        value = isRead ? BinaryPrimitives.ReadUInt32LittleEndian(_word) : 0;
        if (!isRead)
        {
            LoseShadow();
        }

        return isRead;
    }

    private bool TryStore(ulong address, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_word, value);
        var isWritten = _dma.Write(address, _word).IsOk;
        if (!isWritten)
        {
            LoseShadow();
        }

        return isWritten;
    }

    private void LoseShadow()
    {
        if (_shadow != 0)
        {
            _host.Mistake("the doorbell buffers cannot be reached; only doorbell registers are heard");
            _shadow = 0;
            _eventIndex = 0;
        }
    }
}
