namespace Viaduct.Vfio.Devices;

/// <summary>A register of a region whose writes an eventfd can stand for.</summary>
/// <param name="Offset">Bytes from the region's start.</param>
/// <param name="Size">Bytes of the writes that ring: 1, 2, 4 or 8; 0 for any.</param>
/// <param name="DataMatch">The value that rings; null for any.</param>
/// <param name="Width">Bytes of the write that VFIO_DEVICE_IOEVENTFD shall make of it: 1, 2, 4 or 8.</param>
/// <param name="Value">The value that it shall write.</param>
public readonly record struct RegionDoorbell(ulong Offset, int Size, ulong? DataMatch, int Width, ulong Value);
