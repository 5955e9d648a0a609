namespace NvmeDisk.Nvme;

/// <summary>Registers of an NVMe controller, BAR 0 (NVM Express Base Specification 2.0, 3.1.3).</summary>
internal static class NvmeRegister
{
    internal const ulong Capabilities = 0x00; // CAP, 64 bits
    internal const ulong Version = 0x08; // VS
    internal const ulong Configuration = 0x14; // CC
    internal const ulong Status = 0x1C; // CSTS
    internal const ulong AdminQueueAttributes = 0x24; // AQA; entries - 1: completion 27:16, submission 11:0
    internal const ulong AdminSubmissionQueue = 0x28; // ASQ, 64 bits
    internal const ulong AdminCompletionQueue = 0x30; // ACQ, 64 bits

    /// <summary>The first doorbell; their distance is <see cref="NvmeCapabilities.DoorbellStride"/>.</summary>
    internal const ulong Doorbells = 0x1000;

    // Configuration
    internal const uint Enable = 1;
    internal const int PageSizeShift = 7; // MPS: 2^(12 + this)
    internal const uint ShutdownNormal = 1 << 14; // SHN
    internal const uint ShutdownMask = 3 << 14;
    internal const uint EntrySizes = (6 << 16) | (4 << 20); // IOSQES 2^6, IOCQES 2^4

    // Status
    internal const uint Ready = 1;
    internal const uint Fatal = 1 << 1; // CFS
    internal const uint ShutdownStatusMask = 3 << 2; // SHST
    internal const uint ShutdownComplete = 2 << 2;

    /// <summary>What a device that is gone, or does not answer, reads as.</summary>
    internal const uint Gone = uint.MaxValue;
}
