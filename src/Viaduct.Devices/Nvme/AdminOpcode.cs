namespace Viaduct.Devices.Nvme;

/// <summary>Opcodes of admin commands (NVMe base 2.0, figure 138).</summary>
internal enum AdminOpcode : byte
{
    DeleteSubmissionQueue = 0x00,
    CreateSubmissionQueue = 0x01,
    GetLogPage = 0x02,
    DeleteCompletionQueue = 0x04,
    CreateCompletionQueue = 0x05,
    Identify = 0x06,
    Abort = 0x08,
    SetFeatures = 0x09,
    GetFeatures = 0x0a,
    AsyncEventRequest = 0x0c,
    DoorbellBufferConfig = 0x7c,
    FormatNvm = 0x80,
}
