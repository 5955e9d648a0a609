using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_migration, vfio.h: VFIO_DEVICE_FEATURE_MIGRATION.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureMigration
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>States that the device knows.</summary>
    public VfioMigrationFlags Flags;
}
