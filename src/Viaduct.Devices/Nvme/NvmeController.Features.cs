using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Set Features and Get Features, NVMe base 2.0, 5.27 and 5.15.</content>
internal sealed partial class NvmeController
{
    private const uint SelectDefault = 1;
    private const uint SelectSaved = 2;
    private const uint SelectSupported = 3;
    private const uint Changeable = 4;
    private const uint NamespaceSpecific = 2;
    private const uint UnderThreshold = 1 << 20;
    private const uint VectorBits = 0xffff;
    private const uint NotCoalesced = 1 << 16;

    // Composite, or all sensors there are; over or under.
    private const uint TemperatureSelectors = 0x3f_0000;
    private const uint AllSensors = 0xf;

    private readonly NvmeFeatures _features;
    private readonly byte[] _featureData = new byte[NvmeFeatures.HostBehaviorLength];

    private static bool IsKnown(FeatureIdentifier feature) => feature is FeatureIdentifier.Arbitration
        or FeatureIdentifier.PowerManagement or FeatureIdentifier.TemperatureThreshold or FeatureIdentifier.ErrorRecovery
        or FeatureIdentifier.VolatileWriteCache or FeatureIdentifier.NumberOfQueues or FeatureIdentifier.InterruptCoalescing
        or FeatureIdentifier.InterruptVectorConfiguration or FeatureIdentifier.WriteAtomicity
        or FeatureIdentifier.AsyncEventConfiguration or FeatureIdentifier.Timestamp or FeatureIdentifier.HostBehavior
        or FeatureIdentifier.IoCommandSetProfile;

    private uint QueueCounts => (uint)(_options.Queues - 1) | ((uint)(_options.Queues - 1) << 16);

    private bool HasIoQueues
    {
        get
        {
            for (var i = 1; i < _completions.Length; i++)
            {
                if (_completions[i] is not null)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private NvmeStatus SetFeatures(in NvmeCommand command, ref uint result)
    {
        const uint Save = 1u << 31;
        var feature = (FeatureIdentifier)command.Dword10;
        if (!IsKnown(feature))
        {
            return NvmeStatus.InvalidField;
        }

        if ((command.Dword10 & Save) != 0)
        {
            return NvmeStatus.FeatureNotSaveable;
        }

        if (WrongNamespace(command, feature) is var wrong and not NvmeStatus.Success)
        {
            return wrong;
        }

        return feature switch
        {
            FeatureIdentifier.NumberOfQueues => SetQueueCounts(command, ref result),
            FeatureIdentifier.Timestamp or FeatureIdentifier.HostBehavior => SetFeatureData(command, feature),
            FeatureIdentifier.TemperatureThreshold => SetTemperature(command),
            FeatureIdentifier.InterruptVectorConfiguration => SetVector(command),
            _ => SetFeature(feature, command.Dword11),
        };
    }

    private NvmeStatus SetFeature(FeatureIdentifier feature, uint value)
    {
        switch (feature)
        {
            case FeatureIdentifier.Arbitration:
                _features.Arbitration = value;
                return NvmeStatus.Success;
            case FeatureIdentifier.PowerManagement:
                // There is one power state.
                return (value & 0x1f) == 0 ? NvmeStatus.Success : NvmeStatus.InvalidField;
            case FeatureIdentifier.ErrorRecovery:
                _features.ErrorRecovery = value & 0xffff;
                return NvmeStatus.Success;
            case FeatureIdentifier.VolatileWriteCache:
                _features.HasWriteCache = (value & 1) != 0;
                return NvmeStatus.Success;
            case FeatureIdentifier.InterruptCoalescing:
                _features.InterruptCoalescing = value & 0xffff;
                return NvmeStatus.Success;
            case FeatureIdentifier.WriteAtomicity:
                _features.WriteAtomicity = value & 1;
                return NvmeStatus.Success;
            case FeatureIdentifier.AsyncEventConfiguration:
                _features.AsyncEvents = value;
                RaiseHealth();
                return NvmeStatus.Success;
            default:
                // There is one combination of I/O command sets.
                return (value & 0x1ff) == 0 ? NvmeStatus.Success : NvmeStatus.IoCommandSetCombinationRejected;
        }
    }

    private NvmeStatus SetQueueCounts(in NvmeCommand command, ref uint result)
    {
        if (HasIoQueues)
        {
            return NvmeStatus.CommandSequenceError;
        }

        if ((command.Dword11 & 0xffff) == 0xffff || command.Dword11 >> 16 == 0xffff)
        {
            return NvmeStatus.InvalidField;
        }

        result = QueueCounts;
        return NvmeStatus.Success;
    }

    private NvmeStatus SetFeatureData(in NvmeCommand command, FeatureIdentifier feature)
    {
        var isTimestamp = feature == FeatureIdentifier.Timestamp;
        var data = _featureData.AsSpan(0, isTimestamp ? NvmeFeatures.TimestampLength : NvmeFeatures.HostBehaviorLength);
        var status = _data.Map(command, data.Length, isToHost: false, allowsSgl: false);
        if (status == NvmeStatus.Success)
        {
            status = _data.FromHost(data);
        }

        if (status != NvmeStatus.Success)
        {
            return status;
        }

        if (isTimestamp)
        {
            // From here on it is one that the host has set.
            _features.Timestamp = (BinaryPrimitives.ReadUInt64LittleEndian(data) & 0xffff_ffff_ffff) | (1UL << 49);
        }
        else
        {
            data.CopyTo(_features.HostBehavior);
        }

        return NvmeStatus.Success;
    }

    private NvmeStatus SetTemperature(in NvmeCommand command)
    {
        var sensor = (command.Dword11 >> 16) & 0xf;
        if ((sensor != 0 && sensor != AllSensors) || (command.Dword11 & 0x20_0000) != 0)
        {
            return NvmeStatus.InvalidField;
        }

        if ((command.Dword11 & UnderThreshold) != 0)
        {
            _features.UnderTemperature = (ushort)command.Dword11;
        }
        else
        {
            _features.OverTemperature = (ushort)command.Dword11;
        }

        RaiseHealth();
        return NvmeStatus.Success;
    }

    private NvmeStatus SetVector(in NvmeCommand command)
    {
        var vector = (int)(command.Dword11 & VectorBits);
        if (vector > _options.Queues)
        {
            return NvmeStatus.InvalidField;
        }

        _features.NotCoalesced(vector) = (command.Dword11 & NotCoalesced) != 0;
        return NvmeStatus.Success;
    }

    /// <summary>Error recovery is a namespace's; the others are the controller's, whichever namespace is named.</summary>
    private NvmeStatus WrongNamespace(in NvmeCommand command, FeatureIdentifier feature)
    {
        if (feature == FeatureIdentifier.ErrorRecovery)
        {
            return command.Nsid == NvmeCommand.Broadcast || Find(command.Nsid) is not null
                ? NvmeStatus.Success
                : NvmeStatus.InvalidNamespace;
        }

        return command.Nsid is 0 or NvmeCommand.Broadcast ? NvmeStatus.Success
            : Find(command.Nsid) is null ? NvmeStatus.InvalidNamespace : NvmeStatus.FeatureNotNamespaceSpecific;
    }

    private NvmeStatus GetFeatures(in NvmeCommand command, ref uint result)
    {
        var feature = (FeatureIdentifier)command.Dword10;
        var select = (command.Dword10 >> 8) & 7;
        if (!IsKnown(feature) || select > SelectSupported)
        {
            return NvmeStatus.InvalidField;
        }

        if (select == SelectSupported)
        {
            result = Changeable | (feature == FeatureIdentifier.ErrorRecovery ? NamespaceSpecific : 0);
            return NvmeStatus.Success;
        }

        if (feature == FeatureIdentifier.ErrorRecovery && Find(command.Nsid) is null)
        {
            return NvmeStatus.InvalidNamespace;
        }

        if (feature is FeatureIdentifier.Timestamp or FeatureIdentifier.HostBehavior)
        {
            return GetFeatureData(command, feature, select);
        }

        // What cannot be saved has its default for a saved value.
        return GetFeature(command, feature, select is SelectDefault or SelectSaved, ref result);
    }

    private NvmeStatus GetFeature(in NvmeCommand command, FeatureIdentifier feature, bool isDefault, ref uint result)
    {
        switch (feature)
        {
            case FeatureIdentifier.TemperatureThreshold:
                return GetTemperature(command, isDefault, ref result);
            case FeatureIdentifier.InterruptVectorConfiguration:
                var vector = (int)(command.Dword11 & VectorBits);
                if (vector > _options.Queues)
                {
                    return NvmeStatus.InvalidField;
                }

                result = (uint)vector | (!isDefault && _features.NotCoalesced(vector) ? NotCoalesced : 0);
                return NvmeStatus.Success;
            default:
                result = feature switch
                {
                    FeatureIdentifier.Arbitration => isDefault ? 3 : _features.Arbitration,
                    FeatureIdentifier.ErrorRecovery => isDefault ? 0 : _features.ErrorRecovery,
                    FeatureIdentifier.VolatileWriteCache => isDefault || _features.HasWriteCache ? 1u : 0,
                    FeatureIdentifier.NumberOfQueues => QueueCounts,
                    FeatureIdentifier.InterruptCoalescing => isDefault ? 0 : _features.InterruptCoalescing,
                    FeatureIdentifier.WriteAtomicity => isDefault ? 0 : _features.WriteAtomicity,
                    FeatureIdentifier.AsyncEventConfiguration => isDefault ? 0 : _features.AsyncEvents,
                    _ => 0,
                };
                return NvmeStatus.Success;
        }
    }

    private NvmeStatus GetTemperature(in NvmeCommand command, bool isDefault, ref uint result)
    {
        // There are no sensors besides the composite temperature, and two kinds of thresholds.
        if ((command.Dword11 & TemperatureSelectors & ~UnderThreshold) != 0)
        {
            return NvmeStatus.InvalidField;
        }

        var isUnder = (command.Dword11 & UnderThreshold) != 0;
        result = isUnder
            ? isDefault ? (uint)0 : _features.UnderTemperature
            : isDefault ? NvmeFeatures.DefaultOverTemperature : _features.OverTemperature;
        return NvmeStatus.Success;
    }

    private NvmeStatus GetFeatureData(in NvmeCommand command, FeatureIdentifier feature, uint select)
    {
        var isTimestamp = feature == FeatureIdentifier.Timestamp;
        var data = _featureData.AsSpan(0, isTimestamp ? NvmeFeatures.TimestampLength : NvmeFeatures.HostBehaviorLength);
        data.Clear();
        if (select == 0)
        {
            if (isTimestamp)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(data, _features.Timestamp);
            }
            else
            {
                _features.HostBehavior.CopyTo(data);
            }
        }

        var status = _data.Map(command, data.Length, isToHost: true, allowsSgl: false);
        return status == NvmeStatus.Success ? _data.ToHost(data) : status;
    }
}
