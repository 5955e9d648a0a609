using Viaduct.Devices.Nvme.Storage;

namespace Viaduct.Devices.Nvme;

/// <content>
/// Data of storage that may have to be waited for. What the page cache has is read at once and in place. The rest waits in the background, by way
/// of a buffer: only the engine touches the host's memory, so nobody who unmaps it, and no reset, waits for a disk that is read.
/// </content>
internal sealed partial class NvmeController
{
    /// <summary>A command that may have to wait has where to do so.</summary>
    private bool HasRoom(SubmissionQueue queue, in NvmeCommand command)
    {
        if (queue.Id == 0)
        {
            // A namespace is formatted once at a time: that needs no bound.
            return true;
        }

        if (command.Nsid == NvmeCommand.Broadcast)
        {
            return _background.HasRoom(_namespaces);
        }

        return Find(command.Nsid) is not { Storage.IsSlow: true } ns || _background.HasRoom(ns.Alone);
    }

    /// <summary>Reads what <see cref="HostData.Map"/> has found room for.</summary>
    private NvmeStatus ReadSlow(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns, ulong offset)
    {
        var status = _data.TryReadInPlace(ns.Storage, offset, out var wouldWait);
        if (status != NvmeStatus.Deferred)
        {
            return status;
        }

        var job = Begin(queue, command, ns.Alone);
        job.Move(BackgroundMove.Read, offset, _data.Length);
        status = wouldWait ? status : HostData.OfRead(ns.Storage.TryRead(offset, job.Data));
        if (status == NvmeStatus.Deferred)
        {
            return Start(job);
        }

        status = status == NvmeStatus.Success ? _data.ToHost(job.Data) : status;
        Drop(job);
        return status;
    }

    private NvmeStatus ReadLater(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns, ulong offset, int length)
    {
        var job = Begin(queue, command, ns.Alone);
        job.Move(BackgroundMove.Read, offset, length);
        return Start(job);
    }

    // Not even a write that must not wait (RWF_NOWAIT) is for the engine: it waits where the file system is frozen.
    private NvmeStatus WriteLater(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns, ulong offset)
    {
        var job = Begin(queue, command, ns.Alone);
        job.Flushes = (command.Dword12 & ForceUnitAccess) != 0 || !_features.HasWriteCache;
        job.Move(BackgroundMove.Write, offset, _data.Length);
        var status = _data.FromHost(job.Data);
        if (status == NvmeStatus.Success)
        {
            return Start(job);
        }

        Drop(job);
        return status;
    }

    /// <summary>What a command comes to whose data the background has moved.</summary>
    private NvmeStatus FinishMove(BackgroundJob job)
    {
        var command = job.Command;
        switch ((IoOpcode)command.Opcode)
        {
            case IoOpcode.Write:
                return CountWrite(HostData.OfWrite(job.Result), job.Data.Length);
            case IoOpcode.Read:
                return CountRead(job.Result == StorageResult.Ok ? ToHost(command, job.Data) : HostData.OfRead(job.Result), job.Data.Length);
            case IoOpcode.Compare:
                return CountRead(job.Result == StorageResult.Ok ? CompareWith(command, job.Data) : HostData.OfRead(job.Result), job.Data.Length);
            case IoOpcode.Verify:
                return CountFault(HostData.OfRead(job.Result));
            default:
                return CountFault(HostData.OfWrite(job.Result));
        }
    }

    // The host's lists are read again: it must leave them as they are, and what it makes of them is its own memory's.
    private NvmeStatus ToHost(in NvmeCommand command, ReadOnlySpan<byte> bytes)
    {
        _bytesLeft -= bytes.Length;
        var status = _data.Map(command, bytes.Length, isToHost: true, allowsSgl: true);
        return status == NvmeStatus.Success ? _data.ToHost(bytes) : status;
    }

    private NvmeStatus CompareWith(in NvmeCommand command, ReadOnlySpan<byte> bytes)
    {
        _bytesLeft -= bytes.Length;
        var status = _data.Map(command, bytes.Length, isToHost: false, allowsSgl: true);
        return status == NvmeStatus.Success ? _data.Compare(bytes) : status;
    }

    private NvmeStatus CountRead(NvmeStatus status, int length)
    {
        if (status is NvmeStatus.Success or NvmeStatus.CompareFailure)
        {
            _health.Reads++;
            _health.BytesRead += (ulong)length;
        }

        return CountFault(status);
    }

    private NvmeStatus CountWrite(NvmeStatus status, int length)
    {
        if (status == NvmeStatus.Success)
        {
            _health.Writes++;
            _health.BytesWritten += (ulong)length;
        }

        return CountFault(status);
    }
}
