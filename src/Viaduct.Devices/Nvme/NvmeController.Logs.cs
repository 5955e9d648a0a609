using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Get Log Page, NVMe base 2.0, 5.16.</content>
internal sealed partial class NvmeController
{
    private const byte TemperatureWarning = 1 << 1;
    private const byte ReliabilityWarning = 1 << 2;
    private const int HealthLength = 512;
    private const int IdentifierListLength = 1024;

    // Kelvin, always.
    private const ushort Temperature = 303;

    // Commands supported and effects: it is there; it changes blocks; namespaces' capabilities; alone in its namespace.
    private const uint Supported = 1;
    private const uint ChangesBlocks = 2;
    private const uint ChangesNamespaces = 4;
    private const uint AloneInNamespace = 1 << 16;
    private const uint OfNamespace = 1 << 20;
    private const uint FeatureOfController = 1 << 21;

    private readonly ErrorLog _errors = new();
    private readonly HealthCounters _health;
    private readonly SortedSet<uint> _changedNamespaces = [];

    /// <summary>The critical warnings of the health log.</summary>
    private byte CriticalWarning
    {
        get
        {
            var isBeyond = Temperature >= _features.OverTemperature || Temperature <= _features.UnderTemperature;
            return (byte)((isBeyond ? TemperatureWarning : 0) | (_health.MediaErrors > 0 ? ReliabilityWarning : 0));
        }
    }

    private NvmeStatus GetLogPage(in NvmeCommand command)
    {
        const uint RetainEvent = 1 << 15;
        const uint IndexOffset = 1 << 23;
        var dwords = (command.Dword10 >> 16) | ((command.Dword11 & 0xffff) << 16);
        var offset = command.Dword12 | ((ulong)command.Dword13 << 32);
        var page = (LogPage)command.Dword10;
        var length = LengthOf(page);
        if (length == 0)
        {
            return NvmeStatus.InvalidLogPage;
        }

        // The log's own length bounds what is moved; MDTS bounds what is asked for.
        var wanted = ((ulong)dwords + 1) * sizeof(uint);
        if ((command.Dword14 & IndexOffset) != 0 || (offset & 3) != 0 || offset >= (ulong)length
            || wanted > HostData.LargestLength
            || (page == LogPage.Health && command.Nsid is not (0 or NvmeCommand.Broadcast)))
        {
            return NvmeStatus.InvalidField;
        }

        _page.AsSpan().Clear();
        Write(page, _page);
        var part = (int)Math.Min(wanted, (ulong)length - offset);
        var status = _data.Map(command, part, isToHost: true, allowsSgl: false);
        if (status == NvmeStatus.Success)
        {
            status = _data.ToHost(_page.AsSpan((int)offset, part));
        }

        if (status == NvmeStatus.Success && (command.Dword10 & RetainEvent) == 0)
        {
            UnmaskEvents(page);
            if (page == LogPage.ChangedNamespaces)
            {
                _changedNamespaces.Clear();
            }
        }

        return status;
    }

    private static int LengthOf(LogPage page) => page switch
    {
        LogPage.Errors => ErrorLog.Entries * ErrorLog.EntryLength,
        LogPage.Health or LogPage.FirmwareSlots => HealthLength,
        LogPage.ChangedNamespaces or LogPage.CommandEffects => PageLength,
        LogPage.Supported or LogPage.FeatureEffects => IdentifierListLength,
        _ => 0,
    };

    private void Write(LogPage which, Span<byte> page)
    {
        switch (which)
        {
            case LogPage.Supported:
                WriteSupported(page);
                break;
            case LogPage.Errors:
                _errors.Write(page);
                break;
            case LogPage.Health:
                WriteHealth(page);
                break;
            case LogPage.FirmwareSlots:
                page[0] = 1;
                "1.0     "u8.CopyTo(page[8..]);
                break;
            case LogPage.ChangedNamespaces:
                WriteChangedNamespaces(page);
                break;
            case LogPage.CommandEffects:
                WriteCommandEffects(page);
                break;
            default:
                WriteFeatureEffects(page);
                break;
        }
    }

    private static void WriteSupported(Span<byte> page)
    {
        for (var id = 0; id <= byte.MaxValue; id++)
        {
            if (LengthOf((LogPage)id) > 0)
            {
                page[id * sizeof(uint)] = 1;
            }
        }
    }

    private void WriteHealth(Span<byte> page)
    {
        page[0] = CriticalWarning;
        BinaryPrimitives.WriteUInt16LittleEndian(page[1..], Temperature);
        page[3] = 100; // available spare
        page[4] = 10; // its threshold
        _health.Write(page);
        BinaryPrimitives.WriteUInt64LittleEndian(page[176..], _errors.Count);
    }

    private void WriteChangedNamespaces(Span<byte> page)
    {
        var at = 0;
        foreach (var id in _changedNamespaces)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(page[at..], id);
            at += sizeof(uint);
        }
    }

    private static void WriteCommandEffects(Span<byte> page)
    {
        const int IoCommands = 1024;
        foreach (var opcode in Enum.GetValues<AdminOpcode>())
        {
            Put(page, (int)opcode * sizeof(uint), opcode == AdminOpcode.FormatNvm
                ? Supported | ChangesBlocks | ChangesNamespaces | AloneInNamespace : Supported);
        }

        foreach (var opcode in Enum.GetValues<IoOpcode>())
        {
            var changes = opcode is IoOpcode.Write or IoOpcode.WriteZeroes or IoOpcode.DatasetManagement;
            Put(page, IoCommands + ((int)opcode * sizeof(uint)), changes ? Supported | ChangesBlocks : Supported);
        }
    }

    private static void WriteFeatureEffects(Span<byte> page)
    {
        foreach (var feature in Enum.GetValues<FeatureIdentifier>())
        {
            Put(page, (int)feature * sizeof(uint), Supported | (feature == FeatureIdentifier.ErrorRecovery ? OfNamespace : FeatureOfController));
        }
    }

    private static void Put(Span<byte> page, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(page[at..], value);
}
