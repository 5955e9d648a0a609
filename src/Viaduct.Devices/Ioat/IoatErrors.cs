namespace Viaduct.Devices.Ioat;

/// <summary>The bits of CHANERR, CHANERRMSK and their like in configuration space.</summary>
[Flags]
public enum IoatErrors : uint
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The source does not fit into the addresses that the engine can put on the bus.</summary>
    SourceAddress = 1 << 0,

    /// <summary>The same of the destination.</summary>
    DestinationAddress = 1 << 1,

    /// <summary>The next descriptor is not on a 64-byte boundary, or beyond the engine's addresses.</summary>
    NextDescriptorAddress = 1 << 2,

    /// <summary>A descriptor could not be read.</summary>
    Descriptor = 1 << 3,

    /// <summary>CHAINADDR is not on a 64-byte boundary, or beyond the engine's addresses.</summary>
    ChainAddress = 1 << 4,

    /// <summary>More than one command was written to CHANCMD.</summary>
    ChannelCommand = 1 << 5,

    /// <summary>The source could not be read: the IOMMU refused.</summary>
    ReadData = 1 << 8,

    /// <summary>The destination could not be written: the IOMMU refused.</summary>
    WriteData = 1 << 9,

    /// <summary>The operation is unknown, or a reserved control bit is set.</summary>
    DescriptorControl = 1 << 10,

    /// <summary>The size is zero, or above what XFERCAP says.</summary>
    DescriptorLength = 1 << 11,

    /// <summary>CHANCMP is not on an 8-byte boundary, or cannot be written.</summary>
    CompletionAddress = 1 << 12,

    /// <summary>Those of one descriptor's work: where they are masked, the descriptor is skipped and the chain goes on.</summary>
    OfOneDescriptor = SourceAddress | DestinationAddress | ReadData | WriteData | DescriptorControl | DescriptorLength,
}
