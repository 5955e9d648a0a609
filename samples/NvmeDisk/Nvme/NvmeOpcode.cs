namespace NvmeDisk.Nvme;

/// <summary>The opcodes that this driver uses: admin commands, and those of the NVM command set.</summary>
internal static class NvmeOpcode
{
    // Admin (Base Specification 2.0, 5)
    internal const byte DeleteSubmissionQueue = 0x00;
    internal const byte CreateSubmissionQueue = 0x01;
    internal const byte DeleteCompletionQueue = 0x04;
    internal const byte CreateCompletionQueue = 0x05;
    internal const byte Identify = 0x06;
    internal const byte SetFeatures = 0x09;

    // I/O (NVM Command Set Specification 1.0, 3)
    internal const byte Flush = 0x00;
    internal const byte Write = 0x01;
    internal const byte Read = 0x02;

    /// <summary>SetFeatures: how many queues the host wants, and gets.</summary>
    internal const uint NumberOfQueues = 0x07;

    /// <summary>SetFeatures: whether the volatile write cache is on.</summary>
    internal const uint VolatileWriteCache = 0x06;

    /// <summary>FUA, in dword 12 of a write: it is done when its data is durable.</summary>
    internal const uint ForceUnitAccess = 1U << 30;

    // Identify: what (CNS)
    internal const uint IdentifyNamespace = 0x00;
    internal const uint IdentifyController = 0x01;
    internal const uint IdentifyActiveNamespaces = 0x02;
}
