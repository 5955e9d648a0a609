using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_migration_info, vfio.h: head of the migration region, version 1; no longer
/// used.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceMigrationInfo
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>State.</summary>
    public VfioDeviceMigrationStateV1Flags DeviceState;

    /// <summary>Reserved.</summary>
    public uint Reserved;

    /// <summary>Bytes still to be saved.</summary>
    public ulong PendingBytes;

    /// <summary>Offset of the data in the region.</summary>
    public ulong DataOffset;

    /// <summary>Bytes of data there.</summary>
    public ulong DataSize;
}
