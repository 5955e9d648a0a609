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

    /// <summary>No job begins any more, and nobody waits for one. The bus is held.</summary>
    public void CancelBackground() => _background.CancelAll();

    /// <summary>Waits until nothing changes what is stored any more, for so many milliseconds. Any thread, but one that the engine waits for.</summary>
    public void WaitForChanges(long milliseconds) => _background.WaitForChanges(milliseconds);

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

    /// <summary>A job that was begun is not needed.</summary>
    private void Drop(BackgroundJob job)
    {
        job.Queue!.InFlight--;
        job.Queue.Completions.Reserved--;
        _background.Release(job);
    }

    private void TakeFinished()
    {
        while (_bytesLeft > 0 && !_stopRequested && _background.TryTakeFinished(out var job))
        {
            Take(job);
        }
    }

    private void Take(BackgroundJob job)
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
        var status = job.Stop ? job.StopStatus : queue.Id == 0 ? CountFault(HostData.OfWrite(job.Result)) : FinishMove(job);
        if (queue.Id == 0)
        {
            Formatted(job.Targets, (int)job.Command.Dword10 & 0xf, status);
        }

        Complete(queue, job.Command, status);
        EndDeletion(queue);
    }

    /// <summary>The jobs of a queue end as soon as they can.</summary>
    private void EndJobs(SubmissionQueue queue)
    {
        var jobs = _background.Jobs;
        for (var i = 0; i < jobs.Count; i++)
        {
            if (jobs[i] is var job && job.Queue == queue && !_background.TryEnd(job, NvmeStatus.AbortedSqDeletion))
            {
                job.Stop = true;
            }
        }

        _host.Kick();
    }

    /// <summary>Ends a command that the background has, and completes it.</summary>
    /// <returns>False where there is none such, or it is changing what is stored at this moment.</returns>
    private bool TryAbortJob(int queue, ushort identifier)
    {
        foreach (var job in _background.Jobs)
        {
            if (job is { Stop: false, Queue: { } its } && its.Id == queue && job.Command.Identifier == identifier)
            {
                return _background.TryEnd(job, NvmeStatus.AbortRequested);
            }
        }

        return false;
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

    private NvmeStatus ZeroNow(NvmeNamespace ns, ulong offset, ulong length, bool deallocate)
    {
        var result = ns.Storage.Zero(offset, length, deallocate);
        return result == StorageResult.Ok ? NvmeStatus.Success : CountFault(HostData.OfWrite(result));
    }
}
