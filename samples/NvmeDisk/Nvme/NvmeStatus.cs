namespace NvmeDisk.Nvme;

/// <summary>How a command ended (Base Specification 2.0, 3.3.3.2.1): the upper half of dword 3 without the phase.</summary>
/// <param name="Raw">Status code 7:0, status code type 10:8, more 13, do not retry 14.</param>
internal readonly record struct NvmeStatus(ushort Raw)
{
    internal bool IsSuccess => (Raw & 0x7FF) == 0;

    private int Code => Raw & 0xFF;

    private int Type => Raw >> 8 & 7;

    private string Name => (Type, Code) switch
    {
        (0, 0x00) => "Successful Completion",
        (0, 0x01) => "Invalid Command Opcode",
        (0, 0x02) => "Invalid Field in Command",
        (0, 0x04) => "Data Transfer Error",
        (0, 0x05) => "Commands Aborted due to Power Loss Notification",
        (0, 0x06) => "Internal Error",
        (0, 0x07) => "Command Abort Requested",
        (0, 0x08) => "Command Aborted due to SQ Deletion",
        (0, 0x0B) => "Invalid Namespace or Format",
        (0, 0x0C) => "Command Sequence Error",
        (0, 0x13) => "PRP Offset Invalid",
        (0, 0x20) => "Namespace is Write Protected",
        (0, 0x80) => "LBA Out of Range",
        (0, 0x81) => "Capacity Exceeded",
        (0, 0x82) => "Namespace Not Ready",
        (1, 0x00) => "Completion Queue Invalid",
        (1, 0x01) => "Invalid Queue Identifier",
        (1, 0x02) => "Invalid Queue Size",
        (1, 0x08) => "Invalid Interrupt Vector",
        (1, 0x0C) => "Invalid Queue Deletion",
        (1, 0x80) => "Conflicting Attributes",
        (1, 0x82) => "Attempted Write to Read Only Range",
        (2, 0x80) => "Write Fault",
        (2, 0x81) => "Unrecovered Read Error",
        (2, 0x85) => "Compare Failure",
        (2, 0x86) => "Access Denied",
        (2, 0x87) => "Deallocated or Unwritten Logical Block",
        (7, _) => "Vendor Specific",
        _ => "Unknown Status",
    };

    /// <summary>The name, the numbers to look up, and whether to try again.</summary>
    public override string ToString() =>
        $"{Name} (type {Type}, code {Code:X2}h{((Raw & 0x4000) != 0 ? ", do not retry" : "")})";
}
