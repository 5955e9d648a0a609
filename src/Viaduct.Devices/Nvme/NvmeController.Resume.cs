using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Going on from a state.</content>
internal sealed partial class NvmeController
{
    /// <summary>Memory is there: completions that were written after the state was are found by their phase tags, commands that the background
    /// had begin anew, and every queue is looked at.</summary>
    public void Resume()
    {
        foreach (var queue in _completions)
        {
            if (queue is { IsBroken: false })
            {
                FindCompleted(queue);
                _changed.Add(queue.Id);
                _posted.Add(queue.Id);
            }
        }

        if (Phase == ControllerPhase.Ready && _isShuttingDown && !IsShutDown)
        {
            _isShuttingDown = false;
            BeginShutdown();
            return;
        }

        foreach (var (id, command) in _toRepeat)
        {
            if (_submissions[id] is { } queue)
            {
                Execute(queue, command);
            }
        }

        _toRepeat.Clear();
        foreach (var queue in _submissions)
        {
            if (queue is not null)
            {
                EndDeletion(queue);
                MarkReady(queue);
            }
        }
    }

    private void FindCompleted(CompletionQueue queue)
    {
        for (var room = queue.Size - 1 - queue.Used; room > 0; room--)
        {
            var at = queue.Address + (queue.Tail * (ulong)CompletionQueue.EntryLength);
            if (!_dma.Read(at, _entry).IsOk)
            {
                return;
            }

            var middle = BinaryPrimitives.ReadUInt32LittleEndian(_entry.AsSpan(8));
            var last = BinaryPrimitives.ReadUInt32LittleEndian(_entry.AsSpan(12));
            if (((last >> 16) & 1) != (queue.Phase ? 1 : 0))
            {
                return;
            }

            queue.Advance();
            WasCompleted((int)(middle >> 16), middle & 0xffff, (ushort)last);
        }
    }

    private void WasCompleted(int id, uint head, ushort identifier)
    {
        if ((uint)id >= (uint)_submissions.Length || _submissions[id] is not { } queue)
        {
            return;
        }

        var repeated = _toRepeat.FindIndex(command => command.Queue == id && command.Command.Identifier == identifier);
        if (repeated >= 0)
        {
            _toRepeat.RemoveAt(repeated);
        }

        var requested = id == 0 ? _eventRequests.AsSpan(0, _eventRequestCount).IndexOf(identifier) : -1;
        if (requested >= 0)
        {
            _eventRequests[requested] = _eventRequests[--_eventRequestCount];
        }

        if (head < queue.Size)
        {
            queue.Head = head;
        }
    }
}
