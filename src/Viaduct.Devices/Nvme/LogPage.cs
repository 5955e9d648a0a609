namespace Viaduct.Devices.Nvme;

/// <summary>Log page identifiers (NVMe base 2.0, figure 202).</summary>
internal enum LogPage : byte
{
    Supported = 0x00,
    Errors = 0x01,
    Health = 0x02,
    FirmwareSlots = 0x03,
    ChangedNamespaces = 0x04,
    CommandEffects = 0x05,
    FeatureEffects = 0x12,
}
