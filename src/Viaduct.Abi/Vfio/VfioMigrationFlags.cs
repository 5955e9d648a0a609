namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceFeatureMigration.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioMigrationFlags : ulong
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>The states STOP, STOP_COPY and RESUMING.</summary>
    VFIO_MIGRATION_STOP_COPY = 1 << 0,

    /// <summary>The state RUNNING_P2P.</summary>
    VFIO_MIGRATION_P2P = 1 << 1,

    /// <summary>The state PRE_COPY.</summary>
    VFIO_MIGRATION_PRE_COPY = 1 << 2,
}
