using Viaduct.Devices.Nvme.Storage;

namespace Viaduct.Devices.Nvme;

/// <content>Commands that complete later.</content>
internal sealed partial class NvmeController
{
    /// <summary>No job makes a step any more until <see cref="ResumeBackground"/>. Any thread.</summary>
    public void PauseBackground() => _background.Pause();

    /// <summary>No job is within a step. Any thread.</summary>
    public bool IsBackgroundAtRest => _background.IsAtRest;

    /// <summary>Jobs go on. Any thread.</summary>
    public void ResumeBackground() => _background.Resume();

    /// <summary>A job for a command, which keeps room for its completion.</summary>
    private BackgroundJob Begin(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace[] targets)
    {
        queue.InFlight++;
        queue.Completions.Reserve();
        return _background.Begin(queue, command, targets);
    }

    private NvmeStatus Start(BackgroundJob job)
    {
        _background.Start(job);
        return NvmeStatus.Deferred;
    }

    private void TakeFinished()
    {
        while (_background.TryTakeFinished(out var job))
        {
            if (!job.IsForgotten)
            {
                Finish(job);
            }
            else if (job.Queue is { Id: 0 })
            {
                Formatted(job.Targets, 0, NvmeStatus.AbortRequested);
            }

            _background.Release(job);
            _ready.AddAll(_waitForBackground);
            _waitForBackground = default;
        }
    }

    private void Finish(BackgroundJob job)
    {
        if (job.Queue is not { } queue)
        {
            _shutdownJobs--;
            IsShutDown = _shutdownJobs == 0;
            return;
        }

        queue.InFlight--;
        queue.Completions.Reserved--;
        var status = job.Stop ? NvmeStatus.AbortedSqDeletion : CountFault(HostData.OfWrite(job.Result));
        if (queue.Id == 0)
        {
            Formatted(job.Targets, (int)job.Command.Dword10 & 0xf, status);
        }

        Complete(queue, job.Command, status);
        EndDeletion(queue);
    }

    /// <summary>A queue that is being deleted is gone when nothing of it is under way any more.</summary>
    private void EndDeletion(SubmissionQueue queue)
    {
        if (queue is { IsDeleting: true, InFlight: 0 })
        {
            var admin = _submissions[0]!;
            admin.Completions.Reserved--;
            Remove(queue);
            Post(admin, queue.DeleteIdentifier, (ushort)NvmeStatus.Success, 0);
        }
    }

    private NvmeStatus CountFault(NvmeStatus status)
    {
        if (status is NvmeStatus.WriteFault or NvmeStatus.UnrecoveredReadError)
        {
            _health.MediaErrors++;
            RaiseHealth();
        }

        return status;
    }

    /// <summary>Writes, or zeroes, are done as far as the engine does them; what a flush must follow waits for it.</summary>
    private NvmeStatus EndWrite(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns, bool isForced)
    {
        if (!ns.Storage.IsSlow || !(isForced || !_features.HasWriteCache))
        {
            return NvmeStatus.Success;
        }

        var job = Begin(queue, command, ns.Alone);
        job.Flushes = true;
        return Start(job);
    }

    private NvmeStatus ZeroNow(NvmeNamespace ns, ulong offset, ulong length, bool deallocate)
    {
        var result = ns.Storage.Zero(offset, length, deallocate);
        return result == StorageResult.Ok ? NvmeStatus.Success : CountFault(HostData.OfWrite(result));
    }
}
