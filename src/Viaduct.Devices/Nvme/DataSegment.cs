namespace Viaduct.Devices.Nvme;

/// <summary>A piece of host memory that a command's data is in.</summary>
/// <param name="Address">I/O virtual address of its first byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsBucket">There is no memory: data of a read that goes here is dropped.</param>
internal readonly record struct DataSegment(ulong Address, int Length, bool IsBucket);
