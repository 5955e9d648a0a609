using Viaduct.Devices.Registers;
using static Viaduct.Devices.Registers.RegisterField;

namespace Viaduct.Devices.Nvme;

/// <summary>The registers in BAR0 of an NVM Express controller (properties, NVMe base 2.0, 3.1.3) and its doorbells (NVMe over PCIe
/// transport 1.0, 3.1.2); names as there.</summary>
public static class NvmeRegisters
{
    /// <summary>CC.EN.</summary>
    public const uint Enable = 1;

    /// <summary>CC.SHN, all bits.</summary>
    public const uint ShutdownNotification = 3 << 14;

    /// <summary>CSTS.RDY.</summary>
    public const uint Ready = 1;

    /// <summary>CSTS.CFS.</summary>
    public const uint FatalStatus = 1 << 1;

    /// <summary>CSTS.SHST: a shutdown is under way.</summary>
    public const uint ShutdownOccurring = 1 << 2;

    /// <summary>CSTS.SHST: a shutdown is complete.</summary>
    public const uint ShutdownComplete = 2 << 2;

    /// <summary>CSTS.SHST, all bits.</summary>
    public const uint ShutdownStatus = 3 << 2;

    /// <summary>I/O queues that there can be.</summary>
    public const int MostQueues = 64;

    /// <summary>Entries of a queue that there can be.</summary>
    public const int MostEntries = 4096;

    /// <summary>CC.MPS that is allowed: 64 KiB.</summary>
    public const int LargestPageSize = 4;

    /// <summary>Bytes from the start of BAR0 to the doorbells.</summary>
    public const ulong Doorbells = 0x1000;

    /// <summary>How long getting ready and ending may take, in units of 500 ms.</summary>
    private const ulong Timeout = 40;
    private const ulong ContiguousQueues = 1UL << 16;
    private const ulong NvmCommandSet = 1UL << 37;
    private const ulong IoCommandSets = 1UL << 43;
    private const ulong ReadyWithMedia = 1UL << 59;

    /// <summary>CAP.</summary>
    public static RegisterSpec Capabilities { get; } = new("CAP", 0x00, 64, "Controller capabilities")
    {
        Reset = (MostEntries - 1) | ContiguousQueues | (Timeout << 24) | NvmCommandSet | IoCommandSets
            | ((ulong)LargestPageSize << 52) | ReadyWithMedia,
        Fields =
        [
            ReadOnly(60, 59, "CRMS", "Ready with media"), Unimplemented(58, 58, "NSSS", "Subsystem shutdown"),
            Unimplemented(57, 57, "CMBS", "Controller memory buffer"), Unimplemented(56, 56, "PMRS", "Persistent memory region"),
            ReadOnly(55, 52, "MPSMAX", "64 KiB"), ReadOnly(51, 48, "MPSMIN", "4 KiB"),
            Unimplemented(45, 45, "BPS", "Boot partition"), ReadOnly(44, 37, "CSS", "NVM; I/O command sets"),
            Unimplemented(36, 36, "NSSRS", "Subsystem reset"), ReadOnly(35, 32, "DSTRD", "4 bytes"), ReadOnly(31, 24, "TO", "20 s"),
            ReadOnly(18, 17, "AMS", "Round robin"), ReadOnly(16, 16, "CQR", "Queues are contiguous"), ReadOnly(15, 0, "MQES", "4096"),
        ],
    };

    /// <summary>VS.</summary>
    public static RegisterSpec Version { get; } = new("VS", 0x08, 32, "Version")
    {
        Reset = 0x0002_0000,
        Access = FieldAccess.ReadOnly,
    };

    /// <summary>INTMS.</summary>
    public static RegisterSpec InterruptMaskSet { get; } = new("INTMS", 0x0c, 32, "Interrupt mask set; ones mask vectors")
    {
        Access = FieldAccess.ReadOnly,
    };

    /// <summary>INTMC.</summary>
    public static RegisterSpec InterruptMaskClear { get; } = new("INTMC", 0x10, 32, "Interrupt mask clear; ones unmask vectors")
    {
        Access = FieldAccess.ReadOnly,
    };

    /// <summary>CC.</summary>
    public static RegisterSpec Configuration { get; } = new("CC", 0x14, 32, "Controller configuration")
    {
        Fields =
        [
            ReadOnly(24, 24, "CRIME"), ReadWrite(23, 20, "IOCQES"), ReadWrite(19, 16, "IOSQES"), ReadWrite(15, 14, "SHN"),
            ReadWrite(13, 11, "AMS"), ReadWrite(10, 7, "MPS"), ReadWrite(6, 4, "CSS"), ReadWrite(0, 0, "EN"),
        ],
    };

    /// <summary>CSTS.</summary>
    public static RegisterSpec Status { get; } = new("CSTS", 0x1c, 32, "Controller status")
    {
        Fields =
        [
            Unimplemented(6, 6, "ST"), Unimplemented(5, 5, "PP"), Unimplemented(4, 4, "NSSRO"), ReadOnly(3, 2, "SHST"),
            ReadOnly(1, 1, "CFS"), ReadOnly(0, 0, "RDY"),
        ],
    };

    /// <summary>AQA.</summary>
    public static RegisterSpec AdminQueueAttributes { get; } = new("AQA", 0x24, 32, "Admin queue attributes")
    {
        Fields = [ReadWrite(27, 16, "ACQS"), ReadWrite(11, 0, "ASQS")],
    };

    /// <summary>ASQ.</summary>
    public static RegisterSpec AdminSubmissionQueue { get; } = new("ASQ", 0x28, 64, "Admin submission queue base address")
    {
        Fields = [ReadWrite(63, 12, "ASQB")],
    };

    /// <summary>ACQ.</summary>
    public static RegisterSpec AdminCompletionQueue { get; } = new("ACQ", 0x30, 64, "Admin completion queue base address")
    {
        Fields = [ReadWrite(63, 12, "ACQB")],
    };

    /// <summary>CRTO.</summary>
    public static RegisterSpec ReadyTimeouts { get; } = new("CRTO", 0x68, 32, "Controller ready timeouts")
    {
        Reset = Timeout,
        Fields = [Unimplemented(31, 16, "CRIMT"), ReadOnly(15, 0, "CRWMT", "20 s")],
    };

    /// <summary>SQyTDBL, one for each queue with the admin queue.</summary>
    public static RegisterSpec SubmissionTails { get; } = new("SQyTDBL", Doorbells, 32, "Submission queue y tail doorbell")
    {
        Count = MostQueues + 1,
        Stride = 8,
        Access = FieldAccess.WriteOnly,
    };

    /// <summary>CQyHDBL, one for each queue with the admin queue.</summary>
    public static RegisterSpec CompletionHeads { get; } = new("CQyHDBL", Doorbells + 4, 32, "Completion queue y head doorbell")
    {
        Count = MostQueues + 1,
        Stride = 8,
        Access = FieldAccess.WriteOnly,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RegisterSpec> All { get; } =
    [
        Capabilities, Version, InterruptMaskSet, InterruptMaskClear, Configuration,
        new("NSSR", 0x20, 32, "NVM subsystem reset") { Access = FieldAccess.Unimplemented },
        Status, AdminQueueAttributes, AdminSubmissionQueue, AdminCompletionQueue,
        new("CMBLOC", 0x38, 32, "Controller memory buffer location") { Access = FieldAccess.Unimplemented },
        new("CMBSZ", 0x3c, 32, "Controller memory buffer size") { Access = FieldAccess.Unimplemented },
        ReadyTimeouts, SubmissionTails, CompletionHeads,
    ];
}
