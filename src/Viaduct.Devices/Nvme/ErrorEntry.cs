namespace Viaduct.Devices.Nvme;

/// <summary>An entry of the error log (NVMe base 2.0, figure 205), without its number.</summary>
/// <param name="Queue">Submission queue identifier.</param>
/// <param name="Command">Command identifier; all ones where it is of no command.</param>
/// <param name="Status">Status field, with the phase bit, which is zero.</param>
/// <param name="Block">The first block of the command.</param>
/// <param name="Namespace">Namespace identifier.</param>
internal readonly record struct ErrorEntry(ushort Queue, ushort Command, ushort Status, ulong Block, uint Namespace);
