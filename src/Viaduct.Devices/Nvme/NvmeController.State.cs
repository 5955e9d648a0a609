using System.Text;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <content>
/// State that outlives the process. A command is complete in it, with the head of its queue, or it is not begun: the ones that the background
/// has are written down whole, and begun anew.
/// </content>
internal sealed partial class NvmeController
{
    private readonly List<(int Queue, NvmeCommand Command)> _toRepeat = [];

    /// <summary>Writes everything down.</summary>
    public void Save(StateWriter state)
    {
        SaveIdentity(state);
        state.Write((byte)Phase);
        state.Write(_configuration);
        state.Write(_isShuttingDown);
        state.Write(IsShutDown);
        state.Write(_shadow);
        state.Write(_eventIndex);
        state.Write((byte)_adminDoorbells);
        state.Write(_adminTail);
        state.Write(_adminHead);
        for (var i = 0; i < _completions.Length; i++)
        {
            SaveCompletions(state, _completions[i]);
        }

        for (var i = 0; i < _submissions.Length; i++)
        {
            SaveSubmissions(state, _submissions[i]);
        }

        SaveCommands(state);
        SaveEvents(state);
        _features.Save(state);
        _health.Save(state);
        _errors.Save(state);
    }

    /// <summary>Takes over what <see cref="Save"/> wrote.</summary>
    /// <returns>Why it cannot be; null where nothing but damage, which the reader knows, speaks against it.</returns>
    public string? Load(ref StateReader state)
    {
        ForgetQueues();
        ForgetEvents();
        if (LoadIdentity(ref state) is { } error)
        {
            return error;
        }

        Phase = (ControllerPhase)state.ReadByte();
        if (Phase > ControllerPhase.Failed)
        {
            state.Refuse();
        }

        _configuration = state.ReadUInt32();
        _isShuttingDown = state.ReadBool();
        IsShutDown = state.ReadBool();
        _shadow = state.ReadUInt64();
        _eventIndex = state.ReadUInt64();
        _adminDoorbells = (AdminDoorbells)state.ReadByte();
        if (_adminDoorbells > AdminDoorbells.Memory)
        {
            state.Refuse();
        }

        _adminTail = state.ReadUInt32();
        _adminHead = state.ReadUInt32();
        LoadQueues(ref state);
        LoadCommands(ref state);
        LoadEvents(ref state);
        _features.Load(ref state);
        _health.Load(ref state);
        _errors.Load(ref state);
        return null;
    }

    private void LoadQueues(ref StateReader state)
    {
        _data.PageSize = 4096UL << (int)Math.Min((_configuration >> 7) & 0xf, NvmeRegisters.LargestPageSize);
        for (var i = 0; i < _completions.Length; i++)
        {
            LoadCompletions(ref state, i);
        }

        for (var i = 0; i < _submissions.Length; i++)
        {
            LoadSubmissions(ref state, i);
        }

        if (Phase == ControllerPhase.Ready && (_submissions[0] is null || _completions[0] is null))
        {
            state.Refuse();
        }
    }

    private void SaveIdentity(StateWriter state)
    {
        state.Write((uint)_options.Queues);
        var serial = Encoding.ASCII.GetBytes(_options.Serial);
        state.Write((byte)serial.Length);
        state.Write(serial);
        state.Write((uint)_namespaces.Length);
        foreach (var ns in _namespaces)
        {
            state.Write(ns.Storage.Length);
            state.Write((uint)ns.Format);
        }
    }

    private string? LoadIdentity(ref StateReader state)
    {
        if (state.ReadUInt32() != _options.Queues)
        {
            return "The state is of a controller with another number of queues.";
        }

        var serial = Encoding.ASCII.GetString(state.ReadBytes(state.ReadByte()));
        if (serial.Length is 0 or > NvmeOptions.LongestSerial || serial.Any(character => character is <= ' ' or > '~'))
        {
            state.Refuse();
            return null;
        }

        // The host knows the disk by it.
        _options = _options with { Serial = serial };
        var count = state.ReadUInt32();
        if (count != _namespaces.Length)
        {
            return "The state is of a controller with another number of namespaces.";
        }

        foreach (var ns in _namespaces)
        {
            if (state.ReadUInt64() != ns.Storage.Length)
            {
                return $"The state is of a controller whose namespace {ns.Id} has another size.";
            }

            ns.Format = (int)state.ReadUInt32(0, NvmeNamespace.Formats - 1);
        }

        return null;
    }

    private static void SaveCompletions(StateWriter state, CompletionQueue? queue)
    {
        state.Write(queue is not null);
        if (queue is null)
        {
            return;
        }

        state.Write(queue.Address);
        state.Write(queue.Size);
        state.Write((uint)queue.Vector);
        state.Write(queue.Interrupts);
        state.Write(queue.Head);
        state.Write(queue.Tail);
        state.Write(queue.Phase);
        state.Write(queue.IsBroken);
    }

    private void LoadCompletions(ref StateReader state, int id)
    {
        if (!state.ReadBool())
        {
            return;
        }

        var address = state.ReadUInt64();
        var size = state.ReadUInt32(2, NvmeRegisters.MostEntries);
        var vector = (int)state.ReadUInt32(0, (uint)_options.Queues);
        var queue = new CompletionQueue(id, address, size, vector, state.ReadBool());
        queue.Head = state.ReadUInt32(0, size - 1);
        queue.Tail = state.ReadUInt32(0, size - 1);
        queue.Phase = state.ReadBool();
        queue.IsBroken = state.ReadBool();
        AddCompletions(queue);
    }

    private static void SaveSubmissions(StateWriter state, SubmissionQueue? queue)
    {
        state.Write(queue is not null);
        if (queue is null)
        {
            return;
        }

        state.Write(queue.Address);
        state.Write(queue.Size);
        state.Write((uint)queue.Completions.Id);
        state.Write(queue.Head);
        state.Write(queue.Tail);
        state.Write(queue.IsBroken);
        state.Write(queue.IsDeleting);
        state.Write(queue.DeleteIdentifier);
    }

    private void LoadSubmissions(ref StateReader state, int id)
    {
        if (!state.ReadBool())
        {
            return;
        }

        var address = state.ReadUInt64();
        var size = state.ReadUInt32(2, NvmeRegisters.MostEntries);
        var target = _completions[state.ReadUInt32(0, NvmeRegisters.MostQueues)];
        var head = state.ReadUInt32(0, size - 1);
        var tail = state.ReadUInt32(0, size - 1);
        var isBroken = state.ReadBool();
        var isDeleting = state.ReadBool();
        var identifier = state.ReadUInt16();
        if (target is null || (id == 0 && (isDeleting || target.Id != 0)))
        {
            state.Refuse();
            return;
        }

        _submissions[id] = new SubmissionQueue(id, address, size, target)
        {
            Head = head,
            Tail = tail,
            IsBroken = isBroken,
            IsDeleting = isDeleting,
            DeleteIdentifier = identifier,
        };
        if (isDeleting)
        {
            _completions[0]?.Reserve();
        }
    }

    private void SaveCommands(StateWriter state)
    {
        Span<byte> entry = stackalloc byte[NvmeCommand.Length];
        var count = _toRepeat.Count;
        foreach (var job in _background.Jobs)
        {
            count += job is { IsForgotten: false, Queue: not null } ? 1 : 0;
        }

        state.Write((uint)count);
        foreach (var (queue, command) in _toRepeat)
        {
            state.Write((uint)queue);
            command.Write(entry);
            state.Write(entry);
        }

        foreach (var job in _background.Jobs)
        {
            if (job is { IsForgotten: false, Queue: { } queue })
            {
                state.Write((uint)queue.Id);
                job.Command.Write(entry);
                state.Write(entry);
            }
        }
    }

    private void LoadCommands(ref StateReader state)
    {
        _toRepeat.Clear();
        var count = state.ReadUInt32(0, (uint)(BackgroundWork.MostJobs * (_namespaces.Length + 2)));
        for (var i = 0; i < count && state.IsGood; i++)
        {
            var queue = (int)state.ReadUInt32(0, NvmeRegisters.MostQueues);
            var entry = state.ReadBytes(NvmeCommand.Length);
            if (!entry.IsEmpty)
            {
                _toRepeat.Add((queue, NvmeCommand.Read(entry)));
            }
        }
    }

    private void SaveEvents(StateWriter state)
    {
        state.Write((byte)_eventRequestCount);
        for (var i = 0; i < _eventRequestCount; i++)
        {
            state.Write(_eventRequests[i]);
        }

        state.Write(_eventsPending);
        state.Write(_eventsMasked);
        foreach (var value in _events)
        {
            state.Write(value);
        }

        state.Write((uint)_changedNamespaces.Count);
        foreach (var id in _changedNamespaces)
        {
            state.Write(id);
        }
    }

    private void LoadEvents(ref StateReader state)
    {
        _eventRequestCount = Math.Min((int)state.ReadByte(), MostEventRequests);
        for (var i = 0; i < _eventRequestCount; i++)
        {
            _eventRequests[i] = state.ReadUInt16();
        }

        _eventsPending = state.ReadByte();
        _eventsMasked = state.ReadByte();
        foreach (ref var value in _events.AsSpan())
        {
            value = state.ReadUInt32();
        }

        var count = state.ReadUInt32(0, (uint)_namespaces.Length);
        for (var i = 0; i < count; i++)
        {
            _changedNamespaces.Add(state.ReadUInt32(1, (uint)_namespaces.Length));
        }
    }
}
