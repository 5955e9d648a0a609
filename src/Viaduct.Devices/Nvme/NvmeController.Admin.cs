namespace Viaduct.Devices.Nvme;

/// <content>Admin commands, NVMe base 2.0, 5.</content>
internal sealed partial class NvmeController
{
    // CDW11 of the commands that make queues.
    private const uint PhysicallyContiguous = 1;
    private const uint InterruptsEnabled = 2;

    private NvmeStatus ExecuteAdmin(SubmissionQueue queue, in NvmeCommand command, ref uint result)
    {
        if (command.Fuse != 0 || command.DataPointerKind != 0)
        {
            // SGLs are for I/O queues (4.1.2).
            return NvmeStatus.InvalidField;
        }

        switch ((AdminOpcode)command.Opcode)
        {
            case AdminOpcode.DeleteSubmissionQueue:
                return DeleteSubmissions(command);
            case AdminOpcode.CreateSubmissionQueue:
                return CreateSubmissions(command);
            case AdminOpcode.GetLogPage:
                return GetLogPage(command);
            case AdminOpcode.DeleteCompletionQueue:
                return DeleteCompletions(command);
            case AdminOpcode.CreateCompletionQueue:
                return CreateCompletions(command);
            case AdminOpcode.Identify:
                return Identify(command);
            case AdminOpcode.Abort:
                result = TryAbort((ushort)command.Dword10, (ushort)(command.Dword10 >> 16)) ? 0u : 1u;
                return NvmeStatus.Success;
            case AdminOpcode.SetFeatures:
                return SetFeatures(command, ref result);
            case AdminOpcode.GetFeatures:
                return GetFeatures(command, ref result);
            case AdminOpcode.AsyncEventRequest:
                return RequestEvent(command);
            case AdminOpcode.DoorbellBufferConfig:
                return ConfigureDoorbellBuffers(command);
            case AdminOpcode.FormatNvm:
                return FormatNvm(queue, command);
            default:
                return NvmeStatus.InvalidOpcode;
        }
    }

    /// <summary>A command that was fetched is done, waits for an event, or storage has it. It completes before the command that aborts it.</summary>
    private bool TryAbort(int queue, ushort identifier)
    {
        if (queue == 0 && TryAbortEventRequest(identifier))
        {
            return true;
        }

        if (!TryAbortJob(queue, identifier))
        {
            return false;
        }

        while (_background.TryTakeFinished(out var job))
        {
            Take(job);
        }

        return true;
    }

    private NvmeStatus CreateCompletions(in NvmeCommand command)
    {
        var id = (int)(command.Dword10 & 0xffff);
        var size = (command.Dword10 >> 16) + 1;
        var vector = (int)(command.Dword11 >> 16);
        if (id == 0 || id > _options.Queues || _completions[id] is not null)
        {
            return NvmeStatus.InvalidQueueIdentifier;
        }

        if (size is < 2 or > NvmeRegisters.MostEntries)
        {
            return NvmeStatus.InvalidQueueSize;
        }

        if (WrongMemory(command, completionEntries: true) is var wrong and not NvmeStatus.Success)
        {
            return wrong;
        }

        if (vector > (_host.IsMsixEnabled ? _options.Queues : 0))
        {
            return NvmeStatus.InvalidInterruptVector;
        }

        AddCompletions(new CompletionQueue(id, command.Prp1, size, vector, (command.Dword11 & InterruptsEnabled) != 0));
        return NvmeStatus.Success;
    }

    private NvmeStatus CreateSubmissions(in NvmeCommand command)
    {
        var id = (int)(command.Dword10 & 0xffff);
        var size = (command.Dword10 >> 16) + 1;
        var completions = (int)(command.Dword11 >> 16);
        if (id == 0 || id > _options.Queues || _submissions[id] is not null || completions == 0 || completions > _options.Queues)
        {
            return NvmeStatus.InvalidQueueIdentifier;
        }

        if (_completions[completions] is not { } target)
        {
            return NvmeStatus.CompletionQueueInvalid;
        }

        if (size is < 2 or > NvmeRegisters.MostEntries)
        {
            return NvmeStatus.InvalidQueueSize;
        }

        if (WrongMemory(command, completionEntries: false) is var wrong and not NvmeStatus.Success)
        {
            return wrong;
        }

        _submissions[id] = new SubmissionQueue(id, command.Prp1, size, target);
        return NvmeStatus.Success;
    }

    /// <summary>A queue's memory must be in one piece, on a page, and entries as CC says.</summary>
    private NvmeStatus WrongMemory(in NvmeCommand command, bool completionEntries)
    {
        var entry = completionEntries ? (_configuration >> 20) & 0xf : (_configuration >> 16) & 0xf;
        if ((command.Dword11 & PhysicallyContiguous) == 0 || entry == 0)
        {
            return NvmeStatus.InvalidField;
        }

        return (command.Prp1 & (_data.PageSize - 1)) != 0 ? NvmeStatus.PrpOffsetInvalid : NvmeStatus.Success;
    }

    private NvmeStatus DeleteSubmissions(in NvmeCommand command)
    {
        var id = (int)(command.Dword10 & 0xffff);
        if (id == 0 || id > _options.Queues || _submissions[id] is not { IsDeleting: false } queue)
        {
            return NvmeStatus.InvalidQueueIdentifier;
        }

        if (queue.InFlight == 0)
        {
            Remove(queue);
            return NvmeStatus.Success;
        }

        // What is under way still writes to storage: the queue is gone when that has ended.
        queue.IsDeleting = true;
        queue.DeleteIdentifier = command.Identifier;
        _ready.Remove(id);
        _waitForBackground.Remove(id);
        _completions[0]!.Reserve();
        EndJobs(queue);
        return NvmeStatus.Deferred;
    }

    private void Remove(SubmissionQueue queue)
    {
        queue.Completions.Users--;
        _submissions[queue.Id] = null;
        _ready.Remove(queue.Id);
        _waitForBackground.Remove(queue.Id);
    }

    private NvmeStatus DeleteCompletions(in NvmeCommand command)
    {
        var id = (int)(command.Dword10 & 0xffff);
        if (id == 0 || id > _options.Queues || _completions[id] is not { } queue)
        {
            return NvmeStatus.InvalidQueueIdentifier;
        }

        if (queue.Users > 0)
        {
            return NvmeStatus.InvalidQueueDeletion;
        }

        _completions[id] = null;
        _changed.Add(id);
        return NvmeStatus.Success;
    }

    private NvmeStatus FormatNvm(SubmissionQueue queue, in NvmeCommand command)
    {
        const uint ProtectionAndMetadata = 0x1f0;
        const int CryptographicErase = 2;
        var format = (int)(command.Dword10 & 0xf);
        var erase = (command.Dword10 >> 9) & 7;
        var targets = command.Nsid == NvmeCommand.Broadcast ? _namespaces : Find(command.Nsid)?.Alone;
        if (targets is null)
        {
            return NvmeStatus.InvalidNamespace;
        }

        if (format >= NvmeNamespace.Formats || (command.Dword10 & ProtectionAndMetadata) != 0)
        {
            return NvmeStatus.InvalidFormat;
        }

        if (erase >= CryptographicErase)
        {
            return NvmeStatus.InvalidField;
        }

        foreach (var ns in targets)
        {
            if (ns.Storage.IsReadOnly || ns.IsFormatting)
            {
                return ns.IsFormatting ? NvmeStatus.FormatInProgress : NvmeStatus.NamespaceWriteProtected;
            }
        }

        return Format(queue, command, targets, format);
    }

    private NvmeStatus Format(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace[] targets, int format)
    {
        var isSlow = false;
        foreach (var ns in targets)
        {
            isSlow |= ns.Storage.IsSlow;
            if (!ns.Storage.IsSlow)
            {
                ZeroNow(ns, 0, ns.Storage.Length, deallocate: true);
            }
        }

        if (!isSlow)
        {
            Formatted(targets, format, NvmeStatus.Success);
            return NvmeStatus.Success;
        }

        foreach (var ns in targets)
        {
            ns.IsFormatting = true;
        }

        var job = Begin(queue, command, targets);
        job.Deallocates = true;
        job.Flushes = true;
        job.AddWhole();
        return Start(job);
    }

    private void Formatted(NvmeNamespace[] targets, int format, NvmeStatus status)
    {
        foreach (var ns in targets)
        {
            ns.IsFormatting = false;
            if (status == NvmeStatus.Success && ns.Format != format)
            {
                ns.Format = format;
                RaiseNamespaceChanged(ns);
            }
        }
    }
}
