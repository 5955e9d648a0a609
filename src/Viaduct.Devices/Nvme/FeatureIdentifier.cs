namespace Viaduct.Devices.Nvme;

/// <summary>Feature identifiers (NVMe base 2.0, figure 317; NVM command set 1.0, figure 83).</summary>
internal enum FeatureIdentifier : byte
{
    Arbitration = 0x01,
    PowerManagement = 0x02,
    TemperatureThreshold = 0x04,
    ErrorRecovery = 0x05,
    VolatileWriteCache = 0x06,
    NumberOfQueues = 0x07,
    InterruptCoalescing = 0x08,
    InterruptVectorConfiguration = 0x09,
    WriteAtomicity = 0x0a,
    AsyncEventConfiguration = 0x0b,
    Timestamp = 0x0e,
    HostBehavior = 0x16,
    IoCommandSetProfile = 0x19,
}
