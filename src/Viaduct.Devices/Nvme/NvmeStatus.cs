namespace Viaduct.Devices.Nvme;

/// <summary>Status code type and status code of a completion: type in bits 10:8, code in 7:0 (NVMe base 2.0, 3.3.3.2.1; NVM command set
/// 1.0, 4.1.2).</summary>
internal enum NvmeStatus : ushort
{
    Success = 0x000,
    InvalidOpcode = 0x001,
    InvalidField = 0x002,
    DataTransferError = 0x004,
    InternalError = 0x006,
    AbortRequested = 0x007,
    AbortedSqDeletion = 0x008,
    AbortedFailedFused = 0x009,
    AbortedMissingFused = 0x00a,
    InvalidNamespace = 0x00b,
    CommandSequenceError = 0x00c,
    InvalidSglSegmentDescriptor = 0x00d,
    InvalidNumberOfSglDescriptors = 0x00e,
    DataSglLengthInvalid = 0x00f,
    SglDescriptorTypeInvalid = 0x011,
    PrpOffsetInvalid = 0x013,
    NamespaceWriteProtected = 0x020,
    LbaOutOfRange = 0x080,
    CapacityExceeded = 0x081,
    FormatInProgress = 0x084,
    CompletionQueueInvalid = 0x100,
    InvalidQueueIdentifier = 0x101,
    InvalidQueueSize = 0x102,
    AsyncEventRequestLimitExceeded = 0x105,
    InvalidInterruptVector = 0x108,
    InvalidLogPage = 0x109,
    InvalidFormat = 0x10a,
    InvalidQueueDeletion = 0x10c,
    FeatureNotSaveable = 0x10d,
    FeatureNotChangeable = 0x10e,
    FeatureNotNamespaceSpecific = 0x10f,
    IoCommandSetCombinationRejected = 0x12b,
    WriteFault = 0x280,
    UnrecoveredReadError = 0x281,
    CompareFailure = 0x285,

    /// <summary>No status: the command completes later.</summary>
    Deferred = 0xffff,
}
