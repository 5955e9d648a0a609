using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Doorbells in memory (NVMe base 2.0, 5.8 and B.5): the host writes them there, and to the register only where the value passes what the
/// controller has written beside it. Linux and SPDK write those of I/O queues only, libvfn those of the admin queue too: which it is shows when the
/// host writes the admin queue's register for the first time. Later would be too late: SPDK frees the buffers while the controller has them.</content>
internal sealed partial class NvmeController
{
    // The head of no queue.
    private const uint Changed = uint.MaxValue;

    private readonly byte[] _word = new byte[sizeof(uint)];
    private ulong _shadow;
    private ulong _eventIndex;

    // The admin queue's doorbells as this controller wrote them to memory; the head is Changed once the host has written one.
    private AdminDoorbells _adminDoorbells;
    private uint _adminTail;
    private uint _adminHead;

    /// <summary>The head of a completion queue is in memory, and not in its register.</summary>
    public bool IsHeadInMemory(int queue) => IsInMemory(queue) && (queue != 0 || _adminHead == Changed);

    private bool IsInMemory(int queue) => _shadow != 0 && (queue != 0 || _adminDoorbells == AdminDoorbells.Memory);

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
        for (var id = 0; id < _submissions.Length; id++)
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

        _adminDoorbells = AdminDoorbells.Unknown;
        _adminTail = _submissions[0]!.Tail;
        _adminHead = _completions[0]!.Head;
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
        LookAtTail(queue);
        if (queue.Completions.Free == 0)
        {
            LookAtHead(queue.Completions);
        }
    }

    private void LookAtTail(SubmissionQueue queue)
    {
        if (!IsInMemory(queue.Id) || !TryLoad(_shadow + TailAt(queue.Id), out var tail))
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

    /// <summary>Takes the head that is in memory.</summary>
    /// <returns>False where the host has it in the register.</returns>
    private bool LookAtHead(CompletionQueue queue)
    {
        if (!IsInMemory(queue.Id) || !TryLoad(_shadow + HeadAt(queue.Id), out var head))
        {
            return false;
        }

        if (queue.Id == 0)
        {
            if (head == _adminHead)
            {
                return false;
            }

            _adminHead = Changed;
        }

        if (!queue.TrySetHead(head))
        {
            InvalidDoorbell(queue.Id, isValue: true);
        }

        return true;
    }

    /// <summary>The admin queue's tail register was written: a host that has it in memory has written it there before.</summary>
    private void FindAdminDoorbells()
    {
        if (_shadow != 0 && _adminDoorbells == AdminDoorbells.Unknown && TryLoad(_shadow, out var tail))
        {
            _adminDoorbells = tail == _adminTail ? AdminDoorbells.Registers : AdminDoorbells.Memory;
        }
    }

    /// <summary>Nothing waits: has the host write to the register when there is something, unless there is by now.</summary>
    private void AskForDoorbell(SubmissionQueue queue)
    {
        if (!IsInMemory(queue.Id) || !TryStore(_eventIndex + TailAt(queue.Id), queue.Tail))
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
        if (!IsInMemory(queue.Id) || !TryStore(_eventIndex + HeadAt(queue.Id), queue.Head))
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
