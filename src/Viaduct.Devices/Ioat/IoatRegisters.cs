using Viaduct.Devices.Registers;
using static Viaduct.Devices.Registers.RegisterField;

namespace Viaduct.Devices.Ioat;

/// <summary>The registers in BAR0 of Intel's QuickData engine, version 3.2; names as in the datasheets of the Xeon E5 and E7 v2
/// (volume 2, "Device 4, Function 0-7"), and in Linux's drivers/dma/ioat/registers.h.</summary>
public static class IoatRegisters
{
    /// <summary>INTRCTRL: interrupts by INTx may be driven.</summary>
    public const ulong MasterInterruptEnable = 0x01;

    /// <summary>INTRCTRL: a channel wants attention.</summary>
    public const ulong InterruptStatus = 0x02;

    /// <summary>INTRCTRL: <see cref="InterruptStatus"/> and <see cref="MasterInterruptEnable"/>: the INTx line.</summary>
    public const ulong Interrupt = 0x04;

    /// <summary>CHANCTRL: no interrupt until software writes one here.</summary>
    public const ulong InterruptDisable = 0x0001;

    /// <summary>CHANCTRL: write the status to CHANCMP when an error halts the channel.</summary>
    public const ulong ErrorCompletionEnable = 0x0004;

    /// <summary>CHANCTRL: interrupt when an error halts the channel.</summary>
    public const ulong ErrorInterruptEnable = 0x0010;

    /// <summary>CHANCTRL: somebody has claimed the channel.</summary>
    public const ulong InUse = 0x0100;

    /// <summary>CHANCMD: suspend.</summary>
    public const byte Suspend = 0x04;

    /// <summary>CHANCMD: abort.</summary>
    public const byte Abort = 0x08;

    /// <summary>CHANCMD: go on after a suspend.</summary>
    public const byte Resume = 0x10;

    /// <summary>CHANCMD: reset the channel.</summary>
    public const byte ChannelReset = 0x20;

    // Where the registers of channel 0 begin; each channel has 0x80 bytes.
    private const ulong Channel = 0x80;

    private static readonly RegisterField[] s_errors =
    [
        Unimplemented(18, 18, "DESCCNTERR", "Descriptor count: extended descriptors"),
        Unimplemented(17, 17, "XORQERR", "Validation of Q"), Unimplemented(16, 16, "CRC_XORP_ERR", "CRC, or validation of P"),
        Unimplemented(15, 15, "UNAFFILERR", "Of no channel"), Unimplemented(13, 13, "INTCFGERR", "Interrupt configuration"),
        WriteOneToClear(12, 12, "CMPADDRERR", "Completion address"), WriteOneToClear(11, 11, "DESCLENERR", "Descriptor length"),
        WriteOneToClear(10, 10, "DESCCTRLERR", "Descriptor control"), WriteOneToClear(9, 9, "WRDATAERR", "Write data"),
        WriteOneToClear(8, 8, "RDDATAERR", "Read data"), Unimplemented(7, 7, "DMADATAERR", "Parity in the engine"),
        Unimplemented(6, 6, "CDATAERR", "Parity in the chipset"), WriteOneToClear(5, 5, "CHANCMDERR", "Channel command"),
        WriteOneToClear(4, 4, "CHANADDRERR", "Chain address"), WriteOneToClear(3, 3, "DESCERR", "Descriptor could not be read"),
        WriteOneToClear(2, 2, "NXTDESCERR", "Next descriptor address"), WriteOneToClear(1, 1, "DMADESTERR", "Destination address"),
        WriteOneToClear(0, 0, "DMASRCERR", "Source address"),
    ];

    /// <summary>Channels of the function.</summary>
    public static RegisterSpec ChannelCount { get; } = new("CHANCNT", 0x00, 8, "Channels")
    {
        Reset = 1,
        Access = FieldAccess.ReadOnly,
    };

    /// <summary>The largest transfer, as a power of two.</summary>
    public static RegisterSpec TransferCapacity { get; } = new("XFERCAP", 0x01, 8, "Log2 of a descriptor's largest size")
    {
        Reset = 20,
        Access = FieldAccess.ReadOnly,
    };

    /// <summary>General control.</summary>
    public static RegisterSpec GeneralControl { get; } = new("GENCTRL", 0x02, 8, "General control")
    {
        Fields = [ReadWrite(0, 0, "DBGEN", "Kept, without effect")],
    };

    /// <summary>Interrupt control. Reading clears the master enable.</summary>
    public static RegisterSpec InterruptControl { get; } = new("INTRCTRL", 0x03, 8, "Interrupt control")
    {
        Fields =
        [
            ReadWrite(3, 3, "MSIXVECCTRL", "Kept, without effect"), ReadOnly(2, 2, "INTP", "The INTx line"),
            ReadOnly(1, 1, "INTP_STS", "ATTNSTATUS is not zero"),
            ReadWrite(0, 0, "MSTR_INTP_EN", "INTx may be driven; a read clears it"),
        ],
    };

    /// <summary>Channels that interrupted. Reading clears it.</summary>
    public static RegisterSpec AttentionStatus { get; } = new("ATTNSTATUS", 0x04, 32, "Channels that interrupted; a read clears it")
    {
        Fields = [ReadOnly(0, 0, "CHANATTN", "Channel 0")],
    };

    /// <summary>Version of the interface.</summary>
    public static RegisterSpec Version { get; } = new("CBVER", 0x08, 8, "Version")
    {
        Reset = 0x32,
        Fields = [ReadOnly(7, 4, "MJRVER", "3"), ReadOnly(3, 0, "MNRVER", "2")],
    };

    /// <summary>Interrupt delay.</summary>
    public static RegisterSpec InterruptDelay { get; } = new("INTRDELAY", 0x0c, 16, "Interrupt coalescing")
    {
        Fields =
        [
            Unimplemented(15, 15, "INTCOAL", "Zero: it is not supported"), ReadWrite(13, 0, "INTDELAY", "Kept, without effect"),
        ],
    };

    /// <summary>Status of the chipset.</summary>
    public static RegisterSpec ChipsetStatus { get; } = new("CS_STATUS", 0x0e, 16, "Status of the chipset")
    {
        Reset = 0x8,
        Fields =
        [
            ReadOnly(3, 3, "ADDRREMAP", "An IOMMU translates"), Unimplemented(2, 2, "MEMBYPASS"),
            Unimplemented(1, 1, "MMIORESTR"),
        ],
    };

    /// <summary>What the engine can do.</summary>
    public static RegisterSpec Capability { get; } = new("DMACAPABILITY", 0x10, 32, "What the engine can do")
    {
        Reset = 0x41,
        Fields =
        [
            Unimplemented(9, 9, "PQ", "RAID 6"), Unimplemented(8, 8, "XOR", "RAID 5"), Unimplemented(7, 7, "EXTAPICID"),
            ReadOnly(6, 6, "BFILL", "Block fill"), Unimplemented(5, 5, "MOVECRC"), Unimplemented(4, 4, "DCA"),
            Unimplemented(2, 2, "MARKERSKIP"), Unimplemented(1, 1, "CRC"), ReadOnly(0, 0, "PAGEBREAK", "Transfers may cross pages"),
        ],
    };

    /// <summary>Where the registers of direct cache access would be.</summary>
    public static RegisterSpec DcaOffset { get; } = new("DCAOFFSET", 0x14, 16, "Direct cache access")
    {
        Access = FieldAccess.Unimplemented,
    };

    /// <summary>Priority.</summary>
    public static RegisterSpec Priority { get; } = new("CBPRIO", 0x40, 8, "Priority") { Access = FieldAccess.Unimplemented };

    /// <summary>Channel control.</summary>
    public static RegisterSpec ChannelControl { get; } = new("CHANCTRL", Channel + 0x00, 16, "Channel control")
    {
        Fields =
        [
            ReadWrite(9, 9, "CMPWR_DCA_EN", "Kept, without effect"), ReadWrite(8, 8, "IN_USE", "A read of zero sets it"),
            ReadWrite(5, 5, "DESC_SNOOP", "Kept, without effect"),
            ReadWrite(4, 4, "ERR_INT_EN", "Interrupt when an error halts"),
            ReadWrite(3, 3, "ANYERR_ABRT_EN", "Kept: every error that there is halts the channel"),
            ReadWrite(2, 2, "ERR_CMP_EN", "Write the status to CHANCMP when an error halts"),
            WriteOneToClear(0, 0, "INTP_DIS", "No interrupt; set by each interrupt"),
        ],
    };

    /// <summary>Older versions of the interface that the channel knows.</summary>
    public static RegisterSpec Compatibility { get; } = new("DMA_COMP", Channel + 0x02, 16, "Versions that it is compatible with")
    {
        Reset = 0x6,
        Fields = [ReadOnly(2, 2, "V3"), ReadOnly(1, 1, "V2"), ReadOnly(0, 0, "V1")],
    };

    /// <summary>Channel command: a bit reads as one until the command has been carried out.</summary>
    public static RegisterSpec ChannelCommand { get; } = new("CHANCMD", Channel + 0x04, 8, "Channel command")
    {
        Fields =
        [
            WriteOnly(5, 5, "RESET_DMA", "Reads as one until it is done"), WriteOnly(4, 4, "RESUME", "Likewise"),
            WriteOnly(3, 3, "ABORT", "Likewise"), WriteOnly(2, 2, "SUSP_DMA", "Likewise"),
            Unimplemented(1, 1, "APPEND", "Version 1"), Unimplemented(0, 0, "START", "Version 1"),
        ],
    };

    /// <summary>How many descriptors of the chain are valid, since CHAINADDR was written, modulo 2^16.</summary>
    public static RegisterSpec DescriptorCount { get; } = new(
        "DMACOUNT", Channel + 0x06, 16, "Descriptors that are valid since CHAINADDR was written, modulo 2^16");

    /// <summary>Channel status: state, and the last descriptor that was completed.</summary>
    public static RegisterSpec ChannelStatus { get; } = new("CHANSTS", Channel + 0x08, 64, "Channel status")
    {
        Reset = (ulong)IoatState.Halted,
        Fields =
        [
            ReadOnly(63, 6, "CMPDSCADDR", "Last completed descriptor, bits 63:6"), Unimplemented(4, 4, "SOFT_ERR"),
            Unimplemented(3, 3, "UNAFFIL_ERR"),
            ReadOnly(2, 0, "DMA_TRANS_STATE", "0 active, 1 idle, 2 suspended, 3 halted, 4 armed"),
        ],
    };

    /// <summary>Address of the chain's first descriptor.</summary>
    public static RegisterSpec ChainAddress { get; } = new(
        "CHAINADDR", Channel + 0x10, 64, "First descriptor; a write arms the channel");

    /// <summary>Where the status is written.</summary>
    public static RegisterSpec CompletionAddress { get; } = new(
        "CHANCMP", Channel + 0x18, 64, "Where the status is written");

    /// <summary>The descriptor that is worked on.</summary>
    public static RegisterSpec CurrentDescriptor { get; } = new(
        "CDAR", Channel + 0x20, 64, "The descriptor that is worked on, or is next")
    {
        Access = FieldAccess.ReadOnly,
    };

    /// <summary>Channel errors.</summary>
    public static RegisterSpec ChannelError { get; } = new("CHANERR", Channel + 0x28, 32, "Channel errors")
    {
        Fields = s_errors,
    };

    /// <summary>Channel errors that do not halt.</summary>
    public static RegisterSpec ChannelErrorMask { get; } = new(
        "CHANERRMSK", Channel + 0x2c, 32, "Errors that do not halt the channel")
    {
        Fields = [ReadWrite(18, 16, "MASK_HI", "Bits as in CHANERR"), ReadWrite(13, 0, "MASK_LO", "Bits as in CHANERR")],
    };

    /// <summary>Direct cache access of the channel.</summary>
    public static RegisterSpec DcaControl { get; } = new("DCACTRL", Channel + 0x30, 32, "Direct cache access")
    {
        Fields = [ReadWrite(15, 0, "TARGETCPU", "Kept, without effect")],
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RegisterSpec> All { get; } =
    [
        ChannelCount, TransferCapacity, GeneralControl, InterruptControl, AttentionStatus, Version, InterruptDelay, ChipsetStatus,
        Capability, DcaOffset, Priority, ChannelControl, Compatibility, ChannelCommand, DescriptorCount, ChannelStatus, ChainAddress,
        CompletionAddress, CurrentDescriptor, ChannelError, ChannelErrorMask, DcaControl,
    ];

    /// <summary>Registers of the channel that a reset by CHANCMD brings to their reset values. The errors and their mask stay.</summary>
    internal static IReadOnlyList<RegisterSpec> OfChannelReset { get; } =
    [
        ChannelControl, DescriptorCount, ChainAddress, CompletionAddress, DcaControl,
    ];
}
