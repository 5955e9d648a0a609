namespace Viaduct.Devices.Nvme;

/// <content>Asynchronous events, NVMe base 2.0, 5.2.</content>
internal sealed partial class NvmeController
{
    /// <summary>AERL, counted from one: requests that may wait.</summary>
    public const int MostEventRequests = 4;

    private const int EventTypes = 8;
    private const int ErrorEvent = 0;
    private const int HealthEvent = 1;
    private const int NoticeEvent = 2;

    // Information of error, health and notice events.
    private const uint InvalidDoorbellRegister = 0;
    private const uint InvalidDoorbellValue = 1;
    private const uint PersistentInternalError = 3;
    private const uint ReliabilityEvent = 0;
    private const uint TemperatureEvent = 1;
    private const uint NamespaceChanged = 0;

    private readonly ushort[] _eventRequests = new ushort[MostEventRequests];
    private readonly uint[] _events = new uint[EventTypes];
    private int _eventRequestCount;
    private byte _eventsPending;

    // Of a type that was reported nothing is, until its log page was read.
    private byte _eventsMasked;

    private NvmeStatus RequestEvent(in NvmeCommand command)
    {
        if (_eventRequestCount == MostEventRequests)
        {
            return NvmeStatus.AsyncEventRequestLimitExceeded;
        }

        _eventRequests[_eventRequestCount++] = command.Identifier;
        DeliverEvents();
        return NvmeStatus.Deferred;
    }

    private bool TryAbortEventRequest(ushort identifier)
    {
        var at = _eventRequests.AsSpan(0, _eventRequestCount).IndexOf(identifier);
        var admin = _submissions[0]!;

        // This command needs an entry too.
        if (at < 0 || admin.Completions.Free < 2)
        {
            return false;
        }

        _eventRequests[at] = _eventRequests[--_eventRequestCount];
        Post(admin, identifier, (ushort)NvmeStatus.AbortRequested, 0);
        return true;
    }

    private void Raise(int type, uint information, LogPage page)
    {
        if ((_eventsPending & (1 << type)) == 0)
        {
            _eventsPending |= (byte)(1 << type);
            _events[type] = (uint)type | (information << 8) | ((uint)page << 16);
        }
    }

    private void DeliverEvents()
    {
        for (var type = 0; type < EventTypes && _eventRequestCount > 0; type++)
        {
            var bit = 1 << type;
            var admin = _submissions[0]!;
            if ((_eventsPending & ~_eventsMasked & bit) != 0 && admin.Completions.Free > 0)
            {
                _eventsPending &= (byte)~bit;
                _eventsMasked |= (byte)bit;
                var identifier = _eventRequests[--_eventRequestCount];
                Post(admin, identifier, (ushort)NvmeStatus.Success, _events[type]);
            }
        }
    }

    /// <summary>The log page of a type was read: the next event of it may be reported.</summary>
    private void UnmaskEvents(LogPage page)
    {
        var type = page switch
        {
            LogPage.Errors => ErrorEvent,
            LogPage.Health => HealthEvent,
            LogPage.ChangedNamespaces => NoticeEvent,
            _ => -1,
        };
        if (type >= 0)
        {
            _eventsMasked &= (byte)~(1 << type);
        }
    }

    private void ForgetEvents()
    {
        _eventRequestCount = 0;
        _eventsPending = 0;
        _eventsMasked = 0;
        _changedNamespaces.Clear();
    }

    private void InvalidDoorbell(int queue, bool isValue)
    {
        if (_host.HearsMistakes)
        {
            _host.Mistake(isValue
                ? $"a doorbell of queue {queue} was given a value that its queue cannot have; it was ignored"
                : $"a doorbell of queue {queue} was written, which does not exist; it was ignored");
        }

        _errors.Add(new ErrorEntry((ushort)queue, ushort.MaxValue, 0, 0, 0));
        Raise(ErrorEvent, isValue ? InvalidDoorbellValue : InvalidDoorbellRegister, LogPage.Errors);
    }

    private void QueueFailed(int queue)
    {
        _errors.Add(new ErrorEntry((ushort)queue, ushort.MaxValue, (ushort)NvmeStatus.InternalError << 1, 0, 0));
        Raise(ErrorEvent, PersistentInternalError, LogPage.Errors);
    }

    /// <summary>The temperature is beyond a threshold, or the medium fails: told where the host has asked for it.</summary>
    private void RaiseHealth()
    {
        var wanted = CriticalWarning & _features.HealthEvents;
        if (wanted != 0)
        {
            Raise(HealthEvent, (wanted & TemperatureWarning) != 0 ? TemperatureEvent : ReliabilityEvent, LogPage.Health);
        }
    }

    private void RaiseNamespaceChanged(NvmeNamespace ns)
    {
        _changedNamespaces.Add(ns.Id);
        if (_features.WantsNamespaceChanges)
        {
            Raise(NoticeEvent, NamespaceChanged, LogPage.ChangedNamespaces);
        }
    }
}
